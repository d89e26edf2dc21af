"""`python -m b24kpi`."""

from b24kpi.cli import main

main()
