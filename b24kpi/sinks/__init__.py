"""Hand the reports back: one file per sink, listed in `SINKS` under its name in the settings."""

from collections.abc import Mapping
from types import MappingProxyType

from b24kpi.sinks.base import NamedReport, PushResult, Sink, SinkFactory, Surroundings, entry_key
from b24kpi.sinks.bi_builder import BiBuilder
from b24kpi.sinks.digest import Digest
from b24kpi.sinks.letter import Letter
from b24kpi.sinks.smart_process import SmartProcess
from b24kpi.sinks.universal_list import UniversalList

__all__ = [
    "PERMISSIONS",
    "SINKS",
    "BiBuilder",
    "Digest",
    "Letter",
    "NamedReport",
    "PushResult",
    "Sink",
    "SinkFactory",
    "SmartProcess",
    "Surroundings",
    "UniversalList",
    "entry_key",
]

SINKS: Mapping[str, SinkFactory] = MappingProxyType(
    {
        "smart_process": SmartProcess,
        "universal_list": UniversalList,
        "bi_builder": BiBuilder,
        "digest": Digest,
    }
)

# What a sink needs besides the permissions for reading.
PERMISSIONS: Mapping[str, str] = MappingProxyType(
    {"universal_list": "lists", "bi_builder": "biconnector", "digest": "im"}
)
