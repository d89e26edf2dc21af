"""Periods, days and lengths of time as pages write them."""

from datetime import timedelta

from babel.dates import format_timedelta

from b24kpi.report.dates import day_text, days_text, headed, period_name, tailed

__all__ = ["day_text", "days_text", "headed", "period_name", "span_text", "tailed"]


def span_text(seconds: float, language: str) -> str:
    """`2 дні`: a length of time in its largest unit."""
    return str(format_timedelta(timedelta(seconds=seconds), locale=language, threshold=1.2))
