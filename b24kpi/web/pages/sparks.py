"""Sparklines: a few earlier values as points of a polyline."""

from collections.abc import Sequence

from b24kpi.metrics.model import Number
from b24kpi.web.pages.model import Spark

WIDTH, HEIGHT, EDGE = 100.0, 28.0, 3.0


def spark(values: Sequence[Number | None], text: str) -> Spark | None:
    """The line through the known values, from the left; None where fewer than two are known."""
    known = [(place, float(value)) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    least, most = min(value for _, value in known), max(value for _, value in known)
    points = [(_across(place, len(values)), _up(value, least, most)) for place, value in known]
    return Spark(" ".join(f"{x:.1f},{y:.1f}" for x, y in points), points[-1], text)


def _across(place: int, count: int) -> float:
    return EDGE + (WIDTH - 2 * EDGE) * place / (count - 1)


def _up(value: float, least: float, most: float) -> float:
    """Downwards on the screen is upwards in numbers; a flat line lies in the middle."""
    if most == least:
        return HEIGHT / 2
    return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - least) / (most - least)
