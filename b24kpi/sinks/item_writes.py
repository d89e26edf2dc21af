"""Writing into a smart process: imports of new items, updates and deletions.

New items go through crm.item.batchImport, which starts no robots and takes 20 at a time; they are answered position by
position, and some may fail. https://apidocs.bitrix24.com/api-reference/crm/universal/import/crm-item-batch-import.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from b24kpi.errors import PortalError, UnexpectedAnswer
from b24kpi.portal.codes import classify
from b24kpi.portal.protocol import Answer, Command
from b24kpi.sinks.item_fields import FIELDS, Item
from b24kpi.sinks.item_plan import Deletion, Update
from b24kpi.sinks.item_type import ItemType
from b24kpi.sinks.writing import Step, Writer, parts

IMPORT_SIZE = 20

# 200 items a request: well within the 60 seconds after which the cloud hangs up. In each command they make some 400
# names, and PHP reads no more than 1,000 (max_input_vars).
IMPORTS_IN_BATCH = 10

_IMPORT, _UPDATE, _DELETE = "crm.item.batchImport", "crm.item.update", "crm.item.delete"


@dataclass
class ItemWriter(Writer):
    """Writes into one smart process.

    Attributes:
        imports: how many imports go into a batch; halved whenever an answer was lost.
    """

    place: ItemType = field(kw_only=True)
    imports: int = IMPORTS_IN_BATCH

    hopeless: ClassVar[tuple[str, ...]] = (
        *Writer.hopeless,
        "CREATE_DYNAMIC_ITEM_RESTRICTED",
        "UPDATE_DYNAMIC_ITEM_RESTRICTED",
    )

    def lost(self) -> None:
        """The batch may have been too long for the portal."""
        super().lost()
        self.imports = max(1, self.imports // 2)

    def create(self, items: Sequence[Item]) -> None:
        """Import the items, twenty with each command."""
        for part in parts(items, self.imports * IMPORT_SIZE):
            packs = {f"i{place}": pack for place, pack in enumerate(parts(part, IMPORT_SIZE))}
            self.tally.created.update(item.key for item in part)
            for key, answer in self.batch({key: self._import(pack) for key, pack in packs.items()}).items():
                self._judge_import(packs[key], answer)

    def command(self, step: Step) -> Command:
        """An update or a deletion."""
        if isinstance(step, Deletion):
            return Command(_DELETE, {"entityTypeId": self.place.entity_type_id, "id": step.row_id})
        if isinstance(step, Update):
            always = {one.code(self.place.type_id): step.item.fields[one.name] for one in FIELDS if not one.compared}
            return Command(_UPDATE, {**self._target, "id": step.row_id, "fields": {**step.fields, **always}})
        return self._import([step])

    def _import(self, items: Sequence[Item]) -> Command:
        return Command(_IMPORT, {**self._target, "data": [self._new(item) for item in items]})

    def _new(self, item: Item) -> dict[str, str]:
        fields = {one.code(self.place.type_id): item.fields[one.name] for one in FIELDS if item.fields[one.name]}
        return {"title": item.title, "xmlId": item.key, **fields}

    @property
    def _target(self) -> dict[str, Any]:
        return {"entityTypeId": self.place.entity_type_id, "useOriginalUfNames": "Y"}

    def _judge_import(self, items: Sequence[Item], answer: Answer | PortalError) -> None:
        outcomes = _outcomes(answer)
        for place, item in enumerate(items):
            self.judge(item, answer if isinstance(answer, PortalError) else _outcome(outcomes.get(str(place))))


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
