"""What people tell of their own pipelines: where requests are handled, approvals wait and documents are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class MappedFigures:
    """Nothing is guessed: a KPI that needs a mapping which nobody gave is null.

    Attributes:
        request_pipeline: CATEGORY_ID of the deal pipeline whose deals are requests; 0 is the portal's first.
        approval_stages, document_stages: STAGE_ID of deal stages, those of further pipelines such as `C5:OFFER`.
    """

    request_pipeline: int | None = None
    approval_stages: tuple[str, ...] = ()
    document_stages: tuple[str, ...] = ()

    @property
    def constants(self) -> Mapping[str, Fraction | None]:
        """Name of what is mapped → 1; None where it is not."""
        known = {
            "request_pipeline": self.request_pipeline is not None,
            "approval_stages": bool(self.approval_stages),
            "document_stages": bool(self.document_stages),
        }
        return {name: Fraction(1) if is_given else None for name, is_given in known.items()}
