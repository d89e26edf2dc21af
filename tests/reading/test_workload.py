"""What an answer leaves to be read, and when."""

from b24kpi.portal.codes import OPERATING, classify
from b24kpi.portal.entities import DEAL, DEAL_STEP, LEAD
from b24kpi.portal.workload import Plan, Reading, Workload
from tests.reading.walks import reading

NOW = 1_000.0
BLOCKED = classify(OPERATING, 429, "", DEAL.method, after=20.0)


def _planned(workload: Workload, now: float) -> Plan:
    plan = workload.plan(now, {DEAL.method})
    assert plan is not None
    return plan


def test_several_batches_that_meet_the_same_block_wait_for_its_end_once() -> None:
    """Each of the eight under way is refused: one outage, for which the stream is neither given up nor kept longer."""
    workload = Workload([reading(upto=100_000)])
    plans = [_planned(workload, NOW) for _ in range(8)]
    for plan in plans:
        workload.answered(plan, dict.fromkeys(plan.commands, BLOCKED), 0.1, NOW)
    assert workload.tasks[0].error is None
    assert workload.methods(NOW) == {DEAL.method: 20.0}


def test_a_block_that_comes_back_is_waited_for_longer() -> None:
    """Asked again after its end and refused again, it counts as another outage, until the stream is given up."""
    workload = Workload([reading(upto=100_000)])
    now, waits = NOW, []
    while workload.tasks[0].error is None:
        plan = _planned(workload, now)
        workload.answered(plan, dict.fromkeys(plan.commands, BLOCKED), 0.1, now)
        waits += [workload.tasks[0].ready - now]
        now = workload.tasks[0].ready
    assert waits[:6] == [20.0, 20.0, 20.0, 20.0, 20.0, 32.0]


def test_a_failed_page_and_what_follows_it_are_asked_for_together() -> None:
    """In one batch, which ends at the next failure: the pages behind it would be those of other ids."""
    workload = Workload([reading(upto=100_000)])
    first = _planned(workload, NOW)
    failure = classify("INTERNAL_SERVER_ERROR", 200, "", DEAL.method)
    workload.answered(first, {next(iter(first.commands)): failure}, 0.1, NOW)
    second = _planned(workload, NOW)
    assert [lot.pages for lot in second.lots] == [1, 49]
    assert second.halts


def test_no_stream_ends_the_batch_of_another() -> None:
    """Nor one chain of a controller that of another: each that is too long fails behind its end."""
    streams = Workload([reading(upto=1_000), reading(LEAD, upto=1_000)])
    both = streams.plan(NOW, {DEAL.method, LEAD.method})
    assert both is not None
    assert not both.halts
    gaps = ((0, 1_000), (5_000, 6_000))
    assert _planned(Workload([Reading(DEAL, gaps)]), NOW).halts
    steps = Workload([Reading(DEAL_STEP, gaps)]).plan(NOW, {DEAL_STEP.method})
    assert steps is not None
    assert not steps.halts
