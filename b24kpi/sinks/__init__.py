"""Hand the reports back: one file per sink, listed in `SINKS` under its name in the settings."""

from collections.abc import Mapping
from types import MappingProxyType

from b24kpi.sinks.base import NamedReport, PushResult, Sink, SinkFactory, entry_key
from b24kpi.sinks.digest import Digest
from b24kpi.sinks.letter import Letter
from b24kpi.sinks.smart_process import SmartProcess

__all__ = ["SINKS", "Digest", "Letter", "NamedReport", "PushResult", "Sink", "SinkFactory", "SmartProcess", "entry_key"]

SINKS: Mapping[str, SinkFactory] = MappingProxyType(
    {
        "smart_process": SmartProcess,
        "digest": Digest,
    }
)
