"""A closed month stays: what people are paid by is what it was at the closing, whatever is corrected later."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from b24kpi.app import App, Ask
from b24kpi.demo.company import build_empty
from b24kpi.demo.state import PortalState
from b24kpi.metrics.period import Grain, Period
from tests.pipeline.places import Clock, Place, opened_place

DAY = 86_400
SETTINGS = '[motivation]\nscheme = "scheme.toml"\nclose_days = 5\n'
SCHEME = "[[version]]\nfrom = 2026-01-01\nweights = {{ total_sales = 1 }}\ntargets = {{ total_sales = {target} }}\n"
# 3 November 2026, noon in Kyiv: October is over, and not closed yet.
BEFORE = 1_793_700_000


def furnish(state: PortalState) -> None:
    """One deal of 400, won in October by user 1."""
    build_empty(state, now=BEFORE - 90 * DAY)
    number = state.add("deal", {"OPPORTUNITY": 400, "CURRENCY_ID": "UAH", "STAGE_ID": "NEW"}, at=BEFORE - 20 * DAY)
    state.update("deal", number, {"STAGE_ID": "WON"}, at=BEFORE - 15 * DAY)


@pytest.fixture
def clock() -> Clock:
    return Clock(BEFORE)


def october(app: App) -> tuple[float | None, float | None, tuple[str, ...]]:
    (entry,) = app.report(Ask(("motivation_base",), Grain.MONTH, *_days())).entries
    recomputed = entry.value.extra["recomputed"]
    return (
        None if entry.value.value is None else float(entry.value.value),
        None if recomputed is None else float(recomputed),
        entry.value.flags,
    )


def _days() -> tuple[date, date]:
    month = Period.parse("2026-10")
    return month.start, month.end


def scheme(place: Place, target: int) -> None:
    (place.folder / "scheme.toml").write_text(SCHEME.format(target=target), encoding="utf-8")


def test_a_closed_month_stays(tmp_path: Path, clock: Clock) -> None:
    """Corrections move it until it is closed; after that they are told beside it, as is another scheme."""
    with opened_place(tmp_path, furnish, further=SETTINGS, clock=clock) as place:
        scheme(place, 1000)
        with place.app() as app:
            app.sync()
            assert october(app) == (0.4, None, ())
            place.state.update("deal", 1, {"OPPORTUNITY": 500})
            app.sync()
            assert october(app) == (0.5, None, ())
            clock.sleep(4 * DAY)
            app.sync()  # closes October
            assert october(app) == (0.5, 0.5, ("frozen",))
            place.state.update("deal", 1, {"OPPORTUNITY": 900})
            clock.sleep(DAY)
            app.sync()
            assert october(app) == (0.5, 0.9, ("frozen",))
        scheme(place, 100)
        with place.app() as app:
            app.sync()
            assert october(app) == (0.5, 1.5, ("frozen",))


def test_rows_of_a_closed_month_add_up_to_it(tmp_path: Path, clock: Clock) -> None:
    """What was corrected since is a row of its own."""
    with opened_place(tmp_path, furnish, further=SETTINGS, clock=clock) as place:
        scheme(place, 1000)
        with place.app() as app:
            app.sync()
            clock.sleep(5 * DAY)
            app.sync()
            place.state.update("deal", 1, {"OPPORTUNITY": 900})
            clock.sleep(DAY)
            app.sync()
            found = app.explain("motivation_base", Period.parse("2026-10"), {})
            parts = {row.cells["part"]: row.cells["adds"] for row in found.included}
            assert parts == pytest.approx({"total_sales": 0.9, "closed": -0.5})
            assert sum(parts.values()) == pytest.approx(found.value.value.value)
            mine = app.explain("motivation_base", Period.parse("2026-10"), {"manager": "1"})
            assert mine.value.value.value == pytest.approx(0.4)


def test_what_was_over_before_the_first_sync_is_not_closed(tmp_path: Path, clock: Clock) -> None:
    """Its plans may still come."""
    with opened_place(tmp_path, furnish, further=SETTINGS, clock=clock) as place:
        scheme(place, 1000)
        with place.app() as app:
            clock.sleep(5 * DAY)
            app.sync()
            app.sync()
            assert october(app) == (0.4, None, ())


def test_what_was_known_then_gives_it_again(tmp_path: Path, clock: Clock) -> None:
    """As of the closing the rows alone give the figure that stays."""
    with opened_place(tmp_path, furnish, further=SETTINGS, clock=clock) as place:
        scheme(place, 1000)
        with place.app() as app:
            app.sync()
            clock.sleep(5 * DAY)
            app.sync()
            closed_at = app._journal.as_of()
            place.state.update("deal", 1, {"OPPORTUNITY": 900})
            clock.sleep(DAY)
            app.sync()
            assert closed_at is not None
            moment = datetime.fromtimestamp(closed_at, UTC)
            (then,) = app.report(Ask(("motivation_base",), Grain.MONTH, *_days()), as_of=moment).entries
            assert (then.value.value, then.value.extra["recomputed"]) == pytest.approx((0.4, 0.4))
