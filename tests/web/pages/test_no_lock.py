"""Questions do not stand in the way of a refresh."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from b24kpi.answers import Answers
from b24kpi.cache.lock import exclusive
from b24kpi.errors import CacheError
from b24kpi.report.build import Ask
from tests.web.pages.site import filled, site_over


def test_a_question_over_fresh_facts_takes_no_lock(tmp_path: Path) -> None:
    """While a run holds the lock, what is known is answered, and the lock file is not even touched."""
    settings = filled(tmp_path)
    answers = Answers(settings, language="en")
    answers.report(Ask(("total_sales",)))
    lock = Path(f"{settings.cache.path}.lock")
    lock.unlink()
    assert answers.report(Ask(("total_sales",))).entries
    assert not lock.exists()
    with exclusive(settings.cache.path, "sync"):
        assert answers.report(Ask(("total_sales",))).entries
    answers.close()


def test_a_question_waits_for_facts_in_the_making(tmp_path: Path) -> None:
    """Another question has them made; a sync is not waited for, and what is known is answered meanwhile."""
    settings = filled(tmp_path)
    reached, waited = threading.Event(), threading.Event()

    def make() -> None:
        with exclusive(settings.cache.path, "report"):
            reached.set()
            waited.wait(1.5)

    with closing(Answers(settings, language="en")) as answers:
        answers.report(Ask(("total_sales",)))
        maker = threading.Thread(target=make)
        maker.start()
        reached.wait()
        assert answers.report(Ask(("new_leads",))).entries
        maker.join()
        with exclusive(settings.cache.path, "sync"):
            assert answers.report(Ask(("new_leads",))).entries
            with pytest.raises(CacheError) as caught:
                answers.report(Ask(("task_time",)))
        assert caught.value.message_id == "cache.busy_with"


def test_a_page_waits_for_the_end_of_a_sync(tmp_path: Path) -> None:
    """Where its facts are yet to be made; it says that it is being counted, and asks again by itself."""
    site = site_over(filled(tmp_path))
    with exclusive(site.context.settings.cache.path, "sync"):
        response = site.client().get("/kpi/service?period=2026-06&format=xlsx")
    site.context.memory.close()
    assert (response.status_code, response.headers["Refresh"]) == (202, "1")
