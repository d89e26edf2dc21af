"""voximplant.statistic.get."""

import pytest


@pytest.fixture
def found(call, empty_state):
    """Ids under parameters; calls 1 … 60, an hour apart, each third missed."""
    empty_state.insert(
        "telephony_call",
        [
            {
                "ID": number,
                "CALL_START_DATE": 1_700_000_000 + 3600 * number,
                "CALL_FAILED_CODE": "304" if number % 3 == 0 else "200",
                "CALL_DURATION": 0 if number % 3 == 0 else 60,
            }
            for number in range(1, 61)
        ],
    )
    return lambda **params: [row["ID"] for row in call("voximplant.statistic.get", **params)["result"]]


def test_values_are_strings(call, found):
    """But for RECORD_FILE_ID."""
    call_row = call("voximplant.statistic.get", FILTER={"ID": 1})["result"][0]
    assert (call_row["ID"], call_row["CALL_DURATION"], call_row["CALL_VOTE"]) == ("1", "60", None)
    assert call_row["CALL_START_DATE"] == "2023-11-15T01:13:20+02:00"


def test_the_spelling_counts(found):
    """`filter` and `order` in small letters are not looked at."""
    assert found(FILTER={">ID": 58}, SORT="ID", ORDER="DESC") == ["60", "59"]
    assert len(found(filter={">ID": 58}, start=-1)) == 50


def test_pages_turn_by_keys_without_counting(call, found):
    """A negative start answers total 0."""
    answer = call("voximplant.statistic.get", FILTER={">ID": 0}, SORT="ID", ORDER="ASC", start=-1)
    assert (len(answer["result"]), answer["total"], "next" in answer) == (50, 0, False)


def test_moments_and_codes_filter(found):
    """Offsets are honoured, unknown fields dropped."""
    assert found(FILTER={">=CALL_START_DATE": "2023-11-17T12:13:20+02:00"}, SORT="ID") == ["60"]
    assert found(FILTER={"CALL_FAILED_CODE": "304", "<ID": 7, "NOPE": 1}, SORT="ID") == ["3", "6"]


def test_the_scope_is_needed(portal, call):
    """telephony."""
    portal.scopes.discard("telephony")
    assert call("voximplant.statistic.get")["error"] == "insufficient_scope"
