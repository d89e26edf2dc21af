"""All rows turned into the things that metrics count: deals with a life and money, purchases, leads, costs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.deals import Life, Stay, Visit, live
from tests.reference.goods import Goods
from tests.reference.money import Exchange
from tests.reference.periods import local_day
from tests.reference.stages import Row, Stages

Tables = Mapping[str, Sequence[dict[str, Any]]]
NO_CRM: Mapping[str, Any] = {}
NOTHING_MAPPED: Mapping[str, Any] = {}
OwnerAt = Callable[[int, float], int | None]


@dataclass(frozen=True)
class Deal:
    """A deal that counts: neither deleted nor a template. Money is in minor units of the report currency."""

    row: Row
    life: Life
    money: int
    fx_unknown: bool
    customer: str | None

    @property
    def id(self) -> int:
        """Identifier in the portal."""
        return int(self.row["id"])


@dataclass(frozen=True)
class Purchase:
    """A won deal of a known customer, and which one in a row it was; `first` is the customer's purchase number 1."""

    deal: Deal
    customer: str
    number: int
    first: Deal


class World:
    """What the metrics see. Keyword arguments are those of engine.Reference."""

    def __init__(
        self,
        tables: Tables,
        *,
        zone: ZoneInfo,
        as_of: float,
        report_currency: str,
        margin: Fraction,
        base_days: int,
        hourly_rate: Fraction | None = None,
        crm: Mapping[str, Any] = NO_CRM,
        point: str = "department",
        mapped: Mapping[str, Any] = NOTHING_MAPPED,
        owner_at: OwnerAt | None,
        stuck_days: int = 14,
        scheme: Sequence[Mapping[str, Any]] = (),
        junk: tuple[str, ...] = ("JUNK",),
    ) -> None:
        self.zone, self.as_of, self.margin, self._owner_at = zone, as_of, margin, owner_at
        self.base_days, self.hourly_rate, self.crm, self.stuck_days = base_days, hourly_rate, crm, stuck_days
        self.junk = junk
        self.point, self.mapped, self.scheme = point, mapped, scheme
        self._tables = tables
        self.stages = Stages(tables.get("status", ()))
        self._exchange = Exchange(self.rows("currency"), report_currency)
        # Also of users who are gone: what they did stays with their department.
        self._departments = {row["id"]: row["department"] for row in tables.get("user", ())}
        self._steps = self._steps_by_deal()
        self.leads = {row["id"]: row for row in self.rows("lead")}
        self.deals = [self._deal(row) for row in self.rows("deal") if row["is_recurring"] != "Y"]
        self.purchases = list(self._purchases())
        self.numbers = {purchase.deal.id: purchase.number for purchase in self.purchases}
        self.costs = self.rows("cost")
        self._activities: dict[int, list[Row]] = {}
        for row in self.rows("activity"):
            if row["owner_type_id"] == 2:
                self._activities.setdefault(row["owner_id"], []).append(row)
        bought = [row for kind in ("offer", "product") for row in tables.get(kind, ())]
        self.goods = Goods(self.rows("product_row"), bought, self._exchange.convert)

    def day(self, moment: float) -> date:
        """Local day of a moment."""
        return local_day(moment, self.zone)

    def won(self) -> Iterator[tuple[Deal, float]]:
        """Won deals, each with the moment of its win."""
        for deal in self.deals:
            if deal.life.outcome == "S" and deal.life.closed_at is not None:
                yield deal, deal.life.closed_at

    def visits(self) -> Iterator[tuple[Deal, Visit]]:
        """Every visit of every deal to a pipeline."""
        return ((deal, visit) for deal in self.deals for visit in deal.life.visits)

    def stays(self) -> Iterator[tuple[Deal, Stay]]:
        """Every stay of every deal in a process stage."""
        return ((deal, stay) for deal in self.deals for stay in deal.life.stays if stay.semantic == "P")

    def activities(self, deal: Deal) -> Sequence[Row]:
        """What was planned or done about the deal, as far as it is not deleted."""
        return self._activities.get(deal.id, [])

    def owner(self, deal: Deal, moment: float) -> int | None:
        """Who was responsible at the moment, as far as is known; else who is now."""
        known = self._owner_at(deal.id, moment) if self._owner_at else None
        return known if known is not None else deal.row["assigned_by_id"]

    def department(self, user: int | None) -> int | None:
        """First department of a user; None if he is unknown or has none."""
        return self._departments.get(user)

    def lead_customers(self, lead: Row) -> set[str]:
        """The lead's own customer and those made out of it."""
        made = {
            f"{kind}:{row['id']}"
            for kind in ("company", "contact")
            for row in self.rows(kind)
            if row["lead_id"] == lead["id"]
        }
        own = customer_key(lead)
        return made | {own} if own else made

    def first_touch(self, deal: Deal) -> Row:
        """The row whose source and UTM brought the deal: its lead if that is known, else the deal itself."""
        return self.leads.get(deal.row["lead_id"], deal.row)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of a table that are not deleted."""
        return [row for row in self._tables.get(table, ()) if row.get("deleted_at") is None]

    def _steps_by_deal(self) -> dict[int, list[Row]]:
        steps: dict[int, list[Row]] = {}
        for step in self.rows("stage_step"):
            if step["entity_type_id"] == 2:
                steps.setdefault(step["owner_id"], []).append(step)
        return steps

    def _deal(self, row: Row) -> Deal:
        life = live(row, self._steps.get(row["id"], []), self.stages, self.zone)
        money = self._exchange.convert(row["opportunity"], row["currency_id"])
        return Deal(row, life, money or 0, money is None, customer_key(row))

    def _purchases(self) -> Iterator[Purchase]:
        bought: dict[str, list[Deal]] = {}
        for _, _, deal in sorted((moment, deal.id, deal) for deal, moment in self.won()):
            if deal.customer is not None:
                mine = bought.setdefault(deal.customer, [])
                mine.append(deal)
                yield Purchase(deal, deal.customer, len(mine), mine[0])


def customer_key(row: Row) -> str | None:
    """Company before contact; None when neither is set."""
    for kind in ("company", "contact"):
        if (row[f"{kind}_id"] or 0) > 0:
            return f"{kind}:{row[f'{kind}_id']}"
    return None
