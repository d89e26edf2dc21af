"""What the portal lets us do, and which KPIs that is enough for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from b24kpi.cache.store import Store
from b24kpi.clock import Clock
from b24kpi.errors import PortalError
from b24kpi.facts.figures import Figures
from b24kpi.facts.office_hours import hours_of
from b24kpi.facts.service_figures import OFFICE_HOURS
from b24kpi.locale import text
from b24kpi.metrics.catalogue import Catalogue
from b24kpi.metrics.model import Metric
from b24kpi.metrics.needs import figure_text, unmet
from b24kpi.portal.bulk import BulkSource
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import BY_NAME, ENTITIES, Entity
from b24kpi.portal.keys import edge_command
from b24kpi.portal.owners import Question
from b24kpi.portal.protocol import Answer, Command
from b24kpi.portal.user_fields import FieldName, read_user_fields
from b24kpi.problems import Problems

# Signatures and token lifetimes bear this much; more means that somebody's clock is wrong.
SKEW = 120


_FILES = ("cost", "plan")  # tables of what people import


@dataclass(frozen=True)
class CheckLine:
    """One finding; `ok` is None where it is only told."""

    id: str
    ok: bool | None
    text: str


@dataclass(frozen=True)
class CheckResult:
    """All findings, and for each metric whether it can be computed and what is missing."""

    lines: list[CheckLine]
    metrics: list[tuple[str, bool, str]]

    @property
    def ok(self) -> bool:
        return all(line.ok is not False for line in self.lines)


@dataclass(frozen=True)
class Checkup:
    """Asks the portal everything in one batch and a probe of each stream in another.

    Attributes:
        user_fields: place in the settings → field that they ask for.
        figures: what people gave.
        bulk: the BI connector, where there is a key.
        permissions: scope that the settings need → what for.
    """

    portal: Portal
    store: Store
    clock: Clock
    language: str
    user_fields: Mapping[str, FieldName]
    catalogue: Catalogue
    figures: Figures
    bulk: BulkSource | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> CheckResult:
        """
        Raises:
            PortalError: the portal cannot be reached or the webhook is refused.
        """
        asked = self.portal.call("server.time")
        answers = self.portal.batch(
            {
                "profile": Command("profile", {}),
                "scope": Command("scope", {}),
                "base": Command("crm.currency.base.get", {}),
                "stages": Command("crm.status.list", {"filter": {"ENTITY_ID": "DEAL_STAGE"}}),
                "types": Command("crm.type.list", {"filter": {"code": "B24KPI"}, "start": -1}),
                "calendar": Command("calendar.settings.get", {}),
            }
        )
        probes = self.portal.batch({entity.name: _probe(entity) for entity in ENTITIES})
        lines = [
            *self._who(answers),
            self._skew(asked),
            *self._facts(answers),
            self._hours(answers["calendar"]),
            *self._permissions(answers["scope"]),
            *self._streams(probes),
            *self._user_fields(),
            *self._bulk_key(),
        ]
        return CheckResult(lines, self._metrics(probes))

    def _say(self, key: str, **params: object) -> str:
        return text(f"checkup.{key}", self.language, **params)

    def _who(self, answers: dict[str, Answer | PortalError]) -> Iterator[CheckLine]:
        yield CheckLine("portal", True, self._say("portal", host=self.portal.access.host))
        profile = answers["profile"]
        if isinstance(profile, PortalError):
            yield CheckLine("user", False, profile.text(self.language))
            return
        person = profile.result
        name = f"{person.get('NAME') or ''} {person.get('LAST_NAME') or ''}".strip() or str(person.get("ID"))
        is_admin = bool(person.get("ADMIN"))
        yield CheckLine("user", is_admin or None, self._say("admin" if is_admin else "not_admin", name=name))
        zone = str(person.get("TIME_ZONE") or "")
        yield CheckLine("time_zone", bool(zone) or None, self._say("time_zone" if zone else "no_time_zone", zone=zone))

    def _skew(self, asked: Answer) -> CheckLine:
        """Our clock against the portal's; syncing goes by the portal's alone."""
        theirs = asked.time.now
        if theirs is None:
            theirs = datetime.fromisoformat(str(asked.result)).timestamp()
        skew = round(self.clock.now() - theirs)
        return CheckLine("clock", abs(skew) <= SKEW, self._say("clock" if abs(skew) <= SKEW else "skew", seconds=skew))

    def _facts(self, answers: dict[str, Answer | PortalError]) -> Iterator[CheckLine]:
        for name, key in (("scope", "scope"), ("base", "currency"), ("stages", "stages"), ("types", "push")):
            answer = answers[name]
            if isinstance(answer, PortalError):
                yield CheckLine(key, False, answer.text(self.language))
            else:
                found = ", ".join(answer.result) if name == "scope" else answer.result
                count = len(found) if name == "stages" else 0
                yield CheckLine(key, True, self._say(key, found=found, count=count))

    def _hours(self, calendar: Answer | PortalError) -> CheckLine:
        """The working hours of the portal, which count where the settings tell none."""
        hours = None if isinstance(calendar, PortalError) else hours_of(calendar.result)
        if hours is None:
            return CheckLine("hours", None, self._say("no_hours", usual=OFFICE_HOURS))
        return CheckLine("hours", True, self._say("hours", hours=hours.text))

    def _permissions(self, scope: Answer | PortalError) -> Iterator[CheckLine]:
        """Those that are lacking for what the settings ask for."""
        for name, wanted in self.permissions.items():
            if not isinstance(scope, PortalError) and name not in scope.result:
                yield CheckLine(f"permission.{name}", False, self._say("missing_permission", name=name, wanted=wanted))

    def _streams(self, probes: dict[str, Answer | PortalError]) -> Iterator[CheckLine]:
        for name, answer in probes.items():
            if isinstance(answer, PortalError):
                ok = None if BY_NAME[name].optional else False
                problem = answer.text(self.language)
                yield CheckLine(f"stream.{name}", ok, self._say("stream", name=name, problem=problem))

    def _user_fields(self) -> Iterator[CheckLine]:
        """Those that the settings ask for, each with its name for people."""
        try:
            found = {field.name: field for field in read_user_fields(self.portal, self.user_fields)}
        except Problems as problems:
            for problem in problems.problems:
                yield CheckLine("user_field", False, problem.text(self.language))
        except PortalError as error:
            yield CheckLine("user_field", False, error.text(self.language))
        else:
            for key, name in self.user_fields.items():
                shown = text("user_fields.found", self.language, key=key, name=name, label=found[name].label)
                yield CheckLine("user_field", True, shown)

    def _bulk_key(self) -> Iterator[CheckLine]:
        """Whether the key of the BI connector works."""
        if self.bulk is None:
            return
        try:
            self.bulk.probe()
        except PortalError as error:
            yield CheckLine("bi_key", False, error.text(self.language))
        else:
            yield CheckLine("bi_key", True, text("bulk.works", self.language))

    def _metrics(self, probes: dict[str, Answer | PortalError]) -> list[tuple[str, bool, str]]:
        """For every KPI, the user's own included: may its streams be read, is all given that people have to give."""
        found = []
        for metric in self.catalogue.metrics:
            missing = [name for name in metric.inputs if isinstance(probes.get(name), PortalError)]
            notes = [self._say("missing_stream", name=name) for name in missing]
            notes += self._not_given(metric)
            found.append((metric.id, not notes, "; ".join(notes)))
        return found

    def _not_given(self, metric: Metric) -> Iterator[str]:
        for name in unmet(metric, self.figures, self.store):
            if name in _FILES:
                yield self._say(f"missing_{name}s")
            elif name == metric.id:
                yield self._say("not_configured", name=name)
            else:
                yield self._say("missing_figure", name=figure_text(name, self.language))


def _probe(entity: Entity) -> Command:
    """The cheapest question that shows whether a stream may be read.

    Where a directory has to be named, whoever may read that may read the stream.
    """
    if entity.owned and entity.owned.among:
        return _probe(BY_NAME[entity.owned.among[1]])
    if entity.owned:
        return Question(entity, (1,)).command
    return edge_command(entity, "ASC") if entity.by_key else Command(entity.method, entity.params)
