"""Formulas over measures: numbers, names, + - * and brackets. Ratios are divided last, so there is no division."""

import ast
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

from b24kpi.errors import BadInput

Exact = int | Fraction

_OPERATORS: Mapping[type[ast.operator], Callable[[Exact, Exact], Exact]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}


@lru_cache(maxsize=1024)
def names(formula: str) -> frozenset[str]:
    """The measures that a formula uses.

    Raises:
        BadInput: it is no formula.
    """
    return frozenset(node.id for node in ast.walk(_parse(formula)) if isinstance(node, ast.Name))


def evaluate(formula: str, values: Mapping[str, Exact]) -> Exact:
    """The value of a formula.

    >>> evaluate("won + 2 * lost", {"won": Fraction(3), "lost": Fraction(1)})
    Fraction(5, 1)
    """
    known = values.get(formula)  # most formulas are one name
    return _evaluate(_parse(formula), values) if known is None else known


@lru_cache(maxsize=1024)
def _parse(formula: str) -> ast.expr:
    try:
        expression = ast.parse(formula, mode="eval").body
        for node in ast.walk(expression):
            is_text = isinstance(node, ast.Constant) and type(node.value) not in (int, float)
            if is_text or not isinstance(node, (ast.BinOp, ast.Name, ast.Load, ast.Constant, *_OPERATORS)):
                raise BadInput("metrics.bad_formula", formula=formula)
    except SyntaxError:
        raise BadInput("metrics.bad_formula", formula=formula) from None
    return expression


def _evaluate(node: ast.expr, values: Mapping[str, Exact]) -> Exact:
    if isinstance(node, ast.BinOp):
        combine = _OPERATORS[type(node.op)]
        return combine(_evaluate(node.left, values), _evaluate(node.right, values))
    if isinstance(node, ast.Name):
        return values[node.id]
    return Fraction(str(node.value))  # type: ignore[attr-defined]
