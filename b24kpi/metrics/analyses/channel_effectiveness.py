"""Channels beside each other: conversion of their leads against that of the rest, and how long their deals take."""

from dataclasses import replace
from typing import TYPE_CHECKING

from b24kpi.metrics.comparison import compared_values
from b24kpi.metrics.model import Query, Unit, Value
from b24kpi.metrics.observed import EMPTY, observations
from b24kpi.metrics.statistics.survival import kaplan_meier_quantile

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Engine, Key


def values(engine: "Engine", query: Query, by: "Key") -> list[Value]:
    """Shares of leads that became customers; `cycle` is the median of the deals that the channel brought."""
    lives = observations(engine, query.metric.readings["cycle"], (by,), query.where)[by]
    unreadable = engine.unreadable(query.metric)
    places = {period: position for position, period in enumerate(query.periods)}
    found = []
    for value in compared_values(engine, query, by):
        cell = (places[value.period], tuple(value.by[name] for name in by))
        cycle = None if unreadable else kaplan_meier_quantile(lives.get(cell, EMPTY), 0.5).value
        found.append(
            replace(value, extra={**value.extra, "cycle": cycle}, units={**value.units, "cycle": Unit.DURATION})
        )
    return found
