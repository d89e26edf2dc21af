"""What BI tools are given: tables of typed columns over facts and pushed entries, each column an SQL expression.

Columns are named by one upper-case code, which is also the name of the field in BI Builder: so it does not matter by
which of the two a filter or a selection calls it. Names of customers, phone numbers and the like are not in them.

https://apidocs.bitrix24.com/api-reference/biconnector/dataset/biconnector-dataset-add.html : names of data sets and of
fields, and the types that fields have
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from b24kpi.locale import text


class Kind(StrEnum):
    """How a column is stored, and by `shown` what it is outside."""

    INTEGER = "int"
    TEXT = "string"
    NUMBER = "double"
    DAY = "date"  # YYYYMMDD
    MOMENT = "datetime"  # epoch seconds
    MONEY = "money"  # hundredths

    @property
    def shown(self) -> str:
        """The type by its name in BI Builder."""
        return "double" if self is Kind.MONEY else self.value


@dataclass(frozen=True)
class Column:
    """One column; `sql` is its value as it is stored, in terms of the row `f` of the table."""

    code: str
    kind: Kind
    sql: str

    def title(self, language: str) -> str:
        """Its name for people."""
        return text(f"bi.column.{self.code}", language)


@dataclass(frozen=True)
class DataSet:
    """One table; `source` is the SQL behind FROM, with the row as `f`; `order` makes limited answers the same again."""

    code: str
    columns: tuple[Column, ...]
    source: str
    order: str

    def title(self, language: str) -> str:
        """Its name for people."""
        return text(f"bi.table.{self.code}", language)


def _columns(*declared: tuple[str, Kind, str]) -> tuple[Column, ...]:
    return tuple(Column(*each) for each in declared)


def _named(query: str, key: str) -> str:
    return f"(SELECT {query} = {key})"


def _pipeline(key: str) -> str:
    return _named("n.name FROM category AS n WHERE n.id", key)


def _stage(category: str, stage: str) -> str:
    return _named(f"n.name FROM fact_stage AS n WHERE n.category_id = {category} AND n.stage_id", stage)


def _person(key: str) -> str:
    full = "NULLIF(TRIM(COALESCE(n.name, '') || ' ' || COALESCE(n.last_name, '')), '')"
    return _named(f"{full} FROM user AS n WHERE n.id", key)


def _department(key: str) -> str:
    return _named("n.name FROM user AS u JOIN department AS n ON n.id = u.department_id WHERE u.id", key)


def _source(key: str) -> str:
    return _named("n.name FROM status AS n WHERE n.entity_id = 'SOURCE' AND n.status_id", key)


_PEOPLE = (
    ("MANAGER_ID", Kind.INTEGER, "f.manager_id"),
    ("MANAGER", Kind.TEXT, _person("f.manager_id")),
    ("DEPARTMENT_ID", Kind.INTEGER, _named("u.department_id FROM user AS u WHERE u.id", "f.manager_id")),
    ("DEPARTMENT", Kind.TEXT, _department("f.manager_id")),
)
_ORIGIN = (
    ("SOURCE_ID", Kind.TEXT, "f.source_id"),
    ("SOURCE", Kind.TEXT, _source("f.source_id")),
    ("UTM_SOURCE", Kind.TEXT, "f.utm_source"),
    ("UTM_MEDIUM", Kind.TEXT, "f.utm_medium"),
    ("UTM_CAMPAIGN", Kind.TEXT, "f.utm_campaign"),
)


def _dimension(name: str, kind: str = "TEXT") -> str:
    return f"CAST(json_extract(f.dimensions, '$.{name}') AS {kind})"


# The dimensions that most reports are sliced by; SLICE has the others too.
_SLICED = (
    ("PIPELINE_ID", Kind.TEXT, _dimension("pipeline")),
    ("PIPELINE", Kind.TEXT, _pipeline(_dimension("pipeline", "INTEGER"))),
    ("STAGE_ID", Kind.TEXT, _dimension("stage")),
    ("STAGE", Kind.TEXT, _stage(_dimension("pipeline", "INTEGER"), _dimension("stage"))),
    ("MANAGER_ID", Kind.TEXT, _dimension("manager")),
    ("MANAGER", Kind.TEXT, _person(_dimension("manager", "INTEGER"))),
    ("DEPARTMENT_ID", Kind.TEXT, _dimension("department")),
    ("DEPARTMENT", Kind.TEXT, _named("n.name FROM department AS n WHERE n.id", _dimension("department", "INTEGER"))),
    ("SOURCE_ID", Kind.TEXT, _dimension("source")),
    ("SOURCE", Kind.TEXT, _source(_dimension("source"))),
)

VALUES = DataSet(
    "b24kpi_values",
    _columns(
        ("REPORT", Kind.TEXT, "f.report"),
        ("METRIC", Kind.TEXT, "f.metric"),
        ("METRIC_NAME", Kind.TEXT, "f.metric_name"),
        ("PERIOD", Kind.TEXT, "f.period"),
        ("PERIOD_FROM", Kind.DAY, "f.from_day"),
        ("PERIOD_TO", Kind.DAY, "f.to_day"),
        ("SLICE", Kind.TEXT, "f.slice"),
        ("SLICE_NAME", Kind.TEXT, "f.slice_name"),
        *_SLICED,
        ("VALUE", Kind.NUMBER, "f.value"),
        ("UNIT", Kind.TEXT, "f.unit"),
        ("NUMERATOR", Kind.NUMBER, "f.numerator"),
        ("DENOMINATOR", Kind.NUMBER, "f.denominator"),
        ("LOW", Kind.NUMBER, "f.low"),
        ("HIGH", Kind.NUMBER, "f.high"),
        ("PREVIOUS", Kind.NUMBER, "f.previous"),
        ("TARGET", Kind.NUMBER, "f.target"),
        ("REASON", Kind.TEXT, "f.reason"),
        ("AS_OF", Kind.MOMENT, "f.as_of"),
    ),
    "report_entry AS f",
    "f.report, f.place",
)

DEALS = DataSet(
    "b24kpi_deals",
    _columns(
        ("ID", Kind.INTEGER, "f.deal_id"),
        ("PIPELINE_ID", Kind.INTEGER, "f.category_id"),
        ("PIPELINE", Kind.TEXT, _pipeline("f.category_id")),
        ("STAGE_ID", Kind.TEXT, "d.stage_id"),
        ("STAGE", Kind.TEXT, _stage("f.category_id", "d.stage_id")),
        ("OUTCOME", Kind.TEXT, "f.outcome"),
        ("LOSS_REASON", Kind.TEXT, _stage("f.category_id", "f.loss_reason")),
        ("CREATED_AT", Kind.MOMENT, "f.created_at"),
        ("CREATED_ON", Kind.DAY, "f.created_day"),
        ("CLOSED_AT", Kind.MOMENT, "f.closed_at"),
        ("CLOSED_ON", Kind.DAY, "f.closed_day"),
        ("MONEY", Kind.MONEY, "f.money"),
        ("CURRENCY", Kind.TEXT, "report_currency()"),
        ("OPPORTUNITY", Kind.MONEY, "d.opportunity"),
        ("CURRENCY_ID", Kind.TEXT, "f.currency_id"),
        *_PEOPLE,
        *_ORIGIN,
        ("FIRST_SOURCE_ID", Kind.TEXT, "f.first_source_id"),
        ("FIRST_SOURCE", Kind.TEXT, _source("f.first_source_id")),
        ("FIRST_UTM_SOURCE", Kind.TEXT, "f.first_utm_source"),
        ("FIRST_UTM_MEDIUM", Kind.TEXT, "f.first_utm_medium"),
        ("FIRST_UTM_CAMPAIGN", Kind.TEXT, "f.first_utm_campaign"),
        ("CUSTOMER", Kind.TEXT, "f.customer"),
        (
            "CUSTOMER_KIND",
            Kind.TEXT,
            _named(
                "CASE p.number WHEN 1 THEN 'new' ELSE 'repeat' END FROM fact_purchase AS p WHERE p.deal_id", "f.deal_id"
            ),
        ),
        ("LEAD_ID", Kind.INTEGER, "f.lead_id"),
        ("WON_DATE_APPROX", Kind.INTEGER, "f.won_date_approx"),
        ("FX_APPROX", Kind.INTEGER, "f.fx_approx"),
        ("FX_UNKNOWN", Kind.INTEGER, "f.fx_unknown"),
    ),
    "fact_deal AS f JOIN deal AS d ON d.id = f.deal_id",
    "f.deal_id",
)

STAGE_VISITS = DataSet(
    "b24kpi_stage_visits",
    _columns(
        ("DEAL_ID", Kind.INTEGER, "f.deal_id"),
        ("VISIT", Kind.INTEGER, "f.visit"),
        ("PIPELINE_ID", Kind.INTEGER, "f.category_id"),
        ("PIPELINE", Kind.TEXT, _pipeline("f.category_id")),
        ("STAGE_ID", Kind.TEXT, "f.stage_id"),
        ("STAGE", Kind.TEXT, _stage("f.category_id", "f.stage_id")),
        ("STAGE_RANK", Kind.INTEGER, "f.rank"),
        ("VISIT_ON", Kind.DAY, "f.visit_day"),
        ("REACHED_AT", Kind.MOMENT, "f.reached_at"),
        ("REACHED_ON", Kind.DAY, "f.reached_day"),
        ("IS_ADVANCED", Kind.INTEGER, "f.is_advanced"),
        ("ADVANCED_ON", Kind.DAY, "f.advanced_day"),
        ("ENDED_AT", Kind.MOMENT, "f.ended_at"),
        ("FATE", Kind.TEXT, "f.fate"),
        *_PEOPLE,
        *_ORIGIN,
        ("CURRENCY_ID", Kind.TEXT, "f.currency_id"),
    ),
    "fact_stage_visit AS f",
    "f.deal_id, f.visit, f.rank",
)

DATA_SETS = MappingProxyType({each.code: each for each in (VALUES, DEALS, STAGE_VISITS)})
