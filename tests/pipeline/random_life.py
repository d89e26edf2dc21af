"""What people do on a portal, at random: the same deeds for the same seed, each at its own moment."""

from collections.abc import Callable
from random import Random
from typing import Any

from b24kpi.demo.state import PortalState
from tests.pipeline.places import Clock

STEP = 900.0  # seconds between two deeds, at most


class RandomLife:
    """Changes a portal's state, one deed after the other, while its clock goes on."""

    def __init__(self, state: PortalState, clock: Clock, seed: int) -> None:
        self._state = state
        self._clock = clock
        self._random = Random(seed)
        self._deeds: tuple[Callable[[], None], ...] = (
            *(self._new_deal, self._edit_deal, self._move_deal, self._move_deal, self._change_pipeline),
            *(self._close_deal, self._close_deal, self._reopen_deal, self._new_lead, self._convert_lead),
            *(self._new_activity, self._complete_activity, self._hand_over, self._change_rate),
            *(self._rename_stage, self._fire_user, self._junk_lead, self._mend_customer, self._mend_person),
            *(self._sell_product, self._drop_product, self._change_quantity, self._change_purchase_price),
        )

    def go_on(self, deeds: int) -> None:
        """So many changes, one of each kind first."""
        for number in range(deeds):
            self._clock.sleep(self._random.uniform(0, STEP))
            deed = self._deeds[number] if number < len(self._deeds) else self._random.choice(self._deeds)
            deed()

    def new_stages(self) -> None:
        """Another process stage in two pipelines: the ranks of others change, and with them all facts."""
        for _ in range(2):
            self._new_stage()

    # --- deals

    def _new_deal(self) -> None:
        category = self._category()
        customer = self._random.choice([{}, {"COMPANY_ID": self._any("company")}, {"CONTACT_ID": self._any("contact")}])
        self._state.add(
            "deal", {**self._worth(), **customer, "CATEGORY_ID": category, "STAGE_ID": self._stage(category)}
        )

    def _edit_deal(self) -> None:
        self._state.update("deal", self._any("deal"), self._worth())

    def _move_deal(self) -> None:
        deal = self._deal()
        self._state.update("deal", deal["ID"], {"STAGE_ID": self._stage(deal["CATEGORY_ID"])})

    def _close_deal(self) -> None:
        deal = self._deal("STAGE_SEMANTIC_ID = 'P'")
        kind = self._random.choice("SF")
        self._state.update("deal", deal["ID"], {"STAGE_ID": self._stage(deal["CATEGORY_ID"], kind)})

    def _reopen_deal(self) -> None:
        deal = self._deal("STAGE_SEMANTIC_ID <> 'P'")
        self._state.update("deal", deal["ID"], {"STAGE_ID": self._stage(deal["CATEGORY_ID"], "P")})

    def _change_pipeline(self) -> None:
        category = self._category()
        self._state.update("deal", self._any("deal"), {"CATEGORY_ID": category, "STAGE_ID": self._stage(category)})

    def _hand_over(self) -> None:
        table = self._random.choice(["deal", "deal", "lead"])
        self._state.update(table, self._any(table), self._owner())

    def _mend_customer(self) -> None:
        self._state.update("deal", self._any("deal"), {"COMPANY_ID": self._any("company")})

    def _mend_person(self) -> None:
        """The deal has no company any more, only a person."""
        self._state.update("deal", self._any("deal"), {"COMPANY_ID": 0, "CONTACT_ID": self._any("contact")})

    # --- leads

    def _new_lead(self) -> None:
        fields = {"SOURCE_ID": self._source(), **self._owner()}
        if self._random.random() < 0.3:
            fields["CONTACT_ID"] = self._any("contact")
        self._state.add("lead", fields)

    def _junk_lead(self) -> None:
        self._state.update("lead", self._lead(), {"STATUS_ID": "JUNK"})

    def _convert_lead(self) -> None:
        """A lead becomes a customer with a deal, as the portal does it."""
        lead = self._lead()
        company = self._state.add("company", {"TITLE": "Нова", "LEAD_ID": lead})
        contact = self._state.add("contact", {"COMPANY_ID": company, "LEAD_ID": lead})
        links = {"COMPANY_ID": company, "CONTACT_ID": contact}
        self._state.add("deal", {**self._worth(), **links, "LEAD_ID": lead})
        self._state.update("lead", lead, {**links, "STATUS_ID": "CONVERTED"})

    # --- products

    def _sell_product(self) -> None:
        """A new row changes the sum of its deal."""
        product = self._any_of("SELECT ID FROM catalog_product ORDER BY 1")
        row = {"OWNER_ID": self._any("deal"), "PRODUCT_ID": product, "PRODUCT_NAME": "Новий", "PRICE": 99.5}
        self._state.insert("product_row", [row])
        self._state.update("deal", row["OWNER_ID"], self._worth())

    def _drop_product(self) -> None:
        row = self._any("product_row")
        owner = self._any_of(f"SELECT OWNER_ID FROM product_row WHERE ID = {row}")
        self._state.select("DELETE FROM product_row WHERE ID = ?", [row])
        self._state.update("deal", owner, self._worth())

    def _change_quantity(self) -> None:
        row = self._any("product_row")
        owner = self._any_of(f"SELECT OWNER_ID FROM product_row WHERE ID = {row}")
        self._state.select("UPDATE product_row SET QUANTITY = QUANTITY + 1 WHERE ID = ?", [row])
        self._state.update("deal", owner, self._worth())

    def _change_purchase_price(self) -> None:
        """Seen with the next row that names the product."""
        product = self._any_of("SELECT ID FROM catalog_product ORDER BY 1")
        self._state.select("UPDATE catalog_product SET PURCHASING_PRICE = 7.25 WHERE ID = ?", [product])
        self._state.insert("product_row", [{"OWNER_ID": (owner := self._any("deal")), "PRODUCT_ID": product}])
        self._state.update("deal", owner, self._worth())

    # --- activities and directories

    def _new_activity(self) -> None:
        owner = {"OWNER_TYPE_ID": 2, "OWNER_ID": self._any("deal")}
        self._state.add("activity", {**owner, "TYPE_ID": 2, "DIRECTION": 1, "PROVIDER_ID": "VOXIMPLANT_CALL"})

    def _complete_activity(self) -> None:
        self._state.update("activity", self._any("activity"), {"COMPLETED": "Y"})

    def _change_rate(self) -> None:
        code = self._random.choice(self._column("SELECT CURRENCY FROM currency WHERE BASE = 'N' ORDER BY 1"))
        self._state.update("currency", code, {"AMOUNT": round(self._random.uniform(1, 60), 4)})

    def _new_stage(self) -> None:
        category = self._category()
        code = f"UC_{self._random.getrandbits(24):06X}"
        self._state.add(
            "status",
            {
                "ENTITY_ID": entity_of(category),
                "STATUS_ID": f"C{category}:{code}" if category else code,
                "NAME": "Новий етап",
                "SORT": self._random.randrange(5, 40),
                "CATEGORY_ID": category or None,
            },
        )

    def _rename_stage(self) -> None:
        found = self._column("SELECT ID FROM status WHERE ENTITY_ID LIKE 'DEAL_STAGE%' ORDER BY ID")
        self._state.update("status", self._random.choice(found), {"NAME": f"Етап {self._random.randrange(100)}"})

    def _fire_user(self) -> None:
        self._state.update("user", self._any("user", "ID > 2"), {"ACTIVE": 0})

    # --- choices

    def _worth(self) -> dict[str, Any]:
        currencies = self._column("SELECT CURRENCY FROM currency ORDER BY 1")
        amount = round(self._random.uniform(-100, 20_000), 2)
        return {"OPPORTUNITY": amount, "CURRENCY_ID": self._random.choice(currencies), "SOURCE_ID": self._source()}

    def _owner(self) -> dict[str, Any]:
        return {"ASSIGNED_BY_ID": self._any("user")}

    def _source(self) -> str:
        return str(
            self._random.choice(self._column("SELECT STATUS_ID FROM status WHERE ENTITY_ID = 'SOURCE' ORDER BY 1"))
        )

    def _category(self) -> int:
        return int(self._random.choice(self._column("SELECT id FROM category WHERE entityTypeId = 2 ORDER BY 1")))

    def _stage(self, category: int, kind: str = "") -> str:
        where = f"AND coalesce(SEMANTICS, 'P') = '{kind}'" if kind else ""
        sql = f"SELECT STATUS_ID FROM status WHERE ENTITY_ID = '{entity_of(category)}' {where} ORDER BY SORT, ID"
        return str(self._random.choice(self._column(sql)))

    def _deal(self, where: str = "1") -> dict[str, Any]:
        found = self._state.row("deal", self._any("deal", f"IS_RECURRING = 'N' AND {where}"))
        assert found is not None
        return found

    def _lead(self) -> int:
        return self._any("lead", "STATUS_SEMANTIC_ID <> 'S'")

    def _any(self, table: str, where: str = "1") -> int:
        """One of the rows that fit, else one of all."""
        found = self._column(f"SELECT ID FROM {table} WHERE {where} ORDER BY ID")
        return int(self._random.choice(found or self._column(f"SELECT ID FROM {table} ORDER BY ID")))

    def _any_of(self, sql: str) -> int:
        return int(self._random.choice(self._column(sql)))

    def _column(self, sql: str) -> list[Any]:
        return [row[0] for row in self._state.select(sql)]


def entity_of(category: int) -> str:
    """ENTITY_ID of a pipeline's stages."""
    return f"DEAL_STAGE_{category}" if category else "DEAL_STAGE"
