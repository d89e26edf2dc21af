"""Sets of ids as ranges."""

from hypothesis import given
from hypothesis import strategies as st

from b24kpi.cache.journal import Journal
from b24kpi.cache.store import Store
from b24kpi.portal.spans import Spans

ENDS = st.integers(0, 60)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "clip"]), ENDS, ENDS), max_size=30)


def ids_of(spans: Spans) -> set[int]:
    return {number for after, upto in spans for number in range(after + 1, upto + 1)}


@given(STEPS)
def test_ranges_are_the_same_as_a_set_of_ids(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is put in and taken out, in whatever order."""
    spans, model = Spans(), set[int]()
    for step, after, upto in steps:
        getattr(spans, step)(after, upto)
        part = set(range(after + 1, upto + 1))
        model = {"add": model | part, "remove": model - part, "clip": model & part}[step]
        assert ids_of(spans) == model
        assert spans.ids == len(model)
        assert bool(spans) == bool(model)


@given(STEPS)
def test_ranges_are_disjoint_and_ascending(steps: list[tuple[str, int, int]]) -> None:
    """Those that touch are one."""
    spans = Spans()
    for step, after, upto in steps:
        getattr(spans, step)(after, upto)
    ends = [end for span in spans for end in span]
    assert ends == sorted(set(ends))


@given(STEPS, st.integers(1, 20))
def test_taking_goes_through_all_ids_in_order(steps: list[tuple[str, int, int]], width: int) -> None:
    """Never more than asked for, never across a gap."""
    spans = Spans()
    for step, after, upto in steps:
        getattr(spans, step)(after, upto)
    wanted, taken = sorted(ids_of(spans)), list[int]()
    while spans:
        after, upto = spans.take(width)
        assert 0 < upto - after <= width
        taken += range(after + 1, upto + 1)
    assert taken == wanted


@given(st.lists(st.tuples(ENDS, ENDS).filter(lambda ends: ends[0] < ends[1]), max_size=12))
def test_the_journal_keeps_the_same_ranges(read: list[tuple[int, int]]) -> None:
    """What is still unread of a pass, page by page."""
    with Store(":memory:") as store:
        journal, spans = Journal(store), Spans([(0, 60)])
        journal.set_unread("deal", spans)
        journal.set_unread("lead", spans)
        for after, last in read:
            journal.mark_read("deal", after, last)
            spans.remove(after, last)
            assert journal.unread("deal") == list(spans)
        assert journal.unread("lead") == [(0, 60)]
