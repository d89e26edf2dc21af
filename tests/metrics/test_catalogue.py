"""Every KPI of the catalogue: it works in every slice, is named in three languages, and keeps to portable SQL."""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from sqlglot import expressions as exp
from sqlglot.errors import ErrorLevel

from b24kpi.cache.store import Store
from b24kpi.facts.crm_figures import COMPARED
from b24kpi.facts.refresh import refresh
from b24kpi.locale import LANGUAGES
from b24kpi.metrics.catalogue import load
from b24kpi.metrics.engine import BUCKETS, Engine
from b24kpi.metrics.model import Metric, Query, Unit
from b24kpi.metrics.period import Grain, periods
from b24kpi.metrics.trial import statements, try_out
from b24kpi.settings_checks import DIMENSIONS

every_metric = pytest.mark.parametrize("metric", load(), ids=lambda metric: metric.id)
DIALECTS = ("duckdb", "postgres", "clickhouse", "spark", "trino")
# Constructs that gave the same answer on every engine; no division, dates, rounding, JSON, LIKE, IIF.
IN_EXPRESSIONS = (
    *(exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Paren, exp.Neg),
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.And, exp.Or, exp.Not, exp.In, exp.Between, exp.Is),
    *(exp.Add, exp.Sub, exp.Mul, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Abs),
    *(exp.Exists, exp.Select, exp.From, exp.Table, exp.TableAlias, exp.Where),
)
IN_STATEMENTS = (
    *(exp.Select, exp.From, exp.Table, exp.TableAlias, exp.Join, exp.Where, exp.Group, exp.Alias, exp.Subquery),
    *(exp.Star, exp.Sum, exp.Max, exp.Count, exp.Distinct, exp.Cast, exp.DataType, exp.Placeholder),
)
YEAR = tuple(periods(date(2026, 1, 1), date(2027, 1, 1), Grain.QUARTER))


@pytest.fixture(scope="module")
def empty() -> Engine:
    store = Store(":memory:")
    refresh(store, ZoneInfo("Europe/Kyiv"), "UAH")
    return Engine(store, ZoneInfo("Europe/Kyiv"), as_of=1.8e9)


def slices(metric: Metric) -> Iterator[tuple[str, ...]]:
    yield ()
    yield from ((name,) for name in metric.dimensions)


def expressions(metric: Metric) -> Iterator[str]:
    """Every piece of SQL that the catalogue's tables hold."""
    for part in (*metric.measures.values(), *metric.flow.values()):
        yield from (part.add, part.where, part.distinct, part.time, *part.dimensions.values())
    for durations in (metric.durations, metric.nowcast, *metric.readings.values()):
        if durations:
            yield from (durations.start, durations.end, durations.outcome, durations.where, durations.time)


def test_sqlite_knows_all_that_the_catalogue_names() -> None:
    """Each part of each metric, whole and by each dimension, is planned on an empty cache."""
    try_out(load(), "the catalogue")


@every_metric
def test_an_empty_cache_has_an_answer_for_every_slice(empty: Engine, metric: Metric) -> None:
    """A sum is 0, all else is nothing with a reason; a slice has no rows."""
    for mode in ("cohort", "flow") if metric.flow else ("cohort",):
        for by in slices(metric):
            values = empty.values(Query(metric, YEAR, by, mode=mode))
            assert all((value.value is None) == (value.reason is not None) for value in values)
            always = len(BUCKETS) if metric.fixed == ("response_bucket",) and by in ((), metric.fixed) else 0
            always = {"crm_before_after": len(COMPARED), "goal_progress": 1}.get(metric.analysis, always)
            assert len(values) == len(YEAR) * (always if by or metric.fixed else 1)
            assert not any(value.value for value in values)


@every_metric
def test_texts_are_there_in_three_languages(metric: Metric) -> None:
    """Name, help and formula; help is a sentence."""
    for texts in (metric.names, metric.helps, metric.formulas):
        assert {*texts} == {*LANGUAGES}
        assert all(text.strip() for text in texts.values())
    assert all(text.endswith(".") for text in metric.helps.values())
    assert metric.helps["uk"] != metric.helps["ru"] != metric.helps["en"]


def test_names_tell_metrics_apart() -> None:
    """In every language."""
    for language in LANGUAGES:
        assert len({metric.names[language] for metric in load()}) == len(load())


@every_metric
def test_parts_of_a_definition_fit_each_other(metric: Metric) -> None:
    """A rate has an interval of counts, a median its durations, or a share; the other reading has the same measures."""
    assert metric.analysis or (metric.durations is not None) == (not metric.measures)
    if not metric.analysis:
        assert metric.unit in (Unit.DURATION, Unit.RATIO) if metric.durations else metric.unit is not Unit.DURATION
    units = {"": metric.unit, "wilson": Unit.RATIO, "bootstrap": Unit.MONEY}
    assert metric.unit is units[metric.interval]
    assert not metric.flow or metric.flow.keys() == metric.measures.keys()
    assert {*metric.fixed} <= {*metric.dimensions}
    assert len(set(metric.dimensions)) == len(metric.dimensions)


@every_metric
def test_its_dimensions_are_known_to_the_settings(metric: Metric) -> None:
    """So that a report may name them, and no dimension of a user's own can take the place of one."""
    assert {*metric.dimensions} <= {*DIMENSIONS}


@every_metric
def test_expressions_are_portable(metric: Metric) -> None:
    """Only what every engine answers alike, so that the catalogue can move to another one."""
    for text in filter(None, expressions(metric)):
        foreign = {type(node).__name__ for node in parsed(text).walk() if not isinstance(node, IN_EXPRESSIONS)}
        assert not foreign, text


@every_metric
def test_statements_can_be_written_for_other_engines(metric: Metric) -> None:
    """What the compiler adds keeps to the white list too, and sqlglot has no objection."""
    trees = []
    for by in slices(metric):
        for _, _, statement in statements(metric, by):
            tree = parsed(statement.sql)
            foreign = {
                type(node).__name__ for node in tree.walk() if not isinstance(node, IN_EXPRESSIONS + IN_STATEMENTS)
            }
            assert not foreign, statement.sql
            trees.append(tree)
    for tree in trees[-1:]:
        assert all(tree.sql(dialect, unsupported_level=ErrorLevel.RAISE) for dialect in DIALECTS)


def parsed(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, read="sqlite")
