"""What of the portal can be read in bulk: stream ↔ table of the BI connector ↔ columns.

A stream stands here only where the connector has every column that the stream has, under whatever name; so a cache
that was filled in bulk holds what REST would have brought. What is left out, and why (columns read from the portal's
source):

- leads: the connector has no MOVED_TIME; to fill it by REST takes as many requests as to read the leads;
- activities: it has neither RESULT_STATUS nor IS_INCOMING_CHANNEL;
- product rows: REST shows them by deal, not by id, so that no count could prove a slice of them;
- streams with user fields of the settings: it shows their texts for people instead of their values.

Vendor facts: https://helpdesk.bitrix24.com/open/25993883/ and its neighbours
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from b24kpi.portal.declaration import Entity


@dataclass(frozen=True)
class BulkTable:
    """A table of the connector that has all of a stream.

    Attributes:
        columns: the connector's name of a field, where it is another than in REST.
        hidden: field and value of rows that the REST list keeps to itself.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, str] | None = None

    def column(self, name: str) -> str:
        """The connector's name of a REST field."""
        return self.columns.get(name, name)


_NAMES = (
    "ID CATEGORY_ID STAGE_ID STAGE_SEMANTIC_ID OPPORTUNITY TAX_VALUE CURRENCY_ID SOURCE_ID UTM_SOURCE UTM_MEDIUM "
    "UTM_CAMPAIGN TYPE_ID IS_RECURRING ASSIGNED_BY_ID COMPANY_ID CONTACT_ID LEAD_ID CREATED_BY_ID DATE_CREATE "
    "DATE_MODIFY MOVED_TIME BEGINDATE CLOSEDATE STATUS_ID STATUS_SEMANTIC_ID OWNER_ID CREATED_TIME"
)
_KNOWN = frozenset(_NAMES.split())

# Templates of recurring deals are no deals to crm.deal.list; the connector exports them.
BULK_TABLES: Mapping[str, BulkTable] = {
    "deal": BulkTable("crm_deal", hidden=("IS_RECURRING", "Y")),
    "lead_step": BulkTable("crm_lead_status_history", {"OWNER_ID": "LEAD_ID", "CREATED_TIME": "DATE_CREATE"}),
    "deal_step": BulkTable("crm_deal_stage_history", {"OWNER_ID": "DEAL_ID", "CREATED_TIME": "DATE_CREATE"}),
}


def bulk_table(entity: Entity) -> BulkTable | None:
    """The table that has all of a stream; None where the stream is to be read by REST."""
    table = BULK_TABLES.get(entity.name)
    return table if table is not None and _KNOWN.issuperset(_names(entity)) else None


def _names(entity: Entity) -> Iterable[str]:
    return (each.name for each in entity.fields)
