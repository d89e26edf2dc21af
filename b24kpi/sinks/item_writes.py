"""Carrying out a plan: batches of imports, updates and deletions, each answer judged.

New items go through crm.item.batchImport, which starts no robots and takes 20 at a time; they are answered position by
position, and some may fail. https://apidocs.bitrix24.com/api-reference/crm/universal/import/crm-item-batch-import.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from b24kpi.errors import Interrupted, OutcomeUnknown, PortalError, Refused, RetryLater, UnexpectedAnswer
from b24kpi.portal.client import Portal
from b24kpi.portal.codes import classify
from b24kpi.portal.protocol import BATCH_SIZE, Answer, Command
from b24kpi.sinks.item_fields import FIELDS, Item
from b24kpi.sinks.item_plan import Deletion, Plan, Update, mark
from b24kpi.sinks.item_type import ItemType

IMPORT_SIZE = 20

# 200 items a request: well within the 60 seconds after which the cloud hangs up. In each command they make some 400
# names, and PHP reads no more than 1,000 (max_input_vars).
IMPORTS_IN_BATCH = 10

_IMPORT, _UPDATE, _DELETE = "crm.item.batchImport", "crm.item.update", "crm.item.delete"
_HOPELESS = ("ACCESS_DENIED", "CREATE_DYNAMIC_ITEM_RESTRICTED", "UPDATE_DYNAMIC_ITEM_RESTRICTED")

Step = Item | Update | Deletion
_Any = TypeVar("_Any")


@dataclass
class Tally:
    """What was asked for in this push, by the marks of the steps, and what failed for good: mark → reason."""

    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    failed: dict[str, "Failure"] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why a step failed; `title` of its item and `reason` as the portal words it."""

    title: str
    reason: str


@dataclass
class Writer:
    """Writes into one smart process.

    Attributes:
        in_doubt: whether the last plan left anything of which nobody knows if it happened.
        imports: how many imports go into a batch; halved whenever an answer was lost.
    """

    portal: Portal
    place: ItemType
    stop: Callable[[], bool] | None = None
    tally: Tally = field(default_factory=Tally)
    in_doubt: bool = False
    imports: int = IMPORTS_IN_BATCH

    def carry_out(self, plan: Plan) -> None:
        """Do what the plan says; afterwards `in_doubt` tells whether one has to look again.

        Raises:
            Interrupted: told to stop, between two batches.
            Refused: the portal will take no item at all: rights or plan.
            PortalError: the portal was not to be reached.
        """
        self.in_doubt = False
        try:
            self._create(plan.create)
            self._each(plan.update, _UPDATE, self.tally.updated)
            self._each(plan.delete, _DELETE, self.tally.deleted)
        except OutcomeUnknown:
            self.imports = max(1, self.imports // 2)
            self.in_doubt = True

    def give_up(self, step: Step, reason: str) -> None:
        """Count a step as failed."""
        self.tally.failed[mark(step)] = Failure(_title(step), reason)

    def _create(self, items: Sequence[Item]) -> None:
        for part in _parts(items, self.imports * IMPORT_SIZE):
            packs = {f"i{place}": pack for place, pack in enumerate(_parts(part, IMPORT_SIZE))}
            self.tally.created.update(item.key for item in part)
            for key, answer in self._batch({key: self._import(pack) for key, pack in packs.items()}).items():
                self._judge_import(packs[key], answer)

    def _each(self, steps: Sequence[Update | Deletion], method: str, asked: set[str]) -> None:
        for part in _parts(steps, BATCH_SIZE):
            by_key = {f"s{place}": step for place, step in enumerate(part)}
            asked.update(mark(step) for step in part)
            for key, answer in self._batch({key: self._command(method, step) for key, step in by_key.items()}).items():
                self._judge(by_key[key], answer)

    def _batch(self, commands: Mapping[str, Command]) -> dict[str, Answer | PortalError]:
        if self.stop is not None and self.stop():
            raise Interrupted("sinks.interrupted")
        return self.portal.batch(commands, idempotent=False)

    def _import(self, items: Sequence[Item]) -> Command:
        return Command(_IMPORT, {**self._target, "data": [self._new(item) for item in items]})

    def _new(self, item: Item) -> dict[str, str]:
        fields = {one.code(self.place.type_id): item.fields[one.name] for one in FIELDS if item.fields[one.name]}
        return {"title": item.title, "xmlId": item.key, **fields}

    def _command(self, method: str, step: Update | Deletion) -> Command:
        if isinstance(step, Deletion):
            return Command(method, {"entityTypeId": self.place.entity_type_id, "id": step.row_id})
        always = {one.code(self.place.type_id): step.item.fields[one.name] for one in FIELDS if not one.compared}
        return Command(method, {**self._target, "id": step.row_id, "fields": {**step.fields, **always}})

    @property
    def _target(self) -> dict[str, Any]:
        return {"entityTypeId": self.place.entity_type_id, "useOriginalUfNames": "Y"}

    # --- judging

    def _judge_import(self, items: Sequence[Item], answer: Answer | PortalError) -> None:
        outcomes = _outcomes(answer)
        for place, item in enumerate(items):
            self._judge(item, answer if isinstance(answer, PortalError) else _outcome(outcomes.get(str(place))))

    def _judge(self, step: Step, answer: Answer | PortalError | None) -> None:
        if isinstance(answer, (RetryLater, UnexpectedAnswer)):
            self.in_doubt = True
        elif isinstance(answer, Refused) and answer.message_id == "portal.not_found":
            # Someone deleted the row since we looked: what was to be deleted is, what was to be changed is new.
            self.in_doubt |= not isinstance(step, Deletion)
        elif isinstance(answer, Refused) and answer.code.upper() not in _HOPELESS:
            self.give_up(step, str(answer.params["reason"]))
        elif isinstance(answer, PortalError):
            raise answer


def _outcomes(answer: Answer | PortalError) -> Mapping[str, Any]:
    """What an import answered, by position."""
    if isinstance(answer, PortalError) or not isinstance(answer.result, Mapping):
        return {}
    outcomes = answer.result.get("items")
    if isinstance(outcomes, list):
        return {str(place): outcome for place, outcome in enumerate(outcomes)}
    return outcomes if isinstance(outcomes, Mapping) else {}


def _outcome(outcome: Any) -> PortalError | None:
    """None for an item that is there."""
    if isinstance(outcome, Mapping) and "error" in outcome:
        return classify(str(outcome["error"]), 200, str(outcome.get("error_description", "")), _IMPORT)
    if isinstance(outcome, Mapping) and "item" in outcome:
        return None
    return UnexpectedAnswer("portal.batch_gap", method=_IMPORT, key="items")


def _title(step: Step) -> str:
    return step.item.title if isinstance(step, Update) else step.title


def _parts(steps: Sequence[_Any], size: int) -> Iterator[Sequence[_Any]]:
    return (steps[start : start + size] for start in range(0, len(steps), size))
