"""Charts that several screens have."""

from collections.abc import Sequence

from b24kpi.metrics.model import Number, Unit
from b24kpi.web.figures import bars
from b24kpi.web.pages.model import Chart
from b24kpi.web.pages.view import View, at_a_glance


def money_bars(view: View, name: str, title: str, amounts: Sequence[tuple[str, Number]], size: str) -> Chart:
    """A bar for each amount, in the order given, and the same in words."""
    labels = [label for label, _ in amounts]
    texts = [at_a_glance(amount, Unit.MONEY, view.wording) for _, amount in amounts]
    told = "; ".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
    return Chart(name, title, bars(labels, [float(amount) for _, amount in amounts], texts), told, size)
