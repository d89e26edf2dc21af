"""Which deals are of a client that came back.

Read from the portal's source (crm module): the client is the company, or the contact among deals without a company;
once it has a won deal all its other deals are IS_RETURN_CUSTOMER, the earlier ones too; before, a deal born of a
returning client's lead is IS_REPEATED_APPROACH. Both are plain SQL and leave DATE_MODIFY alone.
"""

from collections.abc import Mapping
from typing import Any

from b24kpi.demo.storage import Row, Storage

_CLIENT_COLUMNS = ("COMPANY_ID", "CONTACT_ID", "STAGE_SEMANTIC_ID", "LEAD_ID", "IS_RECURRING")


def recompute_after_change(storage: Storage, before: Row, after: Row) -> None:
    """Sets the flags of both clients where a deal's change may have touched them."""
    if any(before[name] != after[name] for name in _CLIENT_COLUMNS):
        recompute_client(storage, before)
        recompute_client(storage, after)


def recompute_client(storage: Storage, row: Mapping[str, Any]) -> None:
    """Sets both flags on every deal of the row's client (COMPANY_ID, CONTACT_ID)."""
    client = _client_condition(row)
    if client is None:
        return
    where, params = client
    first_won = storage.scalar(f"SELECT min(ID) FROM deal WHERE {where} AND STAGE_SEMANTIC_ID = 'S'", params)
    wanted = "'N'" if first_won is None else f"CASE ID WHEN {first_won} THEN 'N' ELSE 'Y' END"
    storage.execute(
        f"UPDATE deal SET IS_RETURN_CUSTOMER = {wanted} WHERE {where} AND IS_RETURN_CUSTOMER <> {wanted}", params
    )
    again = "'N'"
    if first_won is None:
        again = (
            "CASE WHEN (SELECT IS_RETURN_CUSTOMER FROM lead WHERE lead.ID = deal.LEAD_ID) = 'Y' THEN 'Y' ELSE 'N' END"
        )
    storage.execute(
        f"UPDATE deal SET IS_REPEATED_APPROACH = {again} WHERE {where} AND IS_REPEATED_APPROACH <> {again}", params
    )


def _client_condition(row: Mapping[str, Any]) -> tuple[str, list[int]] | None:
    if row["COMPANY_ID"]:
        return "COMPANY_ID = ?", [row["COMPANY_ID"]]
    if row["CONTACT_ID"]:
        return "CONTACT_ID = ? AND coalesce(COMPANY_ID, 0) = 0", [row["CONTACT_ID"]]
    return None
