"""b24kpi: portal → cache → facts → metrics → report → (sinks) portal."""

__version__ = "0.1.0"
