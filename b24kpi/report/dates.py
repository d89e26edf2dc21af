"""Periods and days as the reader writes them."""

from datetime import date, timedelta

from babel.dates import format_date, format_interval, get_month_names, get_quarter_names

from b24kpi.metrics.period import Grain, Period


def period_name(period: Period, language: str) -> str:
    """`листопад 2026`, `4-й квартал 2026`, `2026`, `16.11.2026 – 22.11.2026`."""
    start = period.start
    if period.grain is Grain.MONTH:
        name = get_month_names("wide", context="stand-alone", locale=language)[start.month]
        return f"{name} {start.year}"
    if period.grain is Grain.QUARTER:
        quarter = get_quarter_names("wide", context="stand-alone", locale=language)[(start.month + 2) // 3]
        return f"{quarter} {start.year}"
    if period.grain is Grain.YEAR:
        return str(start.year)
    if period.grain is Grain.DAY:
        return day_text(start, language)
    return f"{day_text(start, language)} – {day_text(period.end - timedelta(days=1), language)}"


def headed(text: str) -> str:
    """A name at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def tailed(text: str) -> str:
    """A name in the middle of a sentence: a small letter at its beginning, unless it is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def day_text(day: date, language: str) -> str:
    """`22.11.2026`; in English, where that would be ambiguous, `Nov 22, 2026`."""
    return str(format_date(day, "medium" if language == "en" else "dd.MM.yyyy", locale=language))


def days_text(period: Period, language: str) -> str:
    """`1–22 жовт.`: from the first day to the last."""
    return str(format_interval(period.start, period.end - timedelta(days=1), "MMMd", locale=language))
