"""Formulas over measures: numbers, names, + - * and brackets. Ratios are divided last, so division is not among them."""

import ast
from collections.abc import Mapping
from fractions import Fraction

from b24kpi.errors import BadInput

_OPERATORS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}


def names(formula: str) -> set[str]:
    """The measures that a formula uses.

    Raises:
        BadInput: it is no formula.
    """
    return {node.id for node in ast.walk(_parse(formula)) if isinstance(node, ast.Name)}


def evaluate(formula: str, values: Mapping[str, Fraction]) -> Fraction:
    """
    >>> evaluate("won + 2 * lost", {"won": Fraction(3), "lost": Fraction(1)})
    Fraction(5, 1)
    """
    return _evaluate(_parse(formula), values)


def _parse(formula: str) -> ast.expr:
    try:
        expression = ast.parse(formula, mode="eval").body
        for node in ast.walk(expression):
            if not isinstance(node, (ast.BinOp, ast.Name, ast.Load, ast.Constant, *_OPERATORS)):
                raise BadInput("metrics.bad_formula", formula=formula)
    except SyntaxError:
        raise BadInput("metrics.bad_formula", formula=formula) from None
    return expression


def _evaluate(node: ast.expr, values: Mapping[str, Fraction]) -> Fraction:
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_evaluate(node.left, values), _evaluate(node.right, values))  # type: ignore[index,no-untyped-call]
    if isinstance(node, ast.Name):
        return values[node.id]
    return Fraction(str(node.value))  # type: ignore[attr-defined]
