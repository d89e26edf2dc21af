"""Numbers, moments and names as the reader writes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_symbol
from babel.units import format_unit

from b24kpi import locale
from b24kpi.metrics.model import Number, Reason, Unit

DASH = "—"
MINUTE, HOUR, DAY = 60, 3600, 86_400
WHOLE_FROM = 100
# An optional stream that the portal lacks is told of where a KPI needs it, by the reason of its null.
_READ = ("complete", "no_permission", "not_loaded")


@dataclass(frozen=True)
class Wording:
    """The reader's language and the names of metrics in it.

    Attributes:
        language: uk, ru or en.
        currency: code of all money.
        names: metric → name in the language; a metric without name is shown by its id.
        dimensions: name for people of each dimension that is the user's own.
    """

    language: str
    currency: str
    names: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)

    def say(self, message_id: str, **params: Any) -> str:
        return locale.text(message_id, self.language, **params)

    def name(self, metric: str) -> str:
        return self.names.get(metric, metric)

    def dimension(self, name: str) -> str:
        return self.dimensions.get(name) or self.known("dimension", name)

    def known(self, group: str, key: str) -> str:
        """The text `report.GROUP.KEY`; the key itself where there is none, since users add their own metrics."""
        try:
            return self.say(f"report.{group}.{key}")
        except KeyError:
            return key

    def reason(self, reason: Reason, metric: str) -> str:
        """Why there is no value; of what is not set up, what the metric needs."""
        text = self.known("reason", str(reason))
        needs = self.known("needs", metric) if reason is Reason.NOT_CONFIGURED else metric
        return text if needs == metric else f"{text}: {needs}"

    def number(self, value: Number | None, unit: Unit) -> str:
        """A value with its unit: 12 345,60 ₴, 42,3 %, 12,5 дн.; a dash where there is none."""
        if value is None:
            return DASH
        if value < 0:
            return "−" + self.number(-value, unit)
        if unit is Unit.MONEY:
            return self._money(value)
        if unit is Unit.RATIO:
            return format_percent(value, format=self._percent_pattern, locale=self._locale)
        if unit is Unit.DURATION:
            return self._duration(float(value), float(value))
        if unit is Unit.NUMBER:
            return format_decimal(value, format="#,##0.00", locale=self._locale)
        return format_decimal(value, locale=self._locale)

    def change(self, delta: Number | None, unit: Unit, value: Number | None) -> str:
        """How a value has changed, with the sign: rates in percentage points, durations in the unit of the value."""
        if delta is None:
            return DASH
        size = -delta if delta < 0 else delta
        return signed(delta, self._size(size, unit, value))

    def _size(self, size: Number, unit: Unit, value: Number | None) -> str:
        """How much something has changed, without sign."""
        if unit is Unit.RATIO:
            points = format_decimal(Decimal(str(size)) * 100, format="#,##0.0", locale=self._locale)
            return self.say("report.points", points=points)
        if unit is Unit.DURATION:
            return self._duration(float(size), float(value or size))
        return self.number(size, unit)

    def money(self, value: Number, *, whole: bool) -> str:
        """An amount for a sentence, without sign; `whole` leaves out cents: 179 759 ₴."""
        return self._money(-value if value < 0 else value, whole=whole)

    def at_a_glance(self, value: Number | None, unit: Unit) -> str:
        """A value where few digits count: money without cents from a hundred on."""
        if unit is Unit.MONEY and value is not None and (abs(float(value)) >= WHOLE_FROM or not value):
            return ("−" if value < 0 else "") + self.money(value, whole=True)
        return self.number(value, unit)

    def interval(self, low: float | None, high: float | None, unit: Unit) -> str:
        """A confidence interval, or nothing where there is none."""
        if low is None and high is None:
            return ""
        if low is None or high is None:
            key = "interval_to" if low is None else "interval_from"
            return self.say(f"report.{key}", bound=self.number(high if low is None else low, unit))
        return f"{self.number(low, unit)} … {self.number(high, unit)}"

    def moment(self, seconds: float, time_zone: str) -> str:
        """Epoch seconds as day and time of a zone."""
        moment = datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(time_zone))
        day = format_date(moment, "medium", locale=self._locale)
        return f"{day}, {format_time(moment, 'HH:mm', locale=self._locale)}"

    def incomplete(self, streams: Iterable[str], coverage: Mapping[str, str]) -> str:
        """Which of the streams are not read to their end; "" where all are, or are such as this portal lacks."""
        names = [
            f"{self.known('stream', each)} ({self.known('state', coverage[each])})"
            for each in dict.fromkeys(streams)
            if coverage.get(each, _READ[0]) not in _READ
        ]
        return self.say("report.incomplete", streams=", ".join(names)) if names else ""

    def plain(self, value: Number) -> str:
        """A bare number with the language's decimal sign, without grouping: for spreadsheets."""
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        return text.replace(".", ",") if self.decimal_comma else text

    @property
    def decimal_comma(self) -> bool:
        return self.language in ("uk", "ru")

    def _money(self, value: Number, *, whole: bool = False) -> str:
        """A code instead of a sign stands behind the number, with a space, in English too."""
        pattern = str(self._locale.currency_formats["standard"].pattern)
        if get_currency_symbol(self.currency, locale=self._locale).isalpha():
            pattern = "#,##0.00\u00a0¤"
        if whole:
            pattern = pattern.replace(".00", "")
        return format_currency(value, self.currency, format=pattern, locale=self._locale, currency_digits=not whole)

    def _duration(self, seconds: float, like: float) -> str:
        """Seconds in the unit in which a duration such as `like` is best read."""
        sizes = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
        size, unit = next(((size, unit) for size, unit in sizes if abs(like) >= 2 * size), sizes[-1])
        return format_unit(seconds / size, f"duration-{unit}", "short", format="#,##0.0", locale=self._locale)

    @property
    def _percent_pattern(self) -> str:
        return str(self._locale.percent_formats[None].pattern).replace("##0", "##0.0")

    @property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)


def signed(delta: Number, size: str) -> str:
    """A change of this size with its sign; one of which nothing but zeros is shown has neither plus nor minus.

    >>> signed(-3, "3"), signed(0.00001, "0.0%")
    ('−3', '±0.0%')
    """
    if not any(digit in size for digit in "123456789"):
        return f"±{size}"
    return f"{'+' if delta > 0 else '−'}{size}"
