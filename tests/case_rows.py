"""Full rows of the cache out of the short rows of a case: what a case does not say has a sensible default."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from tests import case_contacts

Row = dict[str, Any]
CONTACTS = {"activity": case_contacts.activity, "call": case_contacts.call, "task": case_contacts.task}
Short = Mapping[str, Any]

MOMENTS = ("date_create", "date_modify", "moved_time", "deleted_at", "created_time")
NO_VALUE = "none"
DEAL_STAGES = {
    "DEAL_STAGE": [("NEW", 10, None), ("PREPARATION", 20, None), ("EXECUTING", 30, None)],
    "DEAL_STAGE_5": [("C5:NEW", 10, None), ("C5:OFFER", 20, None)],
}
FINAL_STAGES = {
    "DEAL_STAGE": [("WON", 40, "S"), ("LOSE", 50, "F"), ("APOLOGY", 60, "F")],
    "DEAL_STAGE_5": [("C5:WON", 30, "S"), ("C5:LOSE", 40, "F")],
}
LEAD_STATUSES = [("NEW", 10, None), ("IN_PROCESS", 20, None), ("CONVERTED", 30, "S"), ("JUNK", 40, "F")]
DEPARTMENTS = {5: 10, 6: 20, 7: 20}
RATES = {"UAH": ("1.0000", 1), "USD": ("40.0000", 1), "EUR": ("44.0000", 1), "JPY": ("27.0000", 100)}
BLANK_STATUS: Row = {"name": "", "sort": 0, "semantics": None, "deleted_at": None}
BLANK_CURRENCY: Row = {"amount": "1.0000", "amount_cnt": 1, "base": "N", "deleted_at": None}
ORIGIN: Row = {"source_id": None, "utm_source": None, "utm_medium": None, "utm_campaign": None}


def moment(text: str, zone: ZoneInfo) -> int:
    """Epoch seconds of an ISO moment or day; without an offset it is local time, a day is its midnight."""
    read = datetime.fromisoformat(text)
    return int((read if read.tzinfo else read.replace(tzinfo=zone)).timestamp())


class Rows:
    """Expands the rows of one case. After tables(), `owners` holds the changes of responsible by deal."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._step_ids = count(1)
        self._semantics: dict[str, str] = {}
        self.owners: dict[int, list[tuple[float, int]]] = {}

    def tables(self, case: Short) -> dict[str, list[Row]]:
        """Table name → rows, every column of the cache filled."""
        changes = [self._plain(row) for row in case.get("status", ())]
        statuses = merged(default_statuses(), changes, ("entity_id", "status_id"), BLANK_STATUS)
        self._semantics = {
            row["status_id"]: row["semantics"] or "P" for row in statuses if row["entity_id"] != "STATUS"
        }
        leads = [self._lead(row, number) for number, row in enumerate(case.get("lead", ()), 1)]
        deals, steps = [], [self._lead_step(lead) for lead in leads]
        for number, short in enumerate(case.get("deal", ()), 1):
            deal = self._deal(short, number)
            deals.append(deal)
            steps += self._steps(deal["id"], short.get("history", short["steps"]))
        return {
            "deal": deals,
            "lead": leads,
            "stage_step": steps,
            "status": statuses,
            "contact": [self._customer(row) for row in case.get("contact", ())],
            "company": [self._customer(row) for row in case.get("company", ())],
            "category": [category(0, "Sales"), category(5, "Service")],
            "currency": merged(default_currencies(), case.get("exchange", ()), ("currency",), BLANK_CURRENCY),
            "user": [
                {"id": user, "department": office, "active": int(user not in case.get("left", ())), "deleted_at": None}
                for user, office in DEPARTMENTS.items()
            ],
            "cost": [self._cost(row) for row in case.get("cost", ())],
            "product_row": product_rows(case.get("deal", ())),
            "product": [product(row) for row in case.get("product", ())],
            "offer": [product(row) for row in case.get("offer", ())],
            "plan": [plan(row) for row in case.get("plan", ())],
            **{name: self._contacts(name, case.get(name, ())) for name in CONTACTS},
        }

    def _contacts(self, table: str, rows: Sequence[Row]) -> list[Row]:
        return [
            self._planned(row, number)
            if "created" in row and table == "activity"
            else CONTACTS[table](row, number, self._moment)
            for number, row in enumerate(rows, 1)
        ]

    def _deal(self, short: Short, number: int) -> Row:
        own = self._plain(short)
        steps, amount, changes = own.pop("steps"), own.pop("amount", 0), own.pop("owners", ())
        own.pop("history", None)
        own.pop("rows", None)
        first, last = self._moment(steps[0][0]), self._moment(steps[-1][0])
        stage = steps[-1][1]
        row = self._entity(own.pop("id", number), first, last) | {
            "category_id": category_of(stage),
            "stage_id": stage,
            "stage_semantic_id": self._semantic(steps[-1]),
            "opportunity": minor_units(amount),
            "currency_id": "UAH",
            "lead_id": None,
            "is_recurring": "N",
            "moved_time": last,
            "closedate": (datetime.fromtimestamp(first, self._zone) + timedelta(days=7)).date().isoformat(),
        }
        self.owners[row["id"]] = [(self._moment(since), user) for since, user in changes]
        return row | own

    def _lead(self, short: Short, number: int) -> Row:
        own = self._plain(short)
        created, status = self._moment(own.pop("created")), own.pop("status", "NEW")
        semantics = {code: semantic or "P" for code, _, semantic in LEAD_STATUSES}
        row = self._entity(own.pop("id", number), created, created)
        return row | {"status_id": status, "status_semantic_id": semantics.get(status, "P")} | own

    def _entity(self, number: int, created: int, modified: int) -> Row:
        own = {"company_id": 0, "contact_id": 0, "assigned_by_id": 5, "deleted_at": None}
        return {"id": number, "date_create": created, "date_modify": modified} | own | ORIGIN

    def _customer(self, short: Short) -> Row:
        return {"lead_id": None, "deleted_at": None} | self._plain(short)

    def _planned(self, short: Short, number: int) -> Row:
        """Of a deal; `done` is when it was completed, which is its last change."""
        own = dict(short)
        created, done, deadline = (own.pop(name, None) for name in ("created", "done", "deadline"))
        row: Row = {"id": number, "owner_type_id": 2, "owner_id": own.pop("deal"), "deleted_at": None}
        row |= {"created": self._moment(created), "completed": int(done is not None)}
        row["last_updated"] = self._moment(done or created)
        return row | {"deadline": None if deadline is None else self._moment(deadline)} | self._plain(own)

    def _cost(self, short: Short) -> Row:
        row = {"source": "", "campaign": "", "kind": "marketing"} | dict(short)
        return row | {"day": int(row["day"].replace("-", "")), "amount": minor_units(row["amount"])}

    def _steps(self, deal_id: int, steps: Sequence[Sequence[str]]) -> list[Row]:
        rows: list[Row] = []
        for step in steps:
            before = rows[-1]["category_id"] if rows else None
            own = self._semantic(step)
            row = self._step(2, deal_id, self._moment(step[0]), step[1], own)
            rows.append(row | {"type_id": step_type(before, row["category_id"], own)})
        return rows

    def _lead_step(self, lead: Row) -> Row:
        step = self._step(1, lead["id"], lead["date_create"], lead["status_id"], lead["status_semantic_id"])
        return step | {"type_id": 1, "category_id": 0}

    def _step(self, entity: int, owner: int, created: int, stage: str, semantic: str | None) -> Row:
        step = {"entity_type_id": entity, "id": next(self._step_ids), "type_id": 2, "owner_id": owner}
        place = {"category_id": category_of(stage), "stage_semantic_id": semantic, "stage_id": stage}
        return step | {"created_time": created} | place

    def _semantic(self, step: Sequence[str]) -> str | None:
        """The third item of a step if there is one, else as the dictionary says."""
        return step[2] or None if len(step) > 2 else self._semantics.get(step[1], "P")

    def _moment(self, text: str) -> int:
        return moment(text, self._zone)

    def _plain(self, short: Short) -> Row:
        """A copy with "none" as None and moments as epoch seconds."""
        row = {name: None if value == NO_VALUE else value for name, value in short.items()}
        return {name: self._moment(v) if name in MOMENTS and isinstance(v, str) else v for name, v in row.items()}


def product_rows(deals: Sequence[Short]) -> list[Row]:
    """Rows of deals: each [product, price, quantity]; a text is the name of what the catalogue does not have."""
    found = [(deal.get("id", number), row) for number, deal in enumerate(deals, 1) for row in deal.get("rows", ())]
    return [
        {
            "owner_type_id": 2,
            "id": number,
            "owner_id": owner,
            "product_id": None if isinstance(named, str) else named,
            "product_name": named if isinstance(named, str) else f"Product {named}",
            "price": ten_thousandths(price),
            "quantity": ten_thousandths(quantity),
            "deleted_at": None,
        }
        for number, (owner, (named, price, quantity)) in enumerate(found, 1)
    ]


def product(short: Short) -> Row:
    """A product with its purchase price in whole units."""
    row = {"iblock_id": 23, "name": f"Product {short['id']}", "purchasing_currency": "UAH", "deleted_at": None}
    return row | {"id": short["id"], "purchasing_price": ten_thousandths(short["price"])} | currency_of(short)


def currency_of(short: Short) -> Row:
    return {"purchasing_currency": short["currency"]} if "currency" in short else {}


def plan(short: Short) -> Row:
    """A plan; `period` is a month, `amount` in whole units, of rates a fraction."""
    start = date.fromisoformat(f"{short['period']}-01")
    until = (start + timedelta(days=31)).replace(day=1)
    scale = 100 if short["metric"] in ("total_sales", "aov") else 10_000
    return {
        "metric": short["metric"],
        "from_day": int(f"{start:%Y%m%d}"),
        "to_day": int(f"{until:%Y%m%d}"),
        "scope": short.get("scope", "company"),
        "scope_value": short.get("scope_value", ""),
        "amount": int(Decimal(str(short["amount"])) * scale),
    }


def ten_thousandths(number: Any) -> int:
    return int(Decimal(str(number)) * 10_000)


def merged(rows: list[Row], changes: Sequence[Row], key: Sequence[str], blank: Row) -> list[Row]:
    """Rows with the changes laid over those of the same key; other changes are laid over a blank row and added."""
    found = {tuple(row[name] for name in key): row for row in rows}
    for change in changes:
        place = tuple(change[name] for name in key)
        found[place] = found.get(place, blank) | change
    return list(found.values())


def default_statuses() -> list[Row]:
    """Dictionary of the two pipelines and of leads, ids in order."""
    lists = [(entity, stages + FINAL_STAGES[entity]) for entity, stages in DEAL_STAGES.items()] + [
        ("STATUS", LEAD_STATUSES)
    ]
    flat = [(entity, *stage) for entity, stages in lists for stage in stages]
    return [
        BLANK_STATUS
        | {"id": number, "entity_id": entity, "status_id": code, "name": code, "sort": sort, "semantics": semantics}
        for number, (entity, code, sort, semantics) in enumerate(flat, 1)
    ]


def default_currencies() -> list[Row]:
    """Four currencies; UAH is the base, JPY is quoted per 100."""
    return [
        {
            "currency": code,
            "amount": amount,
            "amount_cnt": units,
            "base": "Y" if code == "UAH" else "N",
            "deleted_at": None,
        }
        for code, (amount, units) in RATES.items()
    ]


def category(number: int, name: str) -> Row:
    """A row of the category table."""
    return {"id": number, "name": name, "sort": 100 + number, "deleted_at": None}


def category_of(stage: str) -> int:
    """Pipeline of a stage code: "C5:NEW" → 5, "NEW" → 0."""
    prefix, colon, _ = stage.partition(":")
    return int(prefix[1:]) if colon and prefix[:1] == "C" and prefix[1:].isdigit() else 0


def step_type(before: int | None, now: int, semantic: str | None) -> int:
    """TYPE_ID of a history row: 1 created, 2 moved, 3 final (also when created there), 5 pipeline changed."""
    if before is not None and before != now:
        return 5
    if semantic in ("S", "F"):
        return 3
    return 1 if before is None else 2


def minor_units(amount: Any) -> int | None:
    """An amount of money as hundredths; no amount stays none."""
    return None if amount is None else int(Decimal(str(amount)) * 100)
