"""A second, slow engine that computes every KPI with plain loops over rows.

It was written from the definitions alone, apart from the SQL engine of the package, so that the two can be compared:
where they agree, two readings of the same rule agree. Nothing here imports b24kpi. Speed and memory are no aim; being
easy to check by eye is.
"""
