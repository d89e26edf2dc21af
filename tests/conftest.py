"""What holds for all tests."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.settings_files import Write

# How long an example takes says more about the machine than about the code. The same examples every time, so that a
# change is judged by itself; `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", parent=settings.get_profile("same"), derandomize=False, print_blob=True)
settings.load_profile("same")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A settings file with the given text."""

    def settings_file(text: str) -> Path:
        path = tmp_path / "settings.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return settings_file
