"""How the effectiveness of interaction is put together: what each part weighs, and what of it is all one can want."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

# The marks that customers give, who answers when we turn to him, answers in time, what is settled at once.
COMPONENTS = ("rating", "engagement", "sla", "fcr")
WEIGHTS = MappingProxyType(
    {"rating": Decimal("0.35"), "engagement": Decimal("0.15"), "sla": Decimal("0.25"), "fcr": Decimal("0.25")}
)
TARGETS = MappingProxyType(dict.fromkeys(COMPONENTS, Decimal("1.0")))


@dataclass(frozen=True)
class InteractionFigures:
    """Shares of 1 by component. One without a weight does not count; without a target it is measured by 1."""

    weights: Mapping[str, Decimal] = field(default_factory=lambda: dict(WEIGHTS))
    targets: Mapping[str, Decimal] = field(default_factory=lambda: dict(TARGETS))
