"""The pandas part for inquiries and their answers. The portal has calls only: other channels are left out."""

from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.big_portal import AS_OF, TIME_ZONE
from tests.benchmarks.medians import medians
from tests.benchmarks.questions import ANNOUNCED, LOST_AFTER, WORK_BEGINS, WORK_LASTS, cell, months

CALLS = """
SELECT id, owner_type_id, owner_id, responsible_id AS manager, direction = 1 AS is_in,
       COALESCE(start_time, created) AS at, direction <> 1 OR COALESCE(result_status, 0) <> 1 AS is_reaction
FROM activity
WHERE provider_id = 'VOXIMPLANT_CALL' AND deleted_at IS NULL AND owner_type_id IN (1, 2)
  AND (direction = 1 OR completed = 1 AND COALESCE(author_id, responsible_id) > 0)"""
LEADS = """
SELECT id, date_create, source_id AS source, assigned_by_id AS manager, company_id, contact_id,
       status_id = 'JUNK' AS is_junk,
       CASE WHEN status_semantic_id = 'S' THEN COALESCE(date_closed, moved_time, date_create) END AS converted_at
FROM lead WHERE deleted_at IS NULL"""
MADE = "SELECT lead_id, MIN(id) AS id FROM {0} WHERE lead_id > 0 AND deleted_at IS NULL GROUP BY lead_id"


def read_responses(connection: Any, deals: Any) -> Any:
    """Inquiries with month, manager, source, working seconds, whether they `ended` and whether they are lost."""
    leads = with_persons(pd.read_sql_query(LEADS, connection), deals, connection)
    calls = read_calls(connection, deals, leads)
    incoming = calls[calls.is_in]
    first = incoming[incoming.lead.notna()].groupby("lead")["at"].min()
    alone = leads[~(leads.id.map(first) <= leads.date_create + ANNOUNCED)]
    asked = alone.assign(at=alone.date_create, lead=alone.id)[["person", "at", "lead", "manager", "source"]]
    waiting = pd.concat([asked, incoming[~incoming.is_reaction][asked.columns]]).sort_values("at", kind="stable")
    reactions = calls[calls.is_reaction & calls.person.isin(waiting.person)].sort_values(["at", "id"])
    reactions = reactions.drop_duplicates(["person", "at"])[["person", "at", "manager"]]
    reactions = reactions.rename(columns={"manager": "answered_by"}).assign(
        answered_at=reactions["at"].astype("float64")
    )
    waiting = pd.merge_asof(waiting, reactions, on="at", by="person", direction="forward")
    waiting["manager"] = waiting.answered_by.fillna(waiting.manager).astype("int64")
    at_once = incoming[incoming.is_reaction]
    rows = pd.concat([waiting, at_once[asked.columns].assign(answered_at=at_once["at"])], ignore_index=True)
    rows["ended"] = rows.answered_at.notna()
    rows["seconds"] = work(rows.answered_at.fillna(AS_OF)) - work(rows["at"])
    own = leads.set_index("id")
    excused = rows.lead.map(own.is_junk).eq(1) | (rows.lead.map(own.converted_at) >= rows["at"])
    rows["lost"] = ~rows.ended & ~excused & (rows.seconds >= LOST_AFTER)
    local = in_zone(rows["at"])
    rows["month"] = local.dt.year * 100 + local.dt.month
    return rows


def with_persons(leads: Any, deals: Any, connection: Any) -> Any:
    """Whom one talks to: the company, the contact, what became of the lead, else the lead itself."""
    person = pd.Series(pd.NA, index=leads.index, dtype="string")
    of_deal = deals[deals.customer.notna()].sort_values("id").drop_duplicates("lead_id").set_index("lead_id").customer
    for table in ("company", "contact"):
        own = leads[f"{table}_id"].astype("Int64")
        person = person.fillna((f"{table}:" + own.astype("string")).where(own > 0))
    person = person.fillna(leads.id.map(of_deal))
    for table in ("company", "contact"):
        made = pd.read_sql_query(MADE.format(table), connection).set_index("lead_id").id
        person = person.fillna(f"{table}:" + leads.id.map(made).astype("Int64").astype("string"))
    return leads.assign(person=person.fillna("lead:" + leads.id.astype("string")))


def read_calls(connection: Any, deals: Any, leads: Any) -> Any:
    """Calls with leads and deals, each with whom it was."""
    calls = pd.read_sql_query(CALLS, connection).astype({"is_in": bool, "is_reaction": bool})
    of_lead, of_deal = leads.set_index("id"), deals.set_index("id")
    own = of_deal.customer.astype("string").fillna(of_deal.lead_id.map(of_lead.person))
    own = own.fillna("lead:" + of_deal.lead_id.astype("Int64").astype("string"))
    own = own.fillna("deal:" + own.index.astype("string").to_series(index=own.index))
    with_lead = calls.owner_type_id == 1
    for name, lead_side, deal_side in (("person", of_lead.person, own), ("source", of_lead.source, of_deal.source)):
        calls[name] = calls.owner_id.map(lead_side).where(with_lead, calls.owner_id.map(deal_side))
    gone = np.where(with_lead, "lead:", "deal:") + calls.owner_id.astype("string")
    calls["person"] = calls.person.fillna(gone)
    return calls.assign(lead=calls.owner_id.where(with_lead))


def work(moments: Any) -> Any:
    """Epoch seconds → what the working clock reads."""
    local = (in_zone(moments).dt.tz_localize(None) - pd.Timestamp("1970-01-01")) // pd.Timedelta(seconds=1)
    weeks, weekday = (local // 86_400 + 3) // 7, (local // 86_400 + 3) % 7
    today = (local % 86_400 - WORK_BEGINS).clip(0, WORK_LASTS).where(weekday < 5, 0)
    return WORK_LASTS * (weeks * 5 + weekday.clip(upper=5)) + today


def in_zone(moments: Any) -> Any:
    """Epoch seconds → local time."""
    return pd.to_datetime(moments.astype("int64"), unit="s", utc=True).dt.tz_convert(TIME_ZONE)


def of_responses(responses: Any, slicing: str, into: dict[str, dict[str, list[float]]]) -> None:
    """Kaplan-Meier medians and lost inquiries by the month in which they came."""
    rows = responses[responses.month >= months()[0].year * 100 + months()[0].month]
    values = rows[slicing].fillna("") if slicing else pd.Series("", index=rows.index)
    groups = rows.groupby([rows.month, values])
    found = medians(groups.ngroup().to_numpy(), rows.seconds.to_numpy(), rows.ended.to_numpy())
    for place, ((month, value), lost) in enumerate(groups.lost.sum().items()):
        at = cell(int(month), slicing, str(value))
        into["response_time"][at], into["lost_requests"][at] = found[place], [float(lost)]
