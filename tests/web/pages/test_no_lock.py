"""Questions do not stand in the way of a refresh."""

from pathlib import Path

from b24kpi.answers import Answers
from b24kpi.cache.lock import exclusive
from b24kpi.report.build import Ask
from tests.web.pages.site import filled


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
