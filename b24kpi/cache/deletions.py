"""Tombstones: rows that vanished from the portal are kept with the moment at which that was seen.

Found by counting, see `comparison`; what looks hidden rather than deleted is not marked, see `doubts`. A stage step
that the portal drops or hides while its owner lives is marked, and still counts: facts use it all the same.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from b24kpi.cache.asking import Asker
from b24kpi.cache.comparison import Comparison, Difference
from b24kpi.cache.doubts import ALWAYS_COUNTED, OWNERS, doubt, in_doubt, note_doubt, trust
from b24kpi.cache.journal import COMPLETE, Journal
from b24kpi.cache.links import referrers
from b24kpi.cache.progress import MASS_DELETION
from b24kpi.cache.rereading import read_rows, read_stretches
from b24kpi.cache.store import Store
from b24kpi.errors import PortalError
from b24kpi.portal.client import Portal
from b24kpi.portal.entities import BY_NAME, Entity

_log = logging.getLogger(__name__)


@dataclass
class Finding:
    """What became of one stream.

    Attributes:
        deleted: rows marked as deleted.
        rows: rows that were read: strangers to the cache, and rows that pointed at deleted ones.
        changed: of these, how many were new or different.
        error: why nothing was marked, or could not be compared.
        refused: `error` says that rows are rather hidden.
    """

    deleted: int = 0
    rows: int = 0
    changed: int = 0
    error: PortalError | None = None
    refused: bool = False


class Deletions:
    """Finds and marks what vanished from the portal."""

    def __init__(self, store: Store, portal: Portal, asker: Asker) -> None:
        self._store = store
        self._journal = Journal(store)
        self._portal = portal
        self._asker = asker

    def run(self, entities: Sequence[Entity], *, confirmed: bool = False) -> dict[str, Finding]:
        """Compare streams that are read by ids and were read to their end; by name, what was found.

        Rows that hang on others are compared after those, and not at all where those are hidden.

        Args:
            confirmed: a person has said that rows are deleted, whatever it looks like.

        Raises:
            PortalError: the portal does not answer at all.
            Interrupted: told to stop; what was found so far is kept.
        """
        findings: dict[str, Finding] = {}
        self._compare([entity for entity in entities if entity.name not in OWNERS], confirmed, findings)
        self._compare([entity for entity in entities if self._has_shown_owners(entity)], confirmed, findings)
        if confirmed or not any(finding.refused for finding in findings.values()):
            trust(self._store)
        return findings

    def _has_shown_owners(self, entity: Entity) -> bool:
        owners = OWNERS.get(entity.name, ())
        return bool(owners) and not any(in_doubt(self._store, name) for name in owners)

    def _compare(self, entities: Sequence[Entity], confirmed: bool, findings: dict[str, Finding]) -> None:
        findings |= {entity.name: Finding() for entity in entities}
        ends = [(entity, self._journal.stream(entity.name).high) for entity in entities]
        trusted: Collection[str] = [entity.name for entity in entities] if confirmed else ALWAYS_COUNTED
        for difference in Comparison(self._store, self._asker, trusted=trusted).run(ends):
            finding = findings[difference.entity.name]
            try:
                self._meet_strangers(difference, finding)
                self._mark(difference, finding, confirmed)
                self._follow_links(difference, finding, findings)
            except PortalError as error:
                finding.error = error

    def _meet_strangers(self, difference: Difference, finding: Finding) -> None:
        """Store rows that the cache lacked, and note what vanished beside them."""
        if difference.error is not None:
            raise difference.error
        for page in read_stretches(self._portal, self._asker, difference.strange):
            shown = {int(row[difference.entity.shown_key]) for row in page.rows}
            difference.gone |= self._store.live_ids(difference.entity, page.after, page.last) - shown
            self._keep(difference.entity, page.rows, finding)

    def _keep(self, entity: Entity, rows: list[dict[str, Any]], finding: Finding) -> None:
        with self._store.transaction():
            finding.changed += self._store.upsert(entity, rows, seen_at=self._asker.now)
        finding.rows += len(rows)

    def _mark(self, difference: Difference, finding: Finding, confirmed: bool) -> None:
        """Mark what vanished, or say why not."""
        entity, gone, lost = difference.entity, difference.gone, difference.lost
        if not confirmed:
            finding.error = doubt(self._store, entity, gone, lost=lost, live=difference.live)
        finding.refused = finding.error is not None
        with self._store.transaction():
            if not finding.refused:
                self._store.mark_deleted(entity, sorted(gone), seen_at=self._asker.now)
                finding.deleted = len(gone)
            note_doubt(self._store, entity.name, finding.refused)
            state = MASS_DELETION if finding.refused else COMPLETE
            self._journal.save(replace(self._journal.stream(entity.name), state=state))
        _log.info("compared stream=%s gone=%d refused=%s", entity.name, lost, finding.refused)

    def _follow_links(self, difference: Difference, finding: Finding, findings: dict[str, Finding]) -> None:
        """Read the rows again that point at deleted ones: they were bound to others, or to nothing."""
        if finding.refused or not difference.gone:
            return
        for name, ids in referrers(self._store, difference.entity.name, difference.gone):
            for rows in read_rows(self._asker, BY_NAME[name], ids):
                self._keep(BY_NAME[name], rows, findings.get(name, finding))
