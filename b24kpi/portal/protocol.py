"""The wire format of Bitrix24 REST, without the wire: build a call, pack a batch, understand an answer.

Vendor facts: https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html and, where it is silent, read
from the portal's source. Three of them shape this module: an error may come with HTTP 200; PHP writes an empty
map as `[]` and a map with the keys 0, 1, 2… as a list; every number of `time` may be absent.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from b24kpi.errors import PortalError, UnexpectedAnswer
from b24kpi.portal.codes import classify, classify_page

__all__ = ["BATCH_SIZE", "Answer", "Command", "PortalTime", "classify", "encode", "pack", "unpack", "unpack_batch"]

BATCH_SIZE = 50


@dataclass(frozen=True)
class Command:
    """One call of a REST method, alone or inside a batch."""

    method: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class PortalTime:
    """What an answer says about time; each may be absent.

    Attributes:
        now: the portal's clock when it began to work on the call, epoch seconds.
        operating: seconds that the method has worked for us within ten minutes, a running total.
        operating_reset_at: when the oldest minute of that total is forgotten, epoch seconds.
    """

    now: float | None = None
    operating: float | None = None
    operating_reset_at: float | None = None


@dataclass(frozen=True)
class Answer:
    """A successful answer: `result` as it came, and what stood beside it."""

    result: Any
    total: int | None = None
    next: int | None = None
    time: PortalTime = PortalTime()


def encode(params: Mapping[str, Any]) -> str:
    """The parameters as a query that PHP reads back into the same arrays.

    >>> encode({"filter": {">ID": 5}, "select": ["ID"]})
    'filter%5B%3EID%5D=5&select%5B0%5D=ID'

    Raises:
        ValueError: an empty list, which has no spelling: left out of a filter it would match everything.
        TypeError: a value that is no text, number, bool, None, list or mapping.
    """
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in _leaves("", params))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name}[{key}]" if name else str(key), inner)
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        if not value:
            raise ValueError(f"{name}: an empty list cannot be written into a batch command")
        yield from _leaves(name, dict(enumerate(value)))
    else:
        yield name, _scalar(name, value)


def _scalar(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError(f"{name}: {type(value).__name__} cannot be written into a batch command")


def pack(commands: Mapping[str, Command], halt: bool = False) -> dict[str, Any]:
    """The body of a `batch` call; `halt` leaves out the commands after the first that fails.

    https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html

    Raises:
        ValueError: no command, or more than 50.
    """
    if not 0 < len(commands) <= BATCH_SIZE:
        raise ValueError(f"a batch takes 1 to {BATCH_SIZE} commands, not {len(commands)}")
    return {"halt": int(halt), "cmd": {key: _command_line(command) for key, command in commands.items()}}


def _command_line(command: Command) -> str:
    query = encode(command.params)
    return f"{command.method}?{query}" if query else command.method


def unpack(status: int, headers: Mapping[str, str], body: bytes, method: str) -> Answer:
    """The answer to a call.

    Args:
        headers: response headers; names are looked up in any case if the mapping allows it.

    Raises:
        PortalError: of the kind that tells what to do; see `errors.py`.
    """
    payload = _json(body)
    if not isinstance(payload, Mapping):
        broken = payload is None and body.lstrip()[:1] in (b"", b"{", b"[")
        raise _not_an_answer(status, headers, method, broken=broken)
    if (failure := _failure(payload)) is not None:
        raise classify(*_code_and_text(failure, status), method, after=_patience(headers, payload))
    if status >= 300 or "result" not in payload:
        raise _not_an_answer(status, headers, method, broken=False)
    return Answer(payload["result"], _whole(payload.get("total")), _whole(payload.get("next")), _time(payload))


def unpack_batch(answer: Answer, commands: Mapping[str, Command]) -> dict[str, Answer | PortalError]:
    """What each command of a batch answered, in the order of `commands`.

    A command that appears nowhere in the answer counts as failed: it was skipped after an error under `halt`, or
    the portal lost it.

    Raises:
        UnexpectedAnswer: not the answer of a batch.
    """
    outer = answer.result
    if not isinstance(outer, Mapping) or "result" not in outer:
        raise UnexpectedAnswer("portal.no_batch", method="batch")
    maps = {
        name: _map(outer.get(name)) for name in ("result", "result_error", "result_total", "result_next", "result_time")
    }
    return {key: _sub_answer(key, command.method, maps, answer.time.now) for key, command in commands.items()}


def _sub_answer(
    key: str, method: str, maps: Mapping[str, Mapping[str, Any]], now: float | None
) -> Answer | PortalError:
    failure = maps["result_error"].get(key)
    if failure is None and key in maps["result"]:
        failure = _failure_inside(maps["result"][key])
    if failure is not None:
        code, status, text = _code_and_text(failure, 200)
        return classify(code, status, text, method)
    if key not in maps["result"]:
        return UnexpectedAnswer("portal.batch_gap", method=method, key=key)
    time = _time({"time": maps["result_time"].get(key)}, now)
    return Answer(
        maps["result"][key], _whole(maps["result_total"].get(key)), _whole(maps["result_next"].get(key)), time
    )


def _map(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return {str(index): item for index, item in enumerate(value)} if isinstance(value, list) else {}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _failure(payload: Mapping[str, Any]) -> Any:
    """The error of an answer, None for a good one. Old methods have the code "", so presence decides."""
    if payload.get("error") is not None:
        return payload if not isinstance(payload["error"], Mapping) else payload["error"]
    return _failure_inside(payload.get("result"))


def _failure_inside(result: Any) -> Any:
    """biconnector.* puts its error into `result` (read from the portal's source)."""
    if not isinstance(result, Mapping) or "error" not in result:
        return None
    error = result["error"]
    if isinstance(error, Mapping):
        return error if "error" in error else None
    return result if "error_description" in result else None


def _code_and_text(failure: Any, status: int) -> tuple[str, int, str]:
    if not isinstance(failure, Mapping):
        return "", status, str(failure)
    code = failure.get("error", failure.get("code", ""))
    text = failure.get("error_description", failure.get("message", ""))
    return str(code), status, str(text)


def _not_an_answer(status: int, headers: Mapping[str, str], method: str, *, broken: bool) -> PortalError:
    new_host = _host(headers.get("Location", "")) if 300 <= status < 400 else ""
    return classify_page(status, method, broken=broken, new_host=new_host, after=_patience(headers, {}))


def _host(location: str) -> str:
    try:
        return urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _patience(headers: Mapping[str, str], payload: Mapping[str, Any]) -> float:
    """Seconds that the portal asks us to wait; the vendor documents no Retry-After, proxies in front send it."""
    time = _time(payload)
    if time.now is not None and time.operating_reset_at is not None:
        return max(0.0, time.operating_reset_at - time.now)
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0


def _time(payload: Mapping[str, Any], now: float | None = None) -> PortalTime:
    raw = payload.get("time")
    if not isinstance(raw, Mapping):
        return PortalTime(now)
    started = _number(raw.get("start"))
    if started is None:
        started = _moment(raw.get("date_start"))
    return PortalTime(
        now if started is None else started, _number(raw.get("operating")), _number(raw.get("operating_reset_at"))
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).lstrip("-").isdecimal() else None


def _moment(value: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.timestamp() if moment.tzinfo else None
