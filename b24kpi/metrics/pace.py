"""How much of a period's work should be done by now: the share of its working days; pure."""

from datetime import date, timedelta
from fractions import Fraction

from b24kpi.metrics.period import Period

_WORKING = range(5)  # Monday to Friday


def expected_share(period: Period, today: date) -> Fraction:
    """The working days of the period up to and with today / all of them; calendar days where there are none.

    >>> from b24kpi.metrics.period import Grain
    >>> expected_share(Period.containing(date(2026, 6, 1), Grain.MONTH), date(2026, 6, 10))
    Fraction(4, 11)
    """
    days = [period.start + timedelta(days=number) for number in range((period.end - period.start).days)]
    counted = [day for day in days if day.weekday() in _WORKING] or days
    return Fraction(sum(1 for day in counted if day <= today), len(counted))
