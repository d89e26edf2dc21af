"""Settings files of tests, and what is wrong with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from b24kpi.problems import Problems
from b24kpi.settings import load
from b24kpi.settings_faults import Vocabulary

EXAMPLE = Path(__file__).parent.parent / "settings.example.toml"
KNOWN = Vocabulary(["total_sales", "aov", "win_rate"], ["smart_process"])

Write = Callable[[str], Path]


def faults(path: Path | None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(Problems) as caught:
        load(path, environ or {}, vocabulary=KNOWN)
    return [problem.text("en") for problem in caught.value.problems]


def only_fault(path: Path | None, environ: dict[str, str] | None = None) -> str:
    (fault,) = faults(path, environ)
    return fault
