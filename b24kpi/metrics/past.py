"""An engine over what was known at an earlier moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from b24kpi.cache.as_of import Knowledge
from b24kpi.cache.store import Store
from b24kpi.facts.figures import Figures
from b24kpi.facts.past import past_facts
from b24kpi.metrics.catalogue import Catalogue
from b24kpi.metrics.engine import Engine

RECONSTRUCTED = "reconstructed"


@contextmanager
def past_engine(
    source: Store, known: Knowledge, zone: ZoneInfo, currency: str, figures: Figures, catalogue: Catalogue
) -> Iterator[Engine]:
    """Computes values as they were then; before the first sync they are flagged. The source is only read."""
    flags = () if known.cut is None else (RECONSTRUCTED,)
    with past_facts(source, known, zone, currency, figures) as store:
        yield Engine(store, zone, known.moment, known.coverage, figures, catalogue, is_past=True, flags=flags)
