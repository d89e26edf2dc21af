"""How many requests are under way at once: one more where the portal then answers more in a second. No I/O."""

from dataclasses import dataclass, field

FIRST = 2  # one is answered while the answer before is taken apart
FEWEST = 2
MOST = 8

# One lane more has to bring at least this share of what a lane brings.
WORTH = 0.5
# Batches of fewer commands say nothing of the speed: most of their time is the way there and back.
TELLING = 10
# After so many answers all is tried again: the portal may have become idle or busy.
FRESH = 24


@dataclass
class Lanes:
    """The number of requests that may be under way at once.

    Attributes:
        count: that number for now.
        most: where it ends, whatever the portal bears.
    """

    count: int = FIRST
    most: int = MOST
    _speeds: dict[int, float] = field(default_factory=dict)  # requests under way → commands answered in a second
    _answers: int = 0

    def __post_init__(self) -> None:
        self.count = min(self.count, self.most)

    def went_well(self, seconds: float, commands: int, under_way: int, waited: float = 0.0) -> None:
        """Learn from a batch that was answered.

        Args:
            under_way: requests that the portal had to answer meanwhile, this one among them.
            waited: seconds for which the answer lay about because earlier ones were not stored yet; where that is
                longer than answering takes, more lanes would only fill memory.
        """
        if waited > seconds:
            self.count = self._fewer()
        elif commands >= TELLING and seconds > 0:
            self._learn(under_way * commands / seconds, under_way)
            self.count = self._fitting()

    def went_badly(self) -> None:
        """Half as many after a refusal, a time-out, a broken connection."""
        self.count = max(1, self.count // 2)
        self._speeds.clear()

    def _learn(self, speed: float, under_way: int) -> None:
        self._answers += 1
        if self._answers % FRESH == 0:
            self._speeds.clear()
        self._speeds[under_way] = (self._speeds.get(under_way, speed) + speed) / 2

    def _fitting(self) -> int:
        """One fewer where the last one brought too little, one more where it is not known to bring too little."""
        if self.count not in self._speeds:
            return self.count
        if self.count > FEWEST and not self._is_worth(self.count):
            return self._fewer()
        return self.count + 1 if self.count < self.most and self._is_worth(self.count + 1) else self.count

    def _is_worth(self, lanes: int) -> bool:
        speed, before = self._speeds.get(lanes), self._speeds.get(lanes - 1)
        return speed is None or before is None or speed >= before * (1 + WORTH / (lanes - 1))

    def _fewer(self) -> int:
        return max(min(FEWEST, self.most), self.count - 1)
