"""Which share of a campaign's leads qualifies, beside that of all other leads."""

from b24kpi.metrics.comparison import compared_values as values

__all__ = ["values"]
