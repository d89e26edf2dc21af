"""What was sold in each period and combination, row sums by something finer than the dimensions asked for."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from b24kpi.metrics.compiler import Statement, dimension, slice_conditions
from b24kpi.metrics.dimensions import with_dimensions
from b24kpi.metrics.model import Measure, Query

if TYPE_CHECKING:
    from b24kpi.metrics.engine import Cell, Engine, Key

_WITHIN = "f.won_day >= p.from_day AND f.won_day < p.to_day"
_BEFORE = "f.won_day >= p.before_day AND f.won_day < p.from_day"


def sold(
    engine: "Engine", query: Query, by: "Key", finer: str, sums: str, *, where: str = "1", previous: bool = False
) -> "dict[Cell, dict[Any, tuple[Any, ...]]]":
    """Cell → value of the column `finer` → its sums, over the rows of the fact `product_sale`.

    Args:
        sums: SQL of the sums, parted by commas.
        where: which rows count.
        previous: those of the period before, in place of those of the period.
    """
    measure = with_dimensions(Measure("product_sale", "won_day"), engine.catalogue.dimensions)
    keys = [dimension(measure, name) for name in by]
    conditions = [_BEFORE if previous else _WITHIN, f"({where})", *slice_conditions(measure, query.where)]
    places = ", ".join(str(number) for number in range(1, len(by) + 3))
    sql = (
        f"SELECT {', '.join(['p.position', *keys, f'f.{finer}', sums])} FROM period AS p "
        f"CROSS JOIN fact_product_sale AS f ON {' AND '.join(conditions)} GROUP BY {places}"
    )
    found: dict[Cell, dict[Any, tuple[Any, ...]]] = defaultdict(dict)
    for cell, (value, *totals) in engine.rows(Statement(sql, dict(query.where), ()), len(by)):
        found[cell][value] = tuple(totals)
    return found
