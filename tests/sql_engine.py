"""The engine under test over rows of the cache that no portal was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from b24kpi.cache.store import Store
from b24kpi.facts.crm_figures import CrmFigures
from b24kpi.facts.figures import Figures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.attribution import attributed
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.period import Grain, periods
from b24kpi.motivation_file import versions_of
from tests.reference.engine import Reference
from tests.reference.world import NO_CRM, NOTHING_MAPPED

Rows = list[dict[str, Any]]
Owners = Mapping[int, list[tuple[float, int]]]
NOBODY: Owners = {}
RENAMED = {"department": "department_id"}


@dataclass
class SqlEngine:
    """Same calls and same units as `tests.reference.engine.Reference`: money in hundredths, rates exact."""

    store: Store
    engine: Engine

    @classmethod
    def over(
        cls,
        tables: Mapping[str, Rows],
        *,
        time_zone: str,
        as_of: float,
        report_currency: str,
        margin: Fraction = Fraction(1),
        base_days: int = 365,
        hourly_rate: Fraction | None = None,
        crm: Mapping[str, Any] = NO_CRM,
        point: str = "department",
        mapped: Mapping[str, Any] = NOTHING_MAPPED,
        scheme: Sequence[Mapping[str, Any]] = (),
        junk: tuple[str, ...] = ("JUNK",),
        owners: Owners = NOBODY,
    ) -> "SqlEngine":
        store = Store(":memory:")
        fill(store, tables, report_currency)
        fill_owners(store, owners)
        zone = ZoneInfo(time_zone)
        known = MappedFigures(**mapped)
        figures = Figures(margin, base_days, junk, hourly_rate, CrmFigures(**crm), point=point, mapped=known)
        figures = replace(figures, motivation=Motivation(versions_of([dict(version) for version in scheme])))
        refresh(store, zone, report_currency, figures)
        return cls(store, Engine(store, zone, as_of, figures=figures))

    def values(
        self,
        metric: str,
        *,
        period: str,
        start: date,
        end: date,
        by: Sequence[str] = (),
        mode: str = "cohort",
        attribution: str = "first",
    ) -> dict[tuple[str, tuple[str, ...]], Any]:
        found = attributed(find(metric), attribution)
        order = (*found.fixed, *(name for name in by if name not in found.fixed))
        query = Query(found, tuple(periods(start, end, Grain(period))), tuple(by), mode=mode)
        return {
            (value.period.label, tuple(value.by[name] for name in order)): comparable(value)
            for value in self.engine.values(query)
        }


def result_of(values: Mapping[tuple[str, tuple[str, ...]], Any], metric: str, cell: tuple[str, tuple[str, ...]]) -> Any:
    """The cell's result; a combination that occurs nowhere is absent and stands for an empty sum."""
    return values.get(cell) or Reference({}, time_zone="UTC", as_of=0).empty(metric)


def comparable(value: Value) -> Any:
    """A value in the reference's units; a ratio from its sides, so that nothing is rounded."""
    exact: Any = value.value
    above, below = hundredths(value.numerator), hundredths(value.denominator)
    if value.value is not None and above is not None and below:
        exact = above / below
    elif value.value is not None:
        exact = hundredths(value.value)
    return SimpleNamespace(
        value=exact,
        numerator=above,
        denominator=below,
        n=value.n,
        low=value.low,
        high=value.high,
        reason=None if value.reason is None else str(value.reason),
        extra={**value.extra, "flags": [flag for flag in value.flags if flag not in ("immature", "small_sample")]},
        unit=Unit(value.unit),
    )


def hundredths(number: Any) -> Fraction | None:
    """Money is Decimal and becomes hundredths; counts and seconds stay."""
    if number is None:
        return None
    return Fraction(number) * 100 if isinstance(number, Decimal) else Fraction(number)


def fill(store: Store, tables: Mapping[str, Rows], report_currency: str) -> None:
    for table, rows in tables.items():
        if table == "cost":
            rows = [row | {"currency": report_currency} for row in rows]
        if table == "currency":
            fill_rates(store, rows)
            continue
        add_user_fields(store, table, rows)
        for row in rows:
            insert(store, table, {RENAMED.get(name, name): value for name, value in row.items()})


def add_user_fields(store: Store, table: str, rows: Rows) -> None:
    """Columns for the user fields that any row has."""
    kinds: dict[str, str] = {}
    for name, value in (item for row in rows for item in row.items() if item[0].startswith("uf_crm_")):
        if value is not None or name not in kinds:
            kinds[name] = "INTEGER" if isinstance(value, int) else "TEXT"
    for name in kinds.keys() - store.db.table(table).columns_dict.keys():
        store.db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kinds[name]}")


def fill_owners(store: Store, owners: Owners) -> None:
    """What the cache would have kept of earlier responsibles: each was seen until the next one came."""
    for deal_id, changes in owners.items():
        for (_, user), (until, _) in pairwise(changes):
            insert(store, "deal_history", {"id": deal_id, "valid_to": int(until) - 1, "assigned_by_id": user})


def fill_rates(store: Store, rows: Rows) -> None:
    for row in rows:
        if row.get("deleted_at") is None:
            amount = round(Decimal(row["amount"]) * 10_000)
            insert(
                store,
                "currency_rate",
                {"currency": row["currency"], "day": 20000101, "amount": amount, "amount_cnt": row["amount_cnt"]},
            )


def insert(store: Store, table: str, row: Mapping[str, Any]) -> None:
    """The cache never holds empty text: it is NULL."""
    cells = {name: None if value == "" and table not in ("cost", "plan") else value for name, value in row.items()}
    marks = ", ".join("?" * len(cells))
    store.db.conn.execute(f"INSERT INTO {table} ({', '.join(cells)}) VALUES ({marks})", list(cells.values()))
