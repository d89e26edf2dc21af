"""How much of a stream to ask for next: ids by how densely they are used, pages by how long they take. No I/O."""

from dataclasses import dataclass
from math import ceil

from b24kpi.portal.keys import FIRST_CHANGED, MARGIN, PAGE
from b24kpi.portal.protocol import BATCH_SIZE

# A batch should be answered within this many seconds: the cloud gives up after 60.
AIM = 20.0

# From this density on ids count as used without gaps: fifty pages then always reach the end of 2500 ids.
DENSE = 0.97

# What a lot of as many rows or more says of the density counts for so much, against all that was learned before.
NEWS = 0.6
TELLING = 500


@dataclass
class Rhythm:
    """What is known of a stream's density and speed.

    Attributes:
        density: share of ids that have a row where the walk is; None where only time can tell (rows changed lately).
        longest: pages that a chain may have for now.
        room: pages that a whole batch may have for now.
    """

    density: float | None
    longest: int = BATCH_SIZE
    room: int = BATCH_SIZE

    def measure(self, span: int, pages: int) -> tuple[int, int]:
        """How many of the next `span` ids to ask for, and in how many pages, at most `pages`."""
        pages = min(pages, self.longest)
        if self.density is None:
            return span, min(pages, FIRST_CHANGED, ceil(span / PAGE))
        density = 1.0 if self.density >= DENSE else self.density
        width = int(PAGE * pages / density)
        if width < span:
            return width, pages
        return span, min(pages, ceil(span / PAGE), ceil(span * density * MARGIN / PAGE) + 1)

    @property
    def page_width(self) -> int:
        """About so many ids make a page."""
        return ceil(PAGE / (self.density or 1.0))

    def learn(self, ids: int, rows: int) -> None:
        """So many rows were in so many ids. Densities differ by orders of magnitude: their logarithms are averaged."""
        seen = min(1.0, max(rows, 0.5) / ids)
        if self.density is None:
            self.density = seen
            return
        news = NEWS * min(1.0, max(rows, ids * self.density) / TELLING)
        self.density = self.density ** (1 - news) * seen**news

    def went_well(self, seconds: float, commands: int) -> None:
        """Longer batches after one that was answered, as long as they keep to their aim."""
        each = seconds / max(commands, 1)
        most = BATCH_SIZE if each * BATCH_SIZE <= AIM else max(1, int(AIM / each))
        self.room = min(most, self.room * 2)

    def went_badly(self, pages: int) -> None:
        """A batch of so many pages was too much: half of it next time."""
        self.room = max(1, min(self.room, pages) // 2)

    def broke(self) -> None:
        """A page inside a chain was wrong: shorter chains, in the end single pages side by side."""
        self.longest = max(1, self.longest // 2)

    def held(self) -> None:
        """A chain was good to its end."""
        self.longest = min(BATCH_SIZE, self.longest * 2)
