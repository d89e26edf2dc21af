"""What people tell of their own portal: where requests, approvals and documents are, and which fields hold answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from b24kpi.portal.user_fields import FieldName

# The source that Bitrix24 itself has for its CRM forms.
FORMS = {"form": "WEBFORM"}


@dataclass(frozen=True)
class MappedFigures:
    """Nothing is guessed: a KPI that needs a mapping which nobody gave is null.

    Fields are written as `portal.user_fields.FieldName` reads them, `deal.UF_CRM_NPS`; "" where there is none.

    Attributes:
        request_pipeline: CATEGORY_ID of the deal pipeline whose deals are requests; 0 is the portal's first.
        approval_stages, document_stages: STAGE_ID of deal stages, those of further pipelines such as `C5:OFFER`.
        nps_field, csat_field: what customers answered; `…_date_field`: when, where it was not at the closing.
        csat_scale: the best answer to how content one is.
        offer_field: the day on which a customer got a personal offer.
        hold_out_field: filled for those who by lot were to get none.
        offer_days: for so many days from an offer on a purchase counts as made upon it.
        touches: the source, SOURCE_ID, for which a web form or a chat stands: `form`, `chat`, or one of them alone by
            its PROVIDER_TYPE_ID, which is the number of the open line: `chat:2`.
    """

    request_pipeline: int | None = None
    approval_stages: tuple[str, ...] = ()
    document_stages: tuple[str, ...] = ()
    nps_field: str = ""
    nps_date_field: str = ""
    csat_field: str = ""
    csat_date_field: str = ""
    csat_scale: int = 5
    offer_field: str = ""
    hold_out_field: str = ""
    offer_days: int = 90
    touches: Mapping[str, str] = field(default_factory=lambda: dict(FORMS))

    @property
    def constants(self) -> Mapping[str, Fraction | None]:
        """Name of what is mapped → 1; None where it is not. `…_of_deals`: the field is one of deals."""
        known = {
            "request_pipeline": self.request_pipeline is not None,
            "approval_stages": bool(self.approval_stages),
            "document_stages": bool(self.document_stages),
            "nps_field": bool(self.nps_field),
            "nps_of_deals": _is_of_deals(self.nps_field),
            "csat_field": bool(self.csat_field),
            "csat_of_deals": _is_of_deals(self.csat_field),
            "offer_field": bool(self.offer_field),
        }
        return {name: Fraction(1) if is_given else None for name, is_given in known.items()}

    def touch_source(self, channel: str, number: str | None) -> str | None:
        """The source for which a form or chat stands; None where none is named."""
        return self.touches.get(f"{channel}:{number}") or self.touches.get(channel) or None


def _is_of_deals(field: str) -> bool:
    return bool(field) and FieldName.parse(field).stream == "deal"
