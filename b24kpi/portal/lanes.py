"""How many requests are under way at once: more while the portal answers as fast, fewer once it does not. No I/O."""

from dataclasses import dataclass

FIRST = 4
FEWEST = 2
MOST = 8

# Seconds per command, as a multiple of the least ever seen.
STILL_FAST = 2.0
TOO_SLOW = 6.0


@dataclass
class Lanes:
    """The number of requests that may be under way at once.

    Attributes:
        count: that number for now.
        most: where it ends, whatever the portal bears.
    """

    count: int = FIRST
    most: int = MOST
    _best: float = 0.0

    def went_well(self, seconds: float, commands: int, waited: float = 0.0) -> None:
        """Learn from a batch that was answered: one lane more where answers are as fast as with few lanes.

        Args:
            waited: seconds for which the answer lay about because earlier ones were not stored yet; where that is
                longer than answering takes, more lanes would only fill memory.
        """
        each = seconds / max(commands, 1)
        self._best = min(self._best or each, each)
        if waited > seconds or each > TOO_SLOW * self._best:
            self.count = max(min(FEWEST, self.most), self.count - 1)
        elif each <= STILL_FAST * self._best:
            self.count = min(self.most, self.count + 1)

    def went_badly(self) -> None:
        """Half as many after a refusal, a time-out, a broken connection."""
        self.count = max(1, self.count // 2)
