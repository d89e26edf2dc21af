"""Reports in BI Builder: data sets of an application that Bitrix24 fetches from our web server whenever it wants.

What a push hands over is kept in the cache, where the web server reads it; in BI Builder it makes what is missing
there. Deals and stage visits are read from the facts. Only applications can do this.
https://apidocs.bitrix24.com/api-reference/biconnector/index.html
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from b24kpi import locale
from b24kpi.cache.report_entries import ReportEntry, keep_entries, kept_entries
from b24kpi.errors import Refused, Unauthorized
from b24kpi.portal.application import Application
from b24kpi.portal.client import Portal
from b24kpi.report.data_sets import DATA_SETS
from b24kpi.sinks.base import NamedReport, PushResult, Surroundings
from b24kpi.sinks.bi_registration import TITLE, Registration
from b24kpi.sinks.item_fields import items_of

_NOT_REACHED = ("SOURCE_CREATE_CONNECTION_ERROR", "SOURCE_UPDATE_CONNECTION_ERROR")
_FIGURES = ("VALUE", "NUMERATOR", "DENOMINATOR", "LOW", "HIGH", "PREVIOUS", "TARGET")


class BiBuilder:
    """Registers our data sets and keeps what the one of KPI values is to show.

    Args:
        language: of names, units and problems: uk, ru or en.
        stop: not needed here: few calls are made.
    """

    name = "bi_builder"

    def __init__(
        self, portal: Portal, *, language: str, stop: Callable[[], bool] | None = None, around: Surroundings
    ) -> None:
        self._portal = portal
        self._language = language
        self._around = around

    def push(self, reports: Sequence[NamedReport], *, dry_run: bool) -> PushResult:
        """Make BI Builder show these reports' entries and no others.

        What BI Builder lacks or refuses is a problem that is told; then no entry has arrived.

        Raises:
            PortalError: the portal failed in other ways than by refusing.
            CacheError: the cache, or the file with our secret, cannot be written.
        """
        entries = [entry for named in reports for entry in entries_of(named, self._language)]
        if (lacking := self._lacking()) is not None:
            return self._refused(lacking, entries)
        result = self._compared(entries)
        if dry_run:
            return result
        try:
            self._register()
        except (Refused, Unauthorized) as error:
            return self._refused(self._remedy(error), entries)
        keep_entries(self._around.store, entries)
        return result

    def _lacking(self) -> str | None:
        """What has to be there before anything is asked."""
        if not isinstance(self._portal.access, Application):
            return self._say("application_only")
        return None if self._around.public_url else self._say("no_public_url")

    def _register(self) -> None:
        access = self._portal.access
        assert isinstance(access, Application)
        Registration(self._portal, self._around.public_url, access.bi_secret(), self._language).run()

    def _compared(self, entries: Sequence[ReportEntry]) -> PushResult:
        before = kept_entries(self._around.store)
        same = sum(entry.says_as(before[entry.key]) for entry in entries if entry.key in before)
        new = sum(entry.key not in before for entry in entries)
        gone = len(before.keys() - {entry.key for entry in entries})
        changed = len(entries) - new - same
        return PushResult(self.name, self._where(), created=new, updated=changed, deleted=gone, unchanged=same)

    def _refused(self, problem: str, entries: Sequence[ReportEntry]) -> PushResult:
        return PushResult(self.name, self._say("nowhere"), failed=len(entries), problems=(problem,))

    def _where(self) -> str:
        return self._say("where", source=TITLE, names=", ".join(DATA_SETS), host=self._portal.access.host)

    def _remedy(self, error: Refused | Unauthorized) -> str:
        code, said = error.code.upper(), str(error.params.get("text", "")).lower()
        if code in _NOT_REACHED or "error adding dataset" in said:
            key = "not_reached"
        elif code in ("INSUFFICIENT_SCOPE", "INVALID_SCOPE"):
            key = "no_scope"
        elif code == "DATASET_ALREADY_EXIST":
            key = "name_taken"
        elif code in ("ACCESS_DENIED", "WRONG_AUTH_TYPE", "WRONG_LICENSE", "ERROR_METHOD_NOT_FOUND"):
            key = "no_feature"
        else:
            return error.text(self._language)
        reason = str(error.params.get("reason", ""))
        return self._say(key, method=error.method, reason=reason, url=self._around.public_url)

    def _say(self, key: str, **params: object) -> str:
        return locale.text(f"bi.{key}", self._language, **params)


def entries_of(named: NamedReport, language: str) -> Iterator[ReportEntry]:
    """The entries of a report as they are kept for tools that fetch them."""
    as_of = int(named.report.as_of)
    for place, (item, entry) in enumerate(zip(items_of(named, language), named.report.entries, strict=True)):
        value, texts = entry.value, item.fields
        yield ReportEntry(
            report=named.name,
            place=place,
            key=item.key,
            metric=value.metric,
            metric_name=texts["METRIC_NAME"],
            period=value.period.label,
            from_day=_day(value.period.start),
            to_day=_day(value.period.end),
            dimensions=json.dumps(dict(value.by), ensure_ascii=False, sort_keys=True),
            slice=texts["DIMENSIONS"],
            slice_name=texts["LABELS"],
            unit=texts["UNIT"],
            reason=texts["REASON"] or None,
            as_of=as_of,
            **_figures(texts),
        )


def _figures(texts: Mapping[str, str]) -> dict[str, float | None]:
    return {name.lower(): float(texts[name]) if texts[name] else None for name in _FIGURES}


def _day(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
