"""What the loaders share: where the data are, and a portal's dictionaries with one pipeline."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from b24kpi.demo.standard_portal import LEAD_STAGES, install_stages
from b24kpi.demo.state import PortalState

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ADMIN_ID = 1
CREATED, MOVED, FINISHED = 1, 2, 3  # TYPE_ID of stage history


def data_file(name: str) -> Path:
    """The path of a data file; skips the test where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder ../shared/data beside the repository")
    return path


def install_dictionaries(state: PortalState, pipeline: str, stages: Sequence[tuple[str, str, str]]) -> None:
    """One pipeline with the stages (code, name, semantic '' | 'S' | 'F'), the base currency, an administrator."""
    install_stages(state, "STATUS", LEAD_STAGES)
    install_stages(state, "DEAL_STAGE", stages)
    state.insert("category", [{"id": 0, "name": pipeline, "sort": 300, "isDefault": "Y"}])
    state.insert("currency", [{"CURRENCY": state.base_currency, "BASE": "Y", "FULL_NAME": state.base_currency}])
    state.insert("department", [{"ID": 1, "NAME": pipeline, "UF_HEAD": ADMIN_ID}])
    state.insert("user", [{"ID": ADMIN_ID, "NAME": "Administrator", "UF_DEPARTMENT": "[1]", "ADMIN": "Y"}])
