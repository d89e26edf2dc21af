"""`batch`: up to 50 commands in one request, one after another, with references between them.

https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html ; halting, the encoding of the maps and what a
reference to nothing gives are read from the portal's source (rest module).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from b24kpi.demo import php
from b24kpi.demo.php import Array
from b24kpi.demo.rest import Reply, RestError

MAX_COMMANDS = 50
_REFERENCE = re.compile(r"\$(result|next|total|time|error)(\S*)", re.IGNORECASE)
_STEP = re.compile(r"\[([^\]]*)\]")
_FORBIDDEN = ("batch", "download", "upload")

RunCommand = Callable[[str, Array], tuple[Reply | RestError, dict[str, Any]]]


@dataclass
class _Maps:
    """The five maps of the answer, by command key."""

    result: Array = field(default_factory=dict)
    error: Array = field(default_factory=dict)
    total: Array = field(default_factory=dict)
    next: Array = field(default_factory=dict)
    time: Array = field(default_factory=dict)

    def encoded(self) -> dict[str, Any]:
        """As PHP encodes them: lists where the keys are 0 … n-1, `[]` where empty."""
        return {
            "result": php.encode(self.result),
            "result_error": php.encode(self.error),
            "result_total": php.encode(self.total),
            "result_next": php.encode(self.next),
            "result_time": php.encode(self.time),
        }


def run(params: Array, run_command: RunCommand) -> Reply:
    """Carries the commands out; `run_command` answers a reply or an error, and the command's `time` block."""
    by_name = {str(key).upper(): value for key, value in params.items()}
    commands = by_name.get("CMD")
    halting = php.is_true(by_name.get("HALT"))
    maps = _Maps()
    for place, (key, command) in enumerate(commands.items() if isinstance(commands, dict) else ()):
        if not isinstance(command, str):
            continue
        _run_one(maps, key, command, place, run_command)
        if halting and key in maps.error:
            break
    return Reply(maps.encoded())


def _run_one(maps: _Maps, key: int | str, command: str, place: int, run_command: RunCommand) -> None:
    name, _, query = command.partition("#")[0].partition("?")
    outcome: Reply | RestError
    if place >= MAX_COMMANDS:
        outcome = RestError("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
    elif name.lower() in _FORBIDDEN:
        outcome = RestError("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")
    else:
        outcome, maps.time[key] = run_command(name, _resolve(php.parse_str(query), maps))
    if isinstance(outcome, RestError):
        maps.error[key] = outcome.payload
        maps.time.pop(key, None)
        return
    maps.result[key] = outcome.result
    if outcome.total is not None:
        maps.total[key] = outcome.total
    if outcome.next is not None:
        maps.next[key] = outcome.next


# --- references


def _resolve(params: Array, maps: _Maps) -> Array:
    def change(value: Any) -> Any:
        return _substitute(value, maps) if isinstance(value, str) and "$" in value else value

    resolved: Array = php.map_values(params, change)
    return resolved


def _substitute(text: str, maps: _Maps) -> Any:
    whole = _REFERENCE.fullmatch(text)
    if whole:
        return php.from_json(_look_up(whole, maps))
    return _REFERENCE.sub(lambda match: _spliced(match, maps), text)


def _spliced(match: re.Match[str], maps: _Maps) -> str:
    """Within a longer text only texts and numbers are put in; arrays leave the reference as it stands."""
    value = _look_up(match, maps)
    return match[0] if isinstance(value, dict | list) else php.to_string(value)


def _look_up(match: re.Match[str], maps: _Maps) -> Any:
    """Walks as far as there is something that is not null; a scalar absorbs further steps."""
    found: Any = getattr(maps, match[1].lower())
    for step in _STEP.findall(match[2]):
        following = _step(found, step)
        if following is None:
            break
        found = following
    return found


def _step(container: Any, step: str) -> Any:
    key = php.to_key(step)
    if isinstance(container, list):
        return container[key] if isinstance(key, int) and 0 <= key < len(container) else None
    if isinstance(container, dict):
        return container.get(key, container.get(step))
    return None
