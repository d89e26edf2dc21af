"""What a KPI is (`Metric`), what is asked of it (`Query`) and what comes back (`Value`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from b24kpi.metrics.period import Period

Number = int | float | Decimal


class Unit(StrEnum):
    """What a value is counted in."""

    MONEY = "money"  # Decimal in the report currency
    COUNT = "count"  # int
    RATIO = "ratio"  # fraction: 0.25, not 25
    DURATION = "duration"  # seconds
    NUMBER = "number"  # float, such as purchases in a year


class Reason(StrEnum):
    """Why a value is null."""

    NO_EVENTS = "no_events"
    NOT_CONFIGURED = "not_configured"
    NO_PERMISSION = "no_permission"
    NOT_MATURE = "not_mature"
    INSUFFICIENT_DATA = "insufficient_data"
    NOT_LOADED = "not_loaded"


@dataclass(frozen=True)
class Measure:
    """A sum over the rows of one fact.

    `where` and `add` may also name the columns of the period, see `engine.set_periods`.

    Attributes:
        fact: name of the fact.
        time: its column that says in which period a row counts (local day as YYYYMMDD).
        add: what a row adds, in the portable subset of SQL; money in hundredths.
        distinct: column whose different values are counted instead.
        where: which rows count.
        to_date: rows of all time up to the period's end, instead of those of the period.
        previous: rows of the period before, instead of those of the period.
        dimensions: dimension → column, where it differs from the fact's header; or SQL in brackets over the fact `f`.
    """

    fact: str
    time: str
    add: str = "1"
    distinct: str = ""
    where: str = ""
    to_date: bool = False
    previous: bool = False
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Durations:
    """Times from `start` to `end` of a fact's rows; rows whose end is NULL, or yet to come, are still running.

    Attributes:
        outcome: column that tells the kinds of end apart; `event` is the one that is asked for.
    """

    fact: str
    time: str
    start: str
    end: str
    outcome: str = ""
    event: str = ""
    where: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Further:
    """A further figure over the measures of a metric, beside its value: formulas as `Metric`'s, and its own unit."""

    numerator: str
    unit: Unit
    denominator: str = ""


@dataclass(frozen=True)
class Metric:
    """One KPI of the catalogue, checked and frozen.

    Attributes:
        names: language → name; likewise helps (one sentence) and formulas (in words).
        numerator, denominator: formulas over `measures` and `facts.figures.CONSTANTS`; without denominator the value is
            the numerator.
        sample: formula of the sample's size, where it is not the denominator.
        further: name → figure that is told beside the value.
        flow: measures of the other reading of a conversion, `--mode flow`.
        attributed: measures under another rule of attribution than that of the first touch, see `metrics.attribution`;
            `rule` is the one that `measures` follow, "" for the first touch.
        durations: observations of a median; `readings`: further statistics in the answer. Where the unit is `ratio`,
            the value is the share that is still running so long after its start as a customer belongs to the base.
        analysis: module of `metrics.analyses` that computes what is neither a sum nor a median; `measures` are then the
            rows that it looks at.
        occurring: formula of what has to have happened beside the denominator; where it is 0: null, `no_events`.
        ripening: a measure that adds days; cases are ripe at an age that 90 % of its rows do not exceed (`ripe_day`).
        nowcast: time to the event that the numerator counts, for cohorts that are still young.
        interval: `wilson` for shares, `bootstrap` for means of money, or nothing (medians always carry theirs).
        dimensions: what the metric may be sliced by; `fixed` ones are always in its rows.
        inputs: streams of the portal that it needs.
        required: formula of what people have to give; where it is 0 the value is null, `not_configured`.
    """

    id: str
    names: Mapping[str, str]
    helps: Mapping[str, str]
    formulas: Mapping[str, str]
    unit: Unit
    better: str
    dimensions: tuple[str, ...]
    inputs: tuple[str, ...]
    numerator: str = ""
    denominator: str = ""
    sample: str = ""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    further: Mapping[str, Further] = field(default_factory=dict)
    flow: Mapping[str, Measure] = field(default_factory=dict)
    attributed: Mapping[str, Measure] = field(default_factory=dict)
    durations: Durations | None = None
    readings: Mapping[str, Durations] = field(default_factory=dict)
    nowcast: Durations | None = None
    ripening: Measure | None = None
    analysis: str = ""
    interval: str = ""
    fixed: tuple[str, ...] = ()
    required: str = ""
    occurring: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Query:
    """Which values of a metric: periods × the combinations of `by`, of rows where each `where` holds."""

    metric: Metric
    periods: tuple[Period, ...]
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    mode: str = "cohort"

    @property
    def measures(self) -> Mapping[str, Measure]:
        return self.metric.flow if self.mode == "flow" else self.metric.measures

    @property
    def slicing(self) -> tuple[str, ...]:
        """All dimensions of its values, the metric's fixed ones first."""
        return (*self.metric.fixed, *(name for name in self.by if name not in self.metric.fixed))


@dataclass(frozen=True)
class Value:
    """One number with what is needed to believe it.

    Attributes:
        by: dimension → value as text, "" where the CRM leaves it empty.
        value: None where undefined; `reason` says why.
        numerator, denominator: the two sums of a ratio (money in currency units), None for medians.
        n: size of the sample: the denominator of a rate, the number of orders of a mean, the rows of a median.
        low, high: 95 % interval.
        extra: further readings of the same metric (`p80`, `median_of_won`, `time_to_win`, `nowcast`, `eventual`, and
            `mean_of_finished`, which is biased, since it leaves out what is still running).
        units: reading → its unit, where that is not the value's.
    """

    metric: str
    period: Period
    by: Mapping[str, str]
    value: Number | None
    unit: Unit
    numerator: Number | None = None
    denominator: Number | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None
    reason: Reason | None = None
    flags: tuple[str, ...] = ()
    extra: Mapping[str, Number | None] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)

    def unit_of(self, reading: str) -> Unit:
        """The unit of a further reading."""
        return self.units.get(reading, self.unit)

    def changed(self, **fields: object) -> "Value":
        """The same with some other fields: `dataclasses.replace` in a fifth of its time, for tens of thousands."""
        found = object.__new__(Value)
        found.__dict__.update(self.__dict__, **fields)
        return found
