"""BPI Challenge 2012: 13,087 loan applications of a Dutch bank, as deals of one pipeline.

A case is a deal; its A_* events are its stages, so that reached/won/lost/open are those of the log. A_APPROVED,
A_REGISTERED and A_ACTIVATED come within a second of each other in any order: the first of them is the win. Fractions
of seconds are cut, as the portal keeps none; the order within a second is that of the IDs.

Data: doi.org/10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f, a XES file (XML) under gzip.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.parsers import expat

from b24kpi.demo.state import PortalState
from tests.loaders.common import ADMIN_ID, CREATED, FINISHED, MOVED, data_file, install_dictionaries

TIME_ZONE = "Europe/Amsterdam"
BASE_CURRENCY = "EUR"
NOW = datetime.fromisoformat("2012-03-14T17:00:00+01:00").timestamp()  # the log ends at 16:04:54

_WON = "A_ACTIVATED"
_WINS = ("A_APPROVED", "A_REGISTERED", "A_ACTIVATED")
STAGES = (
    ("A_SUBMITTED", "Submitted", ""),
    ("A_PARTLYSUBMITTED", "Partly submitted", ""),
    ("A_PREACCEPTED", "Preaccepted", ""),
    ("A_ACCEPTED", "Accepted", ""),
    ("A_FINALIZED", "Finalized", ""),
    (_WON, "Activated", "S"),
    ("A_DECLINED", "Declined", "F"),
    ("A_CANCELLED", "Cancelled", "F"),
)
_SEMANTICS = {code: kind or "P" for code, _, kind in STAGES}


@dataclass
class Event:
    """A change of the application's state: its code, its moment, and who made it ("" where the log is silent)."""

    code: str = ""
    moment: str = ""
    resource: str = ""


@dataclass
class Case:
    """An application: its number, the amount asked for in EUR, and its A_* events in order."""

    number: str = ""
    amount: float = 0.0
    events: list[Event] = field(default_factory=list)


def load(state: PortalState) -> None:
    """Fill a portal's state with the log. Skips the running test where the data are absent."""
    cases = read_cases(data_file("bpic2012.xes.gz"))
    install_dictionaries(state, "Loan applications", STAGES)
    users = _install_users(state, cases)
    lives = [_life(case) for case in cases]
    pairs = enumerate(zip(cases, lives, strict=True), 1)
    state.insert("deal", (_deal(number, case, life, users) for number, (case, life) in pairs))
    state.insert("deal_history", _history(lives))


def read_cases(path: Path) -> list[Case]:
    """The applications of the log in the order of their registration."""
    with gzip.open(path) as file:
        return _Reader().read(file)


class _Reader:
    """Gathers cases from the start and end tags of XES."""

    def __init__(self) -> None:
        self._cases: list[Case] = []
        self._event: Event | None = None

    def read(self, file: gzip.GzipFile) -> list[Case]:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.ParseFile(file)
        return self._cases

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "trace":
            self._cases.append(Case())
        elif tag == "event":
            self._event = Event()
        elif self._event:
            self._describe_event(self._event, attributes["key"], attributes["value"])
        elif self._cases:
            self._describe_case(self._cases[-1], attributes["key"], attributes["value"])

    def _end(self, tag: str) -> None:
        if tag == "event" and self._event:
            if self._event.code.startswith("A_"):
                self._cases[-1].events.append(self._event)
            self._event = None

    def _describe_event(self, event: Event, key: str, value: str) -> None:
        if key == "concept:name":
            event.code = value
        elif key == "time:timestamp":
            event.moment = value
        elif key == "org:resource":
            event.resource = value

    def _describe_case(self, case: Case, key: str, value: str) -> None:
        if key == "concept:name":
            case.number = value
        elif key == "AMOUNT_REQ":
            case.amount = float(value)


def _life(case: Case) -> list[tuple[int, str]]:
    """Moments (epoch seconds) and stages, the three marks of a win as one."""
    steps: list[tuple[int, str]] = []
    for event in case.events:
        code = _WON if event.code in _WINS else event.code
        if not steps or steps[-1][1] != code:
            steps.append((int(datetime.fromisoformat(event.moment).timestamp()), code))
    return steps


def _install_users(state: PortalState, cases: list[Case]) -> dict[str, int]:
    resources = sorted({event.resource for case in cases for event in case.events if event.resource})
    users = {resource: ADMIN_ID + place for place, resource in enumerate(resources, 1)}
    state.insert("user", [_user(number, resource) for resource, number in users.items()])
    return users


def _user(number: int, resource: str) -> dict[str, object]:
    return {"ID": number, "NAME": "Clerk", "LAST_NAME": resource, "UF_DEPARTMENT": "[1]"}


def _deal(number: int, case: Case, life: list[tuple[int, str]], users: dict[str, int]) -> dict[str, object]:
    created, (moved, stage) = life[0][0], life[-1]
    assigned = users.get(case.events[-1].resource, ADMIN_ID)
    is_closed = _SEMANTICS[stage] != "P"
    return {
        "ID": number,
        "TITLE": f"Application {case.number}",
        "ORIGINATOR_ID": "BPI-2012",
        "ORIGIN_ID": case.number,
        "CURRENCY_ID": BASE_CURRENCY,
        "OPPORTUNITY": case.amount,
        "STAGE_ID": stage,
        "STAGE_SEMANTIC_ID": _SEMANTICS[stage],
        "CLOSED": "Y" if is_closed else "N",
        "BEGINDATE": case.events[0].moment[:10],
        "CLOSEDATE": case.events[-1].moment[:10] if is_closed else None,
        "DATE_CREATE": created,
        "DATE_MODIFY": moved,
        "MOVED_TIME": moved,
        "ASSIGNED_BY_ID": assigned,
        "MODIFY_BY_ID": assigned,
    }


def _history(lives: list[list[tuple[int, str]]]) -> Iterator[dict[str, object]]:
    """Rows of stage history in the order of time; within a second a deal's steps keep the order of its life."""
    steps = ((at, owner, place, code) for owner, life in enumerate(lives, 1) for place, (at, code) in enumerate(life))
    for number, (at, owner, place, code) in enumerate(sorted(steps), 1):
        process = MOVED if place else CREATED
        yield {
            "ID": number,
            "TYPE_ID": process if _SEMANTICS[code] == "P" else FINISHED,
            "OWNER_ID": owner,
            "CREATED_TIME": at,
            "CATEGORY_ID": 0,
            "STAGE_SEMANTIC_ID": _SEMANTICS[code],
            "STAGE_ID": code,
        }
