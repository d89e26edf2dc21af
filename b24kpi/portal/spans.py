"""Sets of ids as ranges, for keeping account of what is still unread. No I/O."""

from collections.abc import Iterable, Iterator

Span = tuple[int, int]


class Spans:
    """A set of ids as disjoint ranges after < id <= upto, ascending; ranges that touch are one.

    >>> left = Spans([(0, 100)])
    >>> left.remove(40, 60)
    >>> list(left)
    [(0, 40), (60, 100)]
    """

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans: list[Span] = []
        for after, upto in spans:
            self.add(after, upto)

    def __iter__(self) -> Iterator[Span]:
        return iter(tuple(self._spans))

    def __bool__(self) -> bool:
        return bool(self._spans)

    @property
    def ids(self) -> int:
        """How many ids the set has, whether there are rows for them or not."""
        return sum(upto - after for after, upto in self._spans)

    def add(self, after: int, upto: int) -> None:
        """Put the ids of a range in; an empty range changes nothing."""
        if after >= upto:
            return
        touching = [span for span in self._spans if span[0] <= upto and after <= span[1]]
        others = [span for span in self._spans if not (span[0] <= upto and after <= span[1])]
        merged = (min([after, *(span[0] for span in touching)]), max([upto, *(span[1] for span in touching)]))
        self._spans = sorted([*others, merged])

    def remove(self, after: int, upto: int) -> None:
        """Take the ids of a range out, as far as they are in; an empty range changes nothing."""
        if after >= upto:
            return
        left: list[Span] = []
        for low, high in self._spans:
            left += [(low, min(high, after)), (max(low, upto), high)]
        self._spans = [span for span in left if span[0] < span[1]]

    def clip(self, after: int, upto: int) -> None:
        """Keep only the ids of a range."""
        clipped = ((max(low, after), min(high, upto)) for low, high in self._spans)
        self._spans = [span for span in clipped if span[0] < span[1]]

    def take(self, width: int) -> Span:
        """Take out the first ids, at most `width` of them and never beyond a gap.

        Raises:
            IndexError: the set is empty.
        """
        after, upto = self._spans[0]
        upto = min(upto, after + max(width, 1))
        self.remove(after, upto)
        return after, upto

    @property
    def first(self) -> Span:
        """The first range.

        Raises:
            IndexError: the set is empty.
        """
        return self._spans[0]
