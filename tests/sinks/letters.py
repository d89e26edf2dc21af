"""Letters to send: a briefing made by hand, and a cache that keeps who has got it."""

from collections.abc import Mapping

from b24kpi.cache.notices import Notices
from b24kpi.cache.store import Store
from b24kpi.report.briefing import Briefing, Figure
from b24kpi.report.model import Report
from b24kpi.sinks import Letter, NamedReport

DAY = 20261120
BRIEFING = Briefing(
    report=Report(0.0, "Europe/Kyiv", "UAH", {}, ()),
    sentences=("Листопад 2026: виручка 1 240 000 ₴.", "Порівняно з попереднім: більше угод."),
    figures=(Figure("Середній чек", "30 383 ₴", "−4,1 %"), Figure("ROMI [b]", "—", "")),
    notes=("Дані станом на 20 лист. 2026 р., 08:30.",),
)


def lettered(
    store: Store,
    users: Mapping[int, str],
    *,
    name: str = "monthly",
    day: int = DAY,
    is_due: bool = True,
    briefing: Briefing | None = BRIEFING,
) -> NamedReport:
    letter = Letter(users, Notices(store, name, day), is_due, "mon-fri 08:00-20:00", briefing)
    return NamedReport(name, BRIEFING.report, {}, letter)
