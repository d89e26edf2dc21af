"""The choice of the touch to which wins are put down, on the pages whose numbers follow it."""

from b24kpi.locale import text
from b24kpi.metrics.attribution import RULES

NAME = "attribution"  # of the argument in addresses
FOLLOWING = ("channels",)  # screens


def rule_name(rule: str, language: str) -> str:
    """A rule in the reader's words."""
    return text(f"attribution.rule.{rule}", language)


def rule_names(language: str) -> dict[str, str]:
    """Rule → name, in the order in which they are offered."""
    return {rule: rule_name(rule, language) for rule in RULES}
