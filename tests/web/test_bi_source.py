"""The four addresses that BI Builder calls: who is let in, what is told, and what is wrong with a call."""

import json
import logging
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.test import TestResponse

from b24kpi.answers import Answers
from b24kpi.cache.journal import COMPLETE, Journal, StreamState
from b24kpi.cache.store import Store
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.period import Grain
from b24kpi.portal.entities import ENTITIES
from b24kpi.report import data_rows
from b24kpi.report.build import Ask
from b24kpi.report.data_sets import DATA_SETS
from tests.event_logs import AS_OF, REPORT_CURRENCY, TIME_ZONE, random_tables
from tests.sql_engine import fill
from tests.web.conftest import PUBLIC, Door

PATHS = ("/bi/check", "/bi/tables", "/bi/columns", "/bi/rows")
DEALS = {"table": "b24kpi_deals"}


@pytest.fixture
def known(installed: Door) -> Door:
    """An application with some deals in its cache, whose secret is made."""
    with Store(installed.folder / "cache.sqlite") as store, store.transaction():
        fill(store, random_tables(1, 30), REPORT_CURRENCY)
        for entity in ENTITIES:
            Journal(store).save(StreamState(entity.name, COMPLETE, complete_until=AS_OF))
        Journal(store).set_meta({"portal": "example.bitrix24.eu", "time_zone": TIME_ZONE})
    installed.site.application.bi_secret()
    return installed


def secret(door: Door) -> str:
    return door.site.application.bi_secret().reveal()


def ask(door: Door, path: str, given: str | None = None, **form: str) -> TestResponse:
    """A call as BI Builder makes it."""
    shown = {"connection[secret]": secret(door) if given is None else given}
    return door.browser().post(path, data={**shown, **form}, base_url=PUBLIC)


def rows(door: Door, **form: str) -> list[list[Any]]:
    answer = ask(door, "/bi/rows", **DEALS, **form)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text)  # type: ignore[no-any-return]


# --- who is let in


@pytest.mark.parametrize("given", ["", "0" * 64, "\u0456" * 64])
def test_a_wrong_secret_opens_nothing(known: Door, given: str) -> None:
    """And nothing is said of why, or of what there is."""
    answers = [ask(known, path, given, **DEALS) for path in PATHS]
    assert [(answer.status_code, answer.json) for answer in answers] == [(403, {"error": "denied"})] * 4


@pytest.mark.parametrize("name", ["connection", "connection[secret][0]", "connection[other]", "secret"])
def test_the_secret_counts_in_its_place_alone(known: Door, name: str) -> None:
    """As a setting of the connection; one that is near it is none."""
    forms = [{}, {name: secret(known)}, {"connection[secret]": secret(known)[:-1]}]
    answers = [known.browser().post(path, data=form, base_url=PUBLIC) for path in PATHS for form in forms]
    assert {answer.status_code for answer in answers} == {403}


def test_an_empty_secret_is_none(installed: Door) -> None:
    """Before the first push there is none, and nobody has it."""
    stored = installed.site.application.installed()
    assert stored is not None
    assert stored.bi_secret.reveal() == ""
    answer = installed.browser().post("/bi/check", data={"connection[secret]": ""}, base_url=PUBLIC)
    assert answer.status_code == 403


def test_before_the_installation_nothing_opens(door: Door) -> None:
    """Nor after the removal."""
    assert door.browser().post("/bi/check", data={"connection[secret]": "x"}, base_url=PUBLIC).status_code == 403


def test_the_secret_opens_nothing_else(known: Door) -> None:
    """Neither pages nor actions, wherever it stands."""
    shown = {"connection[secret]": secret(known), "csrf": secret(known), "APPLICATION_TOKEN": secret(known)}
    browser = known.browser()
    asked = [(method, path) for method in ("GET", "POST") for path in ("/kpi/", "/kpi/deal/5", "/kpi/act")]
    asked += [("POST", path) for path in ("/", "/install", "/events")]
    for method, path in asked:
        answer = browser.open(path, method=method, data=shown, base_url=PUBLIC)
        assert answer.status_code in (400, 401, 403, 405), path


def test_a_session_does_not_stand_for_the_secret(known: Door) -> None:
    """A visitor is no BI Builder."""
    assert known.enter().post("/bi/rows", data=DEALS, base_url=PUBLIC).status_code == 403


def test_the_secret_is_in_no_log(known: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the calls are."""
    caplog.set_level(logging.DEBUG)
    for path in PATHS:
        ask(known, path, **DEALS)
        ask(known, path, "f0rged" * 10, **DEALS)
        ask(known, path, table="none")
    assert secret(known) not in caplog.text
    assert "f0rged" not in caplog.text


def test_a_new_installation_keeps_the_secret(known: Door) -> None:
    """BI Builder knows it already."""
    before = secret(known)
    known.install()
    assert secret(known) == before
    assert len(before) >= 64


def test_tokens_of_an_older_version_have_no_secret(known: Door) -> None:
    """They are read all the same, and get one."""
    tokens = json.loads(known.token_file.read_text())
    del tokens["bi_secret"]
    known.token_file.write_text(json.dumps(tokens))
    assert len(secret(known)) >= 64
    assert known.token_file.stat().st_mode & 0o777 == 0o600


# --- what is told


def test_being_reached_is_said(known: Door) -> None:
    """With a body that is not empty."""
    answer = ask(known, "/bi/check")
    assert (answer.status_code, answer.json) == (200, {"ok": True})


def test_tables_are_listed_and_searched(known: Door) -> None:
    """By code or name, in any case."""
    every = ask(known, "/bi/tables", searchString="").json
    assert [table["code"] for table in every] == list(DATA_SETS)
    assert all(table["title"] for table in every)
    assert [table["code"] for table in ask(known, "/bi/tables", searchString="STAGE").json] == ["b24kpi_stage_visits"]
    assert ask(known, "/bi/tables", searchString="none such").json == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_are_described(known: Door, language: str) -> None:
    """Code, name and one of the types that BI Builder knows."""
    known.app.extensions["b24kpi"] = replace(known.site, language=language)
    for code, data_set in DATA_SETS.items():
        described = ask(known, "/bi/columns", table=code).json
        assert [column["code"] for column in described] == [column.code for column in data_set.columns]
        assert {column["type"] for column in described} <= {"int", "string", "double", "date", "datetime"}
        assert all(column["name"] for column in described)


def test_every_column_can_be_read(known: Door) -> None:
    """A header, and rows as long as it."""
    for code, data_set in DATA_SETS.items():
        answer = ask(known, "/bi/rows", table=code)
        assert answer.status_code == 200, answer.text
        header, *found = json.loads(answer.text)
        assert header == [column.code for column in data_set.columns]
        assert all(len(row) == len(header) for row in found)
        assert bool(found) is (code != "b24kpi_values")


def test_selected_columns_come_in_their_order(known: Door) -> None:
    """By code in any case, or by the name that BI Builder has given to them."""
    asked = {"select[0]": "Money", "select[1]": "id", "mapFields[MONEY]": "SUM", "limit": "2"}
    assert rows(known, **asked)[0] == ["MONEY", "ID"]
    assert rows(known, **{**asked, "select[0]": "SUM"})[0] == ["MONEY", "ID"]


def test_a_limit_is_kept_and_zero_is_none(known: Door) -> None:
    """BI Builder sends 0 where it sets none."""
    every = rows(known)
    assert rows(known, limit="3") == every[:4]
    assert rows(known, limit="0") == rows(known, limit="") == every


def test_won_deals_add_up_to_the_kpis(known: Door) -> None:
    """What a dashboard sums is what the reports say."""
    with closing(Answers(known.site.settings, language="en")) as answers:
        entries = answers.report(Ask(("total_sales", "won_deals"), Grain.QUARTER, count=4)).entries
    for entry in entries:
        period = entry.value.period
        within = {"filter[>=CLOSED_ON]": period.start.isoformat(), "filter[<CLOSED_ON]": period.end.isoformat()}
        moneys = rows(known, **within, **{"filter[=OUTCOME]": "won", "select[0]": "MONEY"})[1:]
        sums = {"won_deals": len(moneys), "total_sales": sum(Decimal(str(money)) for (money,) in moneys)}
        assert sums[entry.value.metric] == entry.value.value
    assert any(entry.value.value for entry in entries)


def test_without_a_sync_there_is_nothing_to_tell(installed: Door) -> None:
    """It is said as such."""
    answer = ask(installed, "/bi/rows", **DEALS)
    assert (answer.status_code, answer.json["error"]) == (409, "cache.empty")


# --- what is wrong with a call

BAD: dict[str, dict[str, str]] = {
    "bi.unknown_table": {"table": "deal"},
    "bi.unknown_column": {"select[]": "MONY"},
    "bi.bad_select": {"select": "ID"},
    "bi.bad_limit": {"limit": "-1"},
    "bi.bad_filter": {"filter[ID; DROP TABLE deal]": "1"},
    "bi.bad_logic": {"filter[0][LOGIC]": "XOR", "filter[0][0][ID]": "1"},
    "bi.bad_value": {"filter[>CREATED_AT]": "yesterday"},
    "bi.one_value": {"filter[>ID][]": "1", "filter[>ID][1]": "2"},
    "bi.two_values": {"filter[><ID]": "1"},
    "bi.text_only": {"filter[%MONEY]": "1"},
    "bi.filter_too_long": {f"filter[@ID][{number}]": "1" for number in range(501)},
    "bi.filter_too_deep": {f"filter{'[0]' * 8}[ID]": "1"},
}


def test_what_is_wrong_with_a_call_is_said(known: Door) -> None:
    """With 400, in words."""
    for problem, form in BAD.items():
        answer = ask(known, "/bi/rows", **{**DEALS, **form})
        assert (answer.status_code, answer.json["error"]) == (400, problem), answer.json
        assert answer.json["error_description"]


def test_an_unknown_column_of_a_filter_is_said(known: Door) -> None:
    """It is never dropped, which would bring more rows than were asked for."""
    answer = ask(known, "/bi/rows", **DEALS, **{"filter[=STAGE_ID]": "WON", "filter[=STAGES]": "NEW"})
    assert (answer.status_code, answer.json["error"]) == (400, "bi.unknown_column")
    assert "STAGE" in answer.json["error_description"]


ODD = ("NaN", "-Infinity", "1e999999", "9" * 999, "0x10", "\x00", "\udc80", "%", "'", "0001-01-01", "9999-12-31")


@pytest.mark.parametrize("column", ["ID", "MONEY", "CREATED_AT", "CLOSED_ON", "SOURCE"])
def test_odd_values_break_nothing(known: Door, column: str) -> None:
    """They are found nowhere, or refused."""
    for value in ODD:
        given = value.encode("utf-8", "replace").decode()
        for prefix in ("!", ">"):
            asked = {**DEALS, f"filter[{prefix}{column}]": given}
            assert ask(known, "/bi/rows", **asked).status_code in (200, 400), (prefix, value)


def test_more_rows_than_can_be_sent_are_refused(known: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut rows would look like all there are; a limit says that fewer will do."""
    monkeypatch.setattr(data_rows, "MOST_ROWS", 10)
    answer = ask(known, "/bi/rows", **DEALS)
    assert (answer.status_code, answer.json["error"]) == (400, "bi.too_many_rows")
    assert len(rows(known, limit="10")) == 11
    assert len(rows(known, **{"filter[<=ID]": "5"})) <= 11


def test_rows_are_sent_as_they_are_read(known: Door) -> None:
    """The first are out before the last are read, and who leaves early leaves nothing open."""
    answer = known.browser().post(
        "/bi/rows", data={"connection[secret]": secret(known), **DEALS}, base_url=PUBLIC, buffered=False
    )
    first = next(iter(answer.response))
    assert str(first, "utf-8").startswith('[["ID",')
    answer.close()
