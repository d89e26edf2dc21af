"""A page as data: what the templates draw and the downloads write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from b24kpi.metrics.model import Number, Unit


@dataclass(frozen=True)
class Act:
    """A button that sends a form: to `path` under the pages, with these hidden fields; `about`: to what it belongs."""

    path: str
    title: str
    about: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Cell:
    """A text with what belongs to it.

    Attributes:
        href: address of the rows behind it, or of another page.
        path: `/crm/deal/details/7/`, opened in the portal.
        hint: further words, for the pointer and for screen readers.
        mood: good, bad, quiet or "".
        value, unit: the number itself, for downloads.
        act: a button instead of the text.
    """

    text: str
    href: str = ""
    path: str = ""
    hint: str = ""
    mood: str = ""
    value: Number | None = None
    unit: Unit | None = None
    act: Act | None = None


@dataclass(frozen=True)
class Head:
    """A column's title; `numeric` ones are set flush right."""

    title: str
    numeric: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Grid:
    """A table.

    Attributes:
        id: part of addresses and file names, unique in its screen.
        notes: lines under it.
        empty: what stands instead of rows where there are none.
        shown: so many rows stand on the page; 0 for all.
        folded: shut at first; half: narrow enough to stand beside another.
    """

    id: str
    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = ""
    shown: int = 0
    folded: bool = False
    half: bool = False

    @property
    def more(self) -> int:
        return max(0, len(self.rows) - self.shown) if self.shown else 0


@dataclass(frozen=True)
class Spark:
    """A small line of earlier values: points of a polyline in a box of 100 × 28, the last one marked."""

    points: str
    last: tuple[float, float]
    text: str


@dataclass(frozen=True)
class Bar:
    """How far a plan is fulfilled: shares of the bar, at most 1, and words for both."""

    share: float
    expected: float | None
    words: Cell


@dataclass(frozen=True)
class Tile:
    """A figure at a glance.

    Attributes:
        value: with the link to its rows; `reason`: why there is none.
        change: against what is told in `against`.
        interval, marks: what is to be known about it.
        further: name and value of figures beside it.
    """

    id: str
    name: str
    value: Cell
    reason: str = ""
    change: Cell | None = None
    against: str = ""
    interval: str = ""
    marks: tuple[str, ...] = ()
    spark: Spark | None = None
    plan: Bar | None = None
    further: tuple[tuple[str, Cell], ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure for plotly.js; `text` says in words what is to be seen, `height` is one of the classes s, m, l."""

    id: str
    title: str
    figure: Mapping[str, Any]
    text: str
    height: str = "m"


@dataclass(frozen=True)
class Words:
    """Sentences; `mood` good, bad, warn or ""."""

    lines: tuple[str, ...]
    mood: str = ""


@dataclass(frozen=True)
class Card:
    """A definition: lines of name and text, `cells` with links; `folded`: shut at first."""

    id: str
    title: str
    lines: tuple[tuple[str, str], ...]
    cells: tuple[tuple[str, Cell], ...] = ()
    folded: bool = False


@dataclass(frozen=True)
class Switch:
    """A choice of readings of one screen.

    Attributes:
        links: of each reading its name, its address, and whether it is the one that is shown.
    """

    title: str
    links: tuple[tuple[str, str, bool], ...]


Block = tuple[Tile, ...] | Grid | Chart | Words | Card | Switch


@dataclass(frozen=True)
class Screen:
    """A whole page.

    Attributes:
        as_of: seconds since the epoch up to which the data reach.
        incomplete: what could not be read, in words; "" where all was.
        blocks: from the top; neighbouring narrow ones stand side by side.
        notes: what is to be known about the whole.
        is_filtered: period, pipeline, manager and source play a part in it.
    """

    name: str
    title: str
    as_of: float
    incomplete: str
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    is_filtered: bool = True

    @property
    def grids(self) -> list[Grid]:
        return [block for block in self.blocks if isinstance(block, Grid)]

    @property
    def has_charts(self) -> bool:
        return any(isinstance(block, Chart) for block in self.blocks)
