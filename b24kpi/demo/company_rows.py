"""Rows of the demo company's leads, deals, customers and stage history, as the portal's state keeps them.

Columns are the fields of the vendor's list methods, e.g. https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-list.html;
moments are epoch seconds, dates YYYY-MM-DD, money units of the row's currency. Every maker is `make(id, moment, …)`.
"""

from dataclasses import dataclass

from b24kpi.demo.company_plan import BASE_CURRENCY, Campaign
from b24kpi.demo.company_queue import Card, Row


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a customer came from: the code of a source and, for paid ones, the campaign."""

    source: str
    campaign: Campaign | None = None

    def columns(self) -> Row:
        """The columns shared by leads, deals, contacts and companies."""
        return {
            "SOURCE_ID": self.source,
            "UTM_SOURCE": self.campaign.utm_source if self.campaign else None,
            "UTM_MEDIUM": self.campaign.utm_medium if self.campaign else None,
            "UTM_CAMPAIGN": self.campaign.utm_campaign if self.campaign else None,
        }


@dataclass(slots=True)
class Customer:
    """A buyer: a firm with a contact, a person, or nobody on record (both cards None)."""

    name: str
    last_name: str
    firm: str
    region: str
    origin: Origin
    currency: str
    scale: float  # this customer's amounts against the pipeline's typical one
    manager: int
    company: Card | None = None
    contact: Card | None = None
    lead: Card | None = None
    has_won: bool = False


@dataclass(slots=True)
class LeadPlan:
    """A lead as it stands at present."""

    customer: Customer
    origin: Origin
    title: str
    status: str
    semantics: str
    moved: int
    modified: int
    touched: int  # the moment of the last activity, of the creation where there is none
    assigned: int
    opportunity: float
    known: bool  # the customer was on record when the lead came, or is since its conversion
    returning: bool


@dataclass(slots=True)
class DealPlan:
    """A deal as it stands at present."""

    customer: Customer
    lead: Card | None
    origin: Origin
    title: str
    category: int
    stage: str
    semantics: str
    is_new: bool
    opportunity: float
    begin_date: str
    close_date: str
    moved: int
    modified: int
    touched: int  # the moment of the last activity, of the creation where there is none
    created_by: int
    assigned: int
    recurring: bool = False
    returning: bool = False
    repeated_approach: bool = False


def lead_row(number: int, _moment: int, plan: LeadPlan, created: int) -> Row:
    """A row of crm.lead.list; put when the customer's cards have their IDs."""
    customer, final = plan.customer, plan.semantics != "P"
    return {
        "ID": number,
        "TITLE": plan.title,
        "NAME": customer.name,
        "LAST_NAME": customer.last_name,
        "COMPANY_TITLE": customer.firm or None,
        **plan.origin.columns(),
        "STATUS_ID": plan.status,
        "STATUS_SEMANTIC_ID": plan.semantics,
        "CURRENCY_ID": customer.currency,
        "OPPORTUNITY": plan.opportunity,
        "IS_MANUAL_OPPORTUNITY": "Y" if plan.opportunity else "N",
        "COMPANY_ID": customer.company.id if plan.known and customer.company else 0,
        "CONTACT_ID": customer.contact.id if plan.known and customer.contact else 0,
        "IS_RETURN_CUSTOMER": flag(plan.returning),
        "DATE_CLOSED": plan.moved if final else None,
        **_trace(created, plan.modified, plan.touched, plan.assigned, plan.assigned),
        "MOVED_BY_ID": plan.assigned,
        "MOVED_TIME": plan.moved,
    }


def deal_row(number: int, moment: int, plan: DealPlan) -> Row:
    """A row of crm.deal.list."""
    customer = plan.customer
    return {
        "ID": number,
        "TITLE": plan.title,
        "TYPE_ID": "SALE",
        "CATEGORY_ID": plan.category,
        "STAGE_ID": plan.stage,
        "STAGE_SEMANTIC_ID": plan.semantics,
        "IS_NEW": flag(plan.is_new),
        "IS_RECURRING": flag(plan.recurring),
        "IS_RETURN_CUSTOMER": flag(plan.returning),
        "IS_REPEATED_APPROACH": flag(plan.repeated_approach),
        "CURRENCY_ID": customer.currency,
        "OPPORTUNITY": plan.opportunity,
        "IS_MANUAL_OPPORTUNITY": "Y",
        "COMPANY_ID": customer.company.id if customer.company else 0,
        "CONTACT_ID": customer.contact.id if customer.contact else 0,
        "LEAD_ID": plan.lead.id if plan.lead else None,
        "BEGINDATE": plan.begin_date,
        "CLOSEDATE": plan.close_date,
        "UF_CRM_REGION": customer.region,
        "CLOSED": flag(plan.semantics != "P"),
        **plan.origin.columns(),
        **_trace(moment, plan.modified, plan.touched, plan.created_by, plan.assigned),
        "MOVED_BY_ID": plan.assigned,
        "MOVED_TIME": plan.moved,
    }


def company_row(number: int, moment: int, customer: Customer) -> Row:
    """A row of crm.company.list."""
    return {
        "ID": number,
        "TITLE": customer.firm,
        "COMPANY_TYPE": "CUSTOMER",
        "CURRENCY_ID": BASE_CURRENCY,
        **_customer_columns(moment, customer),
    }


def contact_row(number: int, moment: int, customer: Customer) -> Row:
    """A row of crm.contact.list."""
    return {
        "ID": number,
        "NAME": customer.name,
        "LAST_NAME": customer.last_name,
        "TYPE_ID": "CLIENT",
        "COMPANY_ID": customer.company.id if customer.company else 0,
        **_customer_columns(moment, customer),
        "SOURCE_ID": customer.origin.source,
    }


def deal_step_row(
    number: int, moment: int, owner: Card, type_id: int, category: int, semantics: str, stage: str
) -> Row:
    """A row of crm.stagehistory.list for deals."""
    return {
        "ID": number,
        "TYPE_ID": type_id,
        "OWNER_ID": owner.id,
        "CREATED_TIME": moment,
        "CATEGORY_ID": category,
        "STAGE_SEMANTIC_ID": semantics,
        "STAGE_ID": stage,
    }


def lead_step_row(number: int, moment: int, owner: Card, type_id: int, semantics: str, status: str) -> Row:
    """A row of crm.stagehistory.list for leads."""
    return {
        "ID": number,
        "TYPE_ID": type_id,
        "OWNER_ID": owner.id,
        "CREATED_TIME": moment,
        "STATUS_SEMANTIC_ID": semantics,
        "STATUS_ID": status,
    }


def flag(value: bool) -> str:
    """The portal's spelling of a truth."""
    return "Y" if value else "N"


def _customer_columns(moment: int, customer: Customer) -> Row:
    utm = customer.origin.columns()
    del utm["SOURCE_ID"]
    return {
        "LEAD_ID": customer.lead.id if customer.lead else None,
        **utm,
        **_trace(moment, moment, moment, customer.manager, customer.manager),
    }


def _trace(created: int, modified: int, touched: int, created_by: int, assigned: int) -> Row:
    return {
        "DATE_CREATE": created,
        "DATE_MODIFY": modified,
        "CREATED_BY_ID": created_by,
        "MODIFY_BY_ID": assigned,
        "ASSIGNED_BY_ID": assigned,
        "LAST_ACTIVITY_TIME": touched,
        "LAST_ACTIVITY_BY": assigned,
    }
