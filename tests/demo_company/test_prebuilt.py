"""Portals that are filled once and opened again."""

from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import requests

from b24kpi.demo.company import build_company
from b24kpi.demo.prebuilt import copy_prebuilt, open_prebuilt
from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState
from tests.demo_company.conftest import NOW

company = partial(build_company, deals=60, now=NOW)


def test_a_file_is_filled_once(tmp_path: Path) -> None:
    """The second opening finds the rows of the first, and serves them."""
    path = tmp_path / "portal.db"
    with closing(open_prebuilt(path, company)) as state:
        rows = state.rows("deal")
    with closing(open_prebuilt(path, lambda state: pytest.fail("filled twice"))) as state:
        assert state.rows("deal") == rows
        with DemoPortal(state) as portal:
            answer = requests.get(portal.url + "crm.deal.list?filter[IS_RECURRING]=N", timeout=5).json()
    assert answer["total"] == sum(row["IS_RECURRING"] == "N" for row in rows)


def test_an_interrupted_build_leaves_no_file(tmp_path: Path) -> None:
    """Its name stands for complete rows only."""

    def fail(state: PortalState) -> None:
        company(state)
        raise RuntimeError("no more disk")

    with pytest.raises(RuntimeError, match="no more disk"):
        open_prebuilt(tmp_path / "portal.db", fail)
    assert not (tmp_path / "portal.db").exists()
    with closing(open_prebuilt(tmp_path / "portal.db", company)) as state:
        assert len(state.rows("deal")) == 60


def test_a_copy_may_be_changed(tmp_path: Path) -> None:
    """The original stays as it is."""
    open_prebuilt(tmp_path / "portal.db", company).close()
    with closing(copy_prebuilt(tmp_path / "portal.db", tmp_path / "copy.db")) as state:
        state.delete_many("deal", [row["ID"] for row in state.rows("deal")])
        assert state.rows("deal") == []
    with closing(PortalState(path=str(tmp_path / "portal.db"))) as state:
        assert len(state.rows("deal")) == 60


def test_own_fields_and_smart_processes_are_found_again(tmp_path: Path) -> None:
    """What users declared is in the file, too."""
    path = str(tmp_path / "portal.db")
    with closing(PortalState(path=path)) as state, DemoPortal(state) as portal:
        requests.post(portal.url + "crm.type.add", json={"fields": {"title": "KPI"}}, timeout=5)
        field = {"entityId": "CRM_DEAL", "fieldName": "UF_CRM_SIZE", "userTypeId": "integer"}
        requests.post(portal.url + "userfieldconfig.add", json={"moduleId": "crm", "field": field}, timeout=5)
    with closing(PortalState(path=path)) as state:
        assert state.rows("item_1030") == []
        assert "UF_CRM_SIZE" in state.table("deal").fields
