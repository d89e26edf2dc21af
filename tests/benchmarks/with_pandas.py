"""Child process of the benchmark: the same KPIs by pandas from the raw tables of the cache, its path the argument."""

import json
import sys
from datetime import timedelta
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sqlite_utils.utils import sqlite3

from tests.benchmarks.big_portal import AS_OF, TIME_ZONE
from tests.benchmarks.medians import medians
from tests.benchmarks.pandas_responses import of_responses, read_responses
from tests.benchmarks.questions import BASE_DAYS, COMMON, TODAY, cell, months
from tests.benchmarks.resources import usage

DEALS = """
SELECT id, category_id AS pipeline, stage_id, stage_semantic_id AS semantic, opportunity, currency_id,
       source_id AS source, assigned_by_id, company_id, contact_id, lead_id, date_create, moved_time, closedate
FROM deal WHERE deleted_at IS NULL AND COALESCE(is_recurring, 'N') <> 'Y'"""
STEPS = """
SELECT owner_id AS id, created_time, id AS place, stage_semantic_id AS semantic, stage_id
FROM stage_step WHERE entity_type_id = 2"""
LEADS = """
SELECT id, assigned_by_id AS manager, source_id AS source, company_id, contact_id, date_create
FROM lead WHERE deleted_at IS NULL"""
FAR = 1 << 40


def main(path: str) -> None:
    """Prints seconds, peak memory and answers as one JSON object."""
    began = perf_counter()
    connection = sqlite3.connect(path)
    deals = read_deals(connection)
    leads, responses = read_leads(connection, deals), read_responses(connection, deals)
    answers: dict[str, dict[str, list[float]]] = {name: {} for name in COMMON}
    purchases = deals[(deals.semantic == "S") & deals.customer.notna()].sort_values(["customer", "closed_at", "id"])
    purchases["number"] = purchases.groupby("customer").cumcount() + 1
    for slicing in ("", "manager", "source", "pipeline"):
        of_deals(deals, slicing, answers)
        of_purchases(purchases, slicing, answers)
        if slicing != "pipeline":
            of_leads(leads, slicing, answers)
            of_responses(responses, slicing, answers)
        cycles(deals, slicing, answers["sales_cycle"])
    print(json.dumps({"seconds": perf_counter() - began, "answers": answers} | usage()))


def read_deals(connection: Any) -> Any:
    """Deals with the moment of their closing, the manager then, and the money in the report currency."""
    deals = pd.read_sql_query(DEALS, connection)
    deals["closed_at"] = closings(deals, pd.read_sql_query(STEPS, connection))
    before = pd.read_sql_query("SELECT id, valid_to, assigned_by_id AS earlier FROM deal_history", connection)
    deals = deals.merge(before, on="id", how="left")
    for name, moment in (("manager", deals.closed_at.fillna(FAR)), ("first_manager", deals.date_create)):
        deals[name] = deals.earlier.where(deals.valid_to >= moment, deals.assigned_by_id).astype("int64")
    local = local_days(deals.closed_at)
    deals["closed_number"] = numbers(local)
    deals["month"] = (local.dt.year * 100 + local.dt.month).fillna(0).astype("int64")
    created = local_days(deals.date_create)
    deals["created_month"] = created.dt.year * 100 + created.dt.month
    deals["money"] = in_report_currency(deals, local, connection)
    deals["customer"] = customers(deals)
    return deals


def closings(deals: Any, steps: Any) -> Any:
    """Where the present semantic began: after the last step of another one."""
    last = steps.sort_values(["id", "created_time", "place"]).drop_duplicates("id", keep="last").set_index("id")
    at, stage = deals.id.map(last.created_time), deals.id.map(last.stage_id)
    moved = deals.moved_time.fillna(0).clip(lower=at.fillna(deals.date_create))
    is_first = at.isna() & deals.stage_id.str.endswith("NEW")
    present = pd.DataFrame({"id": deals.id, "created_time": moved, "place": FAR, "semantic": deals.semantic})
    every = pd.concat([steps[steps.id.isin(deals.id)], present[(stage != deals.stage_id) & ~is_first]])
    every = every.sort_values(["id", "place"], kind="stable").sort_values(["id", "created_time"], kind="stable")
    begins = (every.id != every.id.shift()) | (every.semantic != every.semantic.shift())
    begun = every[begins].drop_duplicates("id", keep="last").set_index("id").created_time
    closed = deals.id.map(begun).where(deals.semantic != "P")
    approx = deals.moved_time.isna() & (stage != deals.stage_id) & (deals.semantic != "P")
    midnight = pd.to_datetime(deals.closedate[approx]).dt.tz_localize(TIME_ZONE)
    closed.loc[approx] = (midnight - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds()
    return closed


def local_days(moments: Any) -> Any:
    """Epoch seconds → local time."""
    return pd.to_datetime(moments, unit="s", utc=True).dt.tz_convert(TIME_ZONE)


def numbers(local: Any) -> Any:
    """Local time → days counted one by one."""
    days = (local.dt.tz_localize(None).dt.normalize() - pd.Timestamp("1970-01-01")).dt.days
    return days.fillna(-719163).astype("int64") + 719163


def in_report_currency(deals: Any, local: Any, connection: Any) -> Any:
    """Hundredths at the rate of the closing day, half to even; unknown currencies count nothing."""
    rates = pd.read_sql_query("SELECT currency, day, amount FROM currency_rate ORDER BY day", connection)
    money = deals.opportunity.fillna(0).astype("int64").copy()
    day = (local.dt.year * 10_000 + local.dt.month * 100 + local.dt.day).fillna(99_999_999).astype("int64")
    money[~deals.currency_id.isin(rates.currency)] = 0
    for currency in ("USD", "EUR"):
        own = rates[rates.currency == currency]
        mine = deals.currency_id == currency
        place = np.maximum(np.searchsorted(own.day.to_numpy(), day[mine].to_numpy(), side="right") - 1, 0)
        exact = money[mine] * own.amount.to_numpy()[place]
        whole, rest = exact // 10_000, exact % 10_000
        money[mine] = whole + ((rest > 5000) | ((rest == 5000) & (whole % 2 == 1)))
    return money


def customers(rows: Any) -> Any:
    """The company, else the contact."""
    contact = "contact:" + rows.contact_id.astype("Int64").astype("string")
    company = "company:" + rows.company_id.astype("Int64").astype("string")
    return company.where(rows.company_id > 0, contact.where(rows.contact_id > 0))


def read_leads(connection: Any, deals: Any) -> Any:
    """Leads, and whether they have become customers."""
    leads = pd.read_sql_query(LEADS, connection)
    persons = [leads[["id", "date_create"]].assign(customer=customers(leads))]
    for table in ("company", "contact"):
        made = pd.read_sql_query(
            f"SELECT id AS made, lead_id AS id FROM {table} WHERE lead_id > 0 AND deleted_at IS NULL", connection
        )
        own = made.merge(leads[["id", "date_create"]], on="id")
        persons.append(own[["id", "date_create"]].assign(customer=f"{table}:" + own.made.astype("string")))
    wins = deals[deals.semantic == "S"]
    person = pd.concat(persons).dropna(subset=["customer"])
    last = person.customer.map(wins[wins.customer.notna()].groupby("customer").closed_at.max())
    bought = set(person.id[last >= person.date_create]) | set(wins.lead_id.dropna().astype("int64"))
    leads["bought"] = leads.id.isin(bought)
    local = local_days(leads.date_create)
    leads["month"] = local.dt.year * 100 + local.dt.month
    return leads


def grouped(rows: Any, slicing: str, columns: dict[str, Any], month: str = "month") -> Any:
    """Sums by month and the dimension, as (month, value, *sums)."""
    first = months()[0].year * 100 + months()[0].month
    keys = [rows[month], rows[slicing].fillna("") if slicing else pd.Series("", index=rows.index)]
    sums = pd.DataFrame(columns, index=rows.index)[rows[month] >= first].groupby(keys).sum()
    return ((*key, *row) for key, row in zip(sums.index, sums.to_numpy().tolist(), strict=True))


def of_deals(deals: Any, slicing: str, into: dict[str, dict[str, list[float]]]) -> None:
    """Sales, wins, their rate and the average order."""
    won, lost = deals.semantic == "S", deals.semantic == "F"
    paid = won & (deals.money > 0)
    sums = {"sales": deals.money * won, "won": won, "lost": lost, "paid": deals.money * paid, "orders": paid}
    for month, value, sales, wins, losses, money, orders in grouped(deals, slicing, sums):
        at = cell(int(month), slicing, str(value))
        into["total_sales"][at] = [sales / 100]
        into["win_rate"][at] = [float(wins), float(wins + losses)]
        into["aov"][at] = [money / 100, float(orders)]


def of_leads(leads: Any, slicing: str, into: dict[str, dict[str, list[float]]]) -> None:
    """New leads and how many of them have bought."""
    for month, value, count, bought in grouped(leads, slicing, {"count": 1, "bought": leads.bought.astype(int)}):
        at = cell(int(month), slicing, str(value))
        into["new_leads"][at], into["lead_to_customer_rate"][at] = [float(count)], [float(bought), float(count)]


def of_purchases(purchases: Any, slicing: str, into: dict[str, dict[str, list[float]]]) -> None:
    """Repeat purchases, and customers who are in the base at both ends of a month."""
    repeat = {"repeat": (purchases.number > 1).astype(int), "count": 1}
    for month, value, again, count in grouped(purchases, slicing, repeat):
        into["repeat_purchase_share"][cell(int(month), slicing, str(value))] = [float(again), float(count)]
    acquired = purchases[purchases.number == 1].set_index("customer")
    day = purchases.closed_number
    for first in months():
        last = min((first + timedelta(days=31)).replace(day=1), TODAY + timedelta(days=1)).toordinal()
        early = set(purchases.customer[(day < first.toordinal()) & (day >= first.toordinal() - BASE_DAYS)])
        late = set(purchases.customer[(day < last) & (day >= last - BASE_DAYS)])
        base = acquired.loc[list(early)]
        keys = base[slicing].fillna("") if slicing else pd.Series("", index=base.index)
        both = base.index.isin(late & early)
        for value, stayed, count in pd.DataFrame({"s": both, "n": 1}).groupby(keys.to_numpy()).sum().itertuples():
            at = cell(first.year * 100 + first.month, slicing, str(value))
            into["crr_strict"][at] = [float(stayed), float(count)]


def cycles(deals: Any, slicing: str, into: dict[str, list[float]]) -> None:
    """Kaplan-Meier medians by the month of creation."""
    first = months()[0].year * 100 + months()[0].month
    rows = deals[deals.created_month >= first]
    key = {"manager": "first_manager"}.get(slicing, slicing)
    values = rows[key].fillna("") if key else pd.Series("", index=rows.index)
    groups = rows.groupby([rows.created_month, values])
    seconds = (rows.closed_at.fillna(AS_OF) - rows.date_create).to_numpy()
    found = medians(groups.ngroup().to_numpy(), seconds, rows.closed_at.notna().to_numpy())
    for place, (month, value) in enumerate(groups.size().index):
        into[cell(int(month), slicing, str(value))] = found[place]


if __name__ == "__main__":
    main(sys.argv[1])
