"""“Create task” of a leak: which leaks may be given to somebody, what the task says, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from b24kpi.answers import Answers
from b24kpi.cache.leak_tasks import Claim, LeakKey, claims
from b24kpi.errors import BadInput
from b24kpi.metrics.model import Unit
from b24kpi.metrics.ratios import as_money
from b24kpi.report.leaks import Item, Leaks
from b24kpi.report.wording import Wording
from b24kpi.web.pages.context import MadeTask, WantedTask
from b24kpi.web.pages.dates import headed
from b24kpi.web.pages.model import Act, Cell
from b24kpi.web.pages.view import View
from b24kpi.web.viewer import Viewer

PATH = "leaks/task"
KINDS = ("deal", "lead", "contact", "company")


@dataclass(frozen=True)
class Told:
    """What is said of a task that was asked for; `path` is its page in the portal, "" where it has none yet."""

    title: str
    text: str
    link: str
    path: str
    back: str
    back_title: str


def key_of(found: Leaks, item: Item) -> LeakKey:
    """Which leak it is: the row, and since when it has leaked."""
    return LeakKey(item.kind, item.number, int(found.grounds.as_of - item.age))


def task_cells(view: View, found: Leaks) -> Mapping[LeakKey, Cell]:
    """Of every leak the task that it has, or the button that makes one; nothing where none can be made."""
    if not view.acts:
        return {}
    known = view.answers.look(lambda engine: claims(engine.store))
    items = [(key_of(found, item), item) for leak in found.leaks for item in leak.items]
    return {key: _cell(view, key, item, known.get(key)) for key, item in items}


def _cell(view: View, key: LeakKey, item: Item, claim: Claim | None) -> Cell:
    words = view.wording
    if claim is not None and claim.task_id is not None:
        path = task_path(claim.task_id, claim.responsible_id)
        return Cell(words.say("leaks.task.shown", number=claim.task_id), path=path)
    about = words.say(f"leaks.kind.{item.kind}", number=item.number)
    fields = {"kind": key.kind, "number": str(key.number), "since": str(key.since)}
    return Cell("", act=Act(PATH, words.say("leaks.task.create"), about, fields))


def task_path(task_id: int, user_id: int) -> str:
    """The portal's page of a task of a user."""
    return f"/company/personal/user/{user_id}/tasks/task/view/{task_id}/"


def asked_leak(form: Mapping[str, str]) -> LeakKey:
    """The leak that a form names.

    Raises:
        BadInput: it names none.
    """
    numbers = [form.get(name, "") for name in ("number", "since")]
    if form.get("kind") not in KINDS or not all(
        text.isascii() and text.isdigit() and len(text) < 16 for text in numbers
    ):
        raise BadInput("leaks.task.unreadable")
    return LeakKey(form["kind"], *map(int, numbers))


def wanted_task(answers: Answers, wording: Wording, leak: LeakKey, viewer: Viewer) -> WantedTask:
    """The task of a leak of the present, among those that the viewer may see; for who is responsible, else himself.

    Raises:
        BadInput: there is no such leak, or none of his.
    """
    found = answers.leaks({} if viewer.sees_all else {"manager": str(viewer.user_id)})
    items = [item for each in found.leaks for item in each.items if key_of(found, item) == leak]
    if not items:
        raise BadInput("leaks.task.gone")
    item, causes = items[0], list(dict.fromkeys(cause for one in items for cause in one.causes))
    name = headed(wording.say(f"leaks.kind.{item.kind}", number=item.number))
    reasons = [wording.say(cause) for cause in causes]
    stake = as_money(sum((one.recoverable for one in items), Fraction(0)))
    text = wording.say(
        "leaks.task.text",
        causes=", ".join(reasons),
        age=wording.number(item.age, Unit.DURATION),
        money=wording.money(stake, whole=True),
    )
    manager = item.by.get("manager", "")
    responsible = int(manager) if manager.isdigit() and int(manager) else viewer.user_id
    title = wording.say("leaks.task.title", item=name, cause=reasons[0])
    return WantedTask(leak, title, text, responsible, viewer.user_id)


def told(made: MadeTask, wording: Wording, back: str) -> Told:
    """What is said of it."""
    key = "in_work" if made.task_id is None else "made" if made.is_new else "exists"
    path = "" if made.task_id is None else task_path(made.task_id, made.responsible_id)
    return Told(
        wording.say(f"leaks.task.{key}"),
        wording.say(f"leaks.task.{key}_text"),
        wording.say("leaks.task.open"),
        path,
        back,
        wording.say("leaks.task.back"),
    )
