"""batch: fifty commands in one request."""

from urllib.parse import quote

import pytest


def page(above: object, method: str = "crm.deal.list", **more: object) -> str:
    """A command for the page of ids above a bound, which may be a reference."""
    key, order = (">id", "order[id]") if method == "crm.item.list" else (">ID", "order[ID]")
    params = {f"filter[{key}]": above, order: "ASC", "start": -1, **more}
    return f"{method}?" + "&".join(f"{quote(name)}={quote(str(value))}" for name, value in params.items())


@pytest.fixture
def batch(call):
    return lambda cmd, halt=0: call("batch", cmd=cmd, halt=halt)["result"]


def test_maps_are_objects_and_empty_ones_lists(batch):
    """PHP's encoding of arrays."""
    answer = batch({"p0": page(0)})
    assert (list(answer["result"]), answer["result_error"], answer["result_next"]) == (["p0"], [], [])
    assert answer["result_total"] == {"p0": 0}


def test_whole_numeric_keys_encode_as_a_list(batch):
    """A list of commands gives a list of results, with a gap an object."""
    assert isinstance(batch(["server.time", "scope"])["result"], list)
    assert list(batch(["server.time", "nope", "scope"])["result"]) == ["0", "2"]


def test_counted_commands_have_totals_and_nexts(batch):
    """result_total and result_next hold what the command's envelope would."""
    answer = batch(
        {"a": "crm.deal.list?start=0", "b": "crm.deal.list?start=100", "c": "crm.item.list?entityTypeId=2&start=-1"}
    )
    assert (answer["result_total"], answer["result_next"]) == ({"a": 120, "b": 120}, {"a": 50})


def test_a_failed_command_is_an_item_error_in_a_good_answer(call, post):
    """HTTP 200; the key is absent from the results."""
    answer = post("batch", cmd={"a": "nope", "b": "server.time"}, halt=0)
    result = answer.json()["result"]
    assert (answer.status_code, list(result["result"])) == (200, ["b"])
    assert result["result_error"] == {
        "a": {"error": "ERROR_METHOD_NOT_FOUND", "error_description": "Method not found!"}
    }


@pytest.mark.parametrize("halt", [1, True, "false", "Y"])
def test_halting_stops_at_the_first_error(batch, halt):
    """What follows is absent everywhere; `halt` has PHP's truth."""
    answer = batch({"a": "server.time", "b": "nope", "c": "server.time"}, halt)
    assert (list(answer["result"]), list(answer["result_error"])) == (["a"], ["b"])


def test_the_fifty_first_command_is_an_item_error(batch):
    """The first fifty are carried out."""
    answer = batch({f"c{place}": "server.time" for place in range(52)})
    assert len(answer["result"]) == 50
    assert {error["error"] for error in answer["result_error"].values()} == {"ERROR_BATCH_LENGTH_EXCEEDED"}


def test_batches_do_not_nest(batch):
    """Item error ERROR_BATCH_METHOD_NOT_ALLOWED."""
    assert batch({"a": "batch?cmd[b]=scope"})["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_commands_that_are_no_texts_are_skipped(batch):
    """Silently."""
    assert batch({"a": {"method": "scope"}, "b": "scope"})["result_error"] == []


def test_a_raw_hash_cuts_the_command(batch):
    """parse_url of PHP."""
    assert batch({"a": "crm.deal.list?filter[ID]=7&start=-1#&filter[ID]=8"})["result"]["a"][0]["ID"] == "7"


def test_a_batch_counts_as_one_request_and_its_commands_by_method(batch, portal):
    """Statistics know both."""
    batch({"a": "scope", "b": "scope"})
    assert (portal.stats.requests, portal.stats.by_method["batch"], portal.stats.by_method["scope"]) == (1, 1, 2)


# --- references


def test_a_chain_walks_through_the_pages(batch):
    """`$result[p0][49][ID]` is the last id of the page before."""
    answer = batch({"p0": page(0), "p1": page("$result[p0][49][ID]")})
    assert [answer["result"][key][0]["ID"] for key in ("p0", "p1")] == ["1", "51"]


def test_a_chain_restarts_behind_a_short_page(batch):
    """A missing row leaves the page itself, which counts as 1: duplicates, not an end."""
    answer = batch({"p0": page(100), "p1": page("$result[p0][49][ID]")})
    assert (len(answer["result"]["p0"]), answer["result"]["p1"][0]["ID"]) == (20, "2")


def test_a_chain_restarts_from_zero_behind_an_empty_page(batch):
    """An empty page is an empty array: no condition at all."""
    assert batch({"p0": page(500), "p1": page("$result[p0][49][ID]")})["result"]["p1"][0]["ID"] == "1"


def test_controllers_refuse_a_broken_chain(batch):
    """The array in the filter is an item error."""
    answer = batch(
        {
            "p0": page(100, "crm.item.list", entityTypeId=2),
            "p1": page("$result[p0][items][49][id]", "crm.item.list", entityTypeId=2),
        }
    )
    assert answer["result_error"]["p1"]["error"] == "INVALID_ARG_VALUE"


def test_whole_references_keep_their_type_and_others_are_spliced(batch):
    """Arrays are put in only as whole values."""
    answer = batch(
        {
            "a": "crm.deal.add?fields[TITLE]=x",
            "b": "crm.deal.update?id=$result[a]&fields[TITLE]=" + quote("Угода $result[a] of $result"),
            "c": "crm.deal.get?id=$result[a][ID]",
        }
    )
    assert answer["result"]["c"]["TITLE"] == f"Угода {answer['result']['a']} of $result"


def test_text_glued_behind_a_reference_is_swallowed(batch):
    """The match runs to the next white space."""
    answer = batch({"a": "scope", "b": "crm.deal.add?fields[TITLE]=$total[x]-tail", "c": "crm.deal.get?id=$result[b]"})
    assert answer["result"]["c"]["TITLE"] != "-tail"


def test_totals_and_nexts_can_be_referred_to(batch):
    """`start=$next[a]` turns the page; behind the last one it is the first again."""
    answer = batch({"a": "crm.deal.list?order[ID]=ASC", "b": "crm.deal.list?order[ID]=ASC&start=$next[a]"})
    assert answer["result"]["b"][0]["ID"] == "51"
    last = batch({"a": "crm.deal.list?start=100", "b": "crm.deal.list?order[ID]=ASC&start=$next[a]"})
    assert last["result"]["b"][0]["ID"] == "1"
