"""The quick ways through millions of stays give what the plain ones give."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from b24kpi.metrics import courses
from b24kpi.metrics.known_stays import StageStays, merged
from b24kpi.metrics.stages_history import LEAST_STAYS, LONG_SHARE, StageHistories
from b24kpi.metrics.statistics.chances import BEGINNING, DAY, EVERY, FEWEST, LANDMARKS, Chances, Stays, outlived
from b24kpi.metrics.statistics.ends import Ends, Weights
from b24kpi.metrics.statistics.survival import EPSILON, Observations, cumulative_incidence, kaplan_meier_quantile

NEVER = 2**31 - 1

KINDS = st.sampled_from(["won", "lost", "open"])
# Quarters of days, so that many are equal: how long in the stage, how long watched, what came of it.
LIVES = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90), KINDS), min_size=1, max_size=40)
HORIZONS = st.sampled_from([0, DAY // 2, 3 * DAY, 20 * DAY, np.inf])


def columns(lives: list[tuple[int, int, str]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lasted, watched, kinds = zip(*lives, strict=True)
    return np.array(lasted) * (DAY // 4), np.array(watched) * (DAY // 4), np.array(kinds)


@given(LIVES, HORIZONS)
def test_an_end_weighs_what_the_estimator_gives_it(lives: list[tuple[int, int, str]], horizon: float) -> None:
    """Aalen-Johansen at any time, by weights and step by step."""
    _, seconds, kinds = columns(lives)
    ended, won = kinds != "open", kinds == "won"
    ends = Ends(np.sort(seconds[ended]), np.sort(seconds[won]), np.sort(seconds[~ended]))
    plain = cumulative_incidence(Observations(seconds.astype(float), ended, won))
    assert ends.share_by(horizon) == pytest.approx(plain.at(horizon), abs=1e-12)
    assert ends.share == pytest.approx(plain.shares[-1], abs=1e-12)


@given(LIVES, st.sampled_from([0.1, 0.5, 0.8, 1.0]))
def test_a_share_weighs_as_many_ends_as_on_the_survival_curve(lives: list[tuple[int, int, str]], share: float) -> None:
    """Kaplan-Meier: the last of them is the first time by which so many have ended, where there are as many."""
    _, seconds, kinds = columns(lives)
    is_over = kinds != "open"
    ended, going = np.sort(seconds[is_over]), np.sort(seconds[~is_over])
    over = np.searchsorted(ended, going, side="right")
    number = Weights(len(lives), over, over).events_to((share - EPSILON) * len(lives))
    plain = kaplan_meier_quantile(Observations(seconds.astype(float), is_over, is_over), share).value
    assert (float(ended[number - 1]) if number <= len(ended) else None) == plain


# When a stay began and how long it lasts, in quarters of days.
STAYS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=LEAST_STAYS - 5, max_size=60)


@given(STAYS, st.integers(0, 120))
@example([(0, lasted) for lasted in range(LEAST_STAYS)], 60)  # just as many as it takes, and one less
@example([(0, lasted) for lasted in range(LEAST_STAYS - 1)], 60)
def test_too_long_is_as_the_survival_curve_says(rows: list[tuple[int, int]], then: int) -> None:
    """Kaplan-Meier of what is known at a moment, when some still go on and others have not begun."""
    entered, lasted = (np.array(column, dtype=np.int32) * (DAY // 4) for column in zip(*rows, strict=True))
    left, moment = entered + lasted, then * (DAY // 4)
    is_known, ended = entered <= moment, left <= moment
    stays = courses.Stays(np.arange(len(rows)), entered, left, ((0, "NEW"),), (0, len(rows)))
    found = StageHistories(stays, usual_days=7).too_long(0, moment, (moment - entered)[is_known & ~ended])
    seconds, is_over = (np.minimum(left, moment) - entered)[is_known].astype(float), ended[is_known]
    plain = kaplan_meier_quantile(Observations(seconds, is_over, is_over), LONG_SHARE).value
    assert found == (7 * DAY if plain is None or len(seconds) < LEAST_STAYS else plain)


@given(LIVES, HORIZONS)
def test_all_landmarks_at_once_are_each_by_itself(lives: list[tuple[int, int, str]], horizon: float) -> None:
    """Of whatever has outlived them, 0 where nothing has."""
    lasted, watched, kinds = columns(lives)
    stays = Stays.of(lasted, watched, kinds != "open", kinds == "won")
    each = [stays.ends(landmark) for landmark in EVERY]
    expected = [ends.share_by(horizon) if ends.n else 0.0 for ends in each]
    assert Chances(stays).by(horizon).tolist() == pytest.approx(expected, abs=1e-12)


@given(LIVES)
def test_landmarks_are_outlived_by_what_lasted_longer(lives: list[tuple[int, int, str]]) -> None:
    """One stay and one landmark at a time; the last one that counts is the same for all ways to ask."""
    lasted, watched, kinds = columns(lives)
    stays = Stays.of(lasted, watched, kinds != "open", kinds == "won")
    counts = [int((lasted > landmark * DAY).sum()) for landmark in LANDMARKS]
    assert outlived(lasted).tolist() == [sum(one > age * DAY for age in LANDMARKS) + 1 for one in lasted.tolist()]
    assert [stays.ends(landmark).n for landmark in LANDMARKS] == counts
    enough = [place for place, count in enumerate(counts) if count >= FEWEST]
    assert stays.last == Chances(stays).last == (enough[-1] if enough else None)


TIMES = st.tuples(
    st.integers(0, 2),  # stage
    st.integers(0, 40),  # begun, in quarters of days
    st.one_of(st.just(None), st.integers(0, 40)),  # lasted
    st.one_of(st.just(None), st.integers(-5, 60)),  # from the beginning to the close
    st.booleans(),
)


@given(st.lists(TIMES, min_size=1, max_size=40), st.integers(0, 60), st.sampled_from([-1, 10]))
def test_what_is_known_of_stays_is_what_had_happened(
    rows: list[tuple[int, int, int | None, int | None, bool]], then: int, since: int
) -> None:
    """At any moment, in any stage, for close dates before the stay too; the plain way is one stay at a time."""
    quarter = DAY // 4
    stage, begun = (np.array([row[place] for row in rows], dtype=np.int32) for place in (0, 1))
    left, close = (
        np.array([NEVER if row[place] is None else (row[1] + row[place]) * quarter for row in rows], dtype=np.int32)  # type: ignore[operator]
        for place in (2, 3)
    )
    won = np.array([row[4] for row in rows])
    begun, moment = begun * quarter, then * quarter
    since *= quarter
    stages = [stage == each for each in range(3)]
    known = [StageStays(begun[own], left[own], close[own], won[own]).at(moment, since) for own in stages]
    for group in ([0], [1, 2]):
        mine = np.isin(stage, group) & (begun <= moment) & (begun > since)
        over = close[mine] <= moment
        watched = np.maximum(np.minimum(close[mine], moment) - begun[mine], 0)
        lasted = np.minimum(left[mine], moment) - begun[mine]
        plain = Stays.of(lasted, watched, over, over & won[mine])
        found = merged([known[each] for each in group])
        for landmark in (BEGINNING, 0, 1, 5):
            one, other = found.ends(landmark), plain.ends(landmark)
            for name in ("ended", "events", "going"):
                assert getattr(one, name).tolist() == getattr(other, name).tolist()
