"""What is asked beside numbers: named in three languages, answered by a command that exists."""

import pytest

from b24kpi.cli import COMMANDS
from b24kpi.errors import BadInput
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.capabilities import Capability, capabilities, find_capability
from b24kpi.metrics.catalogue import find, load

every_capability = pytest.mark.parametrize("capability", capabilities(), ids=lambda one: one.id)


@every_capability
def test_it_is_named_in_three_languages(capability: Capability) -> None:
    """Name and help; help is a sentence."""
    assert {*capability.names} == {*capability.helps} == {*LANGUAGES}
    assert all(text.endswith(".") for text in capability.helps.values())
    assert len(set(capability.helps.values())) == len(LANGUAGES)


@every_capability
def test_its_command_exists(capability: Capability) -> None:
    """Nobody is sent to a command that is not there."""
    program, command, *_ = capability.command.split()
    assert program == "b24kpi"
    assert command in COMMANDS


@every_capability
def test_it_is_no_kpi(capability: Capability) -> None:
    """One id, one answer; who asks for its number is told the command."""
    assert capability.id not in {metric.id for metric in load()}
    with pytest.raises(BadInput) as caught:
        find(capability.id)
    assert caught.value.text("uk").endswith(capability.command)


def test_what_is_asked_for_is_found() -> None:
    """Every capability of the field that is no number."""
    wanted = "change_diagnosis custom_kpi_set few_key_metrics auto_measurement marketing_integration easy_and_free"
    assert [each.id for each in capabilities()] == wanted.split()
    assert find_capability("aov") is None
