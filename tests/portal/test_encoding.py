"""Commands of a batch as PHP reads them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b24kpi.portal.protocol import Command, encode, pack
from tests.portal.far_end import parse_php

names = st.text("ABCdef_019><=!@%", min_size=1, max_size=8)
scalars = st.one_of(st.text("aZЯґ😀&#+=[]% $?/\n", max_size=12), st.integers(), st.booleans(), st.none())
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4), st.dictionaries(names, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def as_php(value: Any) -> Any:
    """The value as PHP holds it: texts, and arrays with text keys."""
    if isinstance(value, dict):
        return {key: as_php(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return {str(index): as_php(inner) for index, inner in enumerate(value)}
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


@given(st.dictionaries(st.text("ABCdef_", min_size=1, max_size=8), values, max_size=5))
def test_php_reads_back_what_was_encoded(params: dict[str, Any]) -> None:
    """Any parameters survive the way through a bracket query."""
    assert as_php(params) == parse_php(encode(params))


def test_references_between_commands_survive() -> None:
    """A `$result[...]` is still one after PHP decoded the query."""
    params = {"filter": {">ID": "$result[p0][items][49][ID]"}}
    assert params == parse_php(encode(params))


@pytest.mark.parametrize("text", ["a&b", "a#b", "a+b", "100 %", "[x]", "Ґанок & Ко", "?"])
def test_characters_that_cut_a_command_are_escaped(text: str) -> None:
    """parse_url and parse_str take none of these for their own."""
    line = pack({"a": Command("crm.deal.list", {"filter": {"TITLE": text}})})["cmd"]["a"]
    assert {"filter": {"TITLE": text}} == parse_php(line.partition("?")[2])
    assert "#" not in line


def test_an_empty_list_is_refused() -> None:
    """Left out of a filter, an empty list would match every row."""
    with pytest.raises(ValueError, match="@ID"):
        encode({"filter": {"@ID": []}})


def test_values_without_a_spelling_are_refused() -> None:
    """An object is not silently written as its Python text."""
    with pytest.raises(TypeError, match="TITLE: object"):
        encode({"TITLE": object()})


@pytest.mark.parametrize("count", [0, 51])
def test_a_batch_takes_one_to_fifty_commands(count: int) -> None:
    """The portal fails the 51st command, so it is never sent."""
    with pytest.raises(ValueError, match="1 to 50"):
        pack({f"p{number}": Command("profile", {}) for number in range(count)})


def test_halt_is_sent_as_a_number() -> None:
    """In PHP the text "false" is true."""
    commands = {"a": Command("profile", {})}
    assert pack(commands) == {"halt": 0, "cmd": {"a": "profile"}}
    assert pack(commands, halt=True)["halt"] == 1
