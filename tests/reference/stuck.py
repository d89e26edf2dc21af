"""Open deals that do not move, judged one by one as of the end of a period."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.reference import slices, survival
from tests.reference.deals import Stay, Visit
from tests.reference.forecast import AGES, ENOUGH_STAYS, TWO_YEARS, close_of
from tests.reference.periods import Period, midnight
from tests.reference.plan import always
from tests.reference.results import Result, total
from tests.reference.slices import Key
from tests.reference.stages import Row
from tests.reference.survival import Duration
from tests.reference.world import Deal, World

By = Sequence[str]
Known = tuple[Stay, Deal]
DAY = 86400
FEW = 20


@dataclass(frozen=True)
class Snapshot:
    """A metric of what there is at the end of a period.

    pick -- period → (key, what) of everything that counts.
    fold -- all that counts under one key → result.
    keys -- keys that are always due.
    """

    pick: Callable[[Period], Iterable[tuple[Key, Fraction]]]
    fold: Callable[[list[Fraction]], Result]
    keys: Sequence[Key]

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every key that is due or occurs in some period."""
        found = {period: list(self.pick(period)) for period in periods}
        keys = {key for picked in found.values() for key, _ in picked} | set(self.keys)
        return {
            (period.label, key): self.fold([what for own, what in picked if own == key])
            for period, picked in found.items()
            for key in sorted(keys)
        }

    def nothing(self) -> Result:
        """The result of nothing."""
        return self.fold([])


def stuck_deals(world: World, by: By) -> Snapshot:
    """How many open deals do not move, and what is at stake with them."""
    rest = [name for name in by if name != "stage"]
    slices.check(rest, slices.DEAL)
    return Snapshot(lambda period: _stuck(world, period, by), _count, always(by))


def _count(stakes: list[Fraction]) -> Result:
    return total(len(stakes), len(stakes), money_at_stake=Fraction(round(sum(stakes, Fraction(0))), 100))


def _stuck(world: World, period: Period, by: By) -> Iterable[tuple[Key, Fraction]]:
    moment = min(midnight(period.end, world.zone) - 1, world.as_of)
    past: dict[tuple[int, str], list[Known]] = {}
    for deal, stay in world.stays():
        if stay.start <= moment:
            past.setdefault((stay.category, stay.stage), []).append((stay, deal))
    for (category, stage), stays in past.items():
        same_pipeline = [each for (other, _), those in past.items() if other == category for each in those]
        groups = (stays, same_pipeline, [each for those in past.values() for each in those])
        limit = _limit(world, [stay for stay, _ in stays], moment)
        for stay, deal in stays:
            if (stay.end is None or stay.end > moment) and _is_stuck(world, deal, stay, moment, limit):
                own = {"stage": stage}
                rest = [name for name in by if name != "stage"]
                own |= dict(zip(rest, slices.of_deal(world, deal, moment, rest, pipeline=category), strict=True))
                yield tuple(own[name] for name in by), _at_stake(deal, groups, stay, moment)


def _limit(world: World, stays: Sequence[Stay], moment: float) -> float:
    """From when on a stay is too long: 80 % of those known were over by then."""
    usual = float(world.stuck_days * DAY)
    if len(stays) < FEW:
        return usual
    steps = list(survival.curve([_until(stay.start, stay.end, moment, "left") for stay in stays]))
    found = survival.quantile(steps, Fraction(1, 5))
    return usual if found is None else found


def _is_stuck(world: World, deal: Deal, stay: Stay, moment: float, limit: float) -> bool:
    known = [row for row in world.activities(deal) if row["created"] <= moment]
    planned = [row for row in known if not row["completed"] or _changed(row) > moment]
    touched = [when for row in known for when in (row["created"], _changed(row)) if when <= moment]
    return (
        moment - stay.start > limit
        or not planned
        or any((row["deadline"] or moment) < moment for row in planned)
        or moment - max(touched, default=stay.start) > world.stuck_days * DAY < moment - stay.start
    )


def _changed(row: Row) -> float:
    return row["created"] if row["last_updated"] is None else float(row["last_updated"])


def _at_stake(deal: Deal, groups: Sequence[Sequence[Known]], own: Stay, moment: float) -> Fraction:
    """Its money times what the chance to win has fallen by since it came into the stage.

    By the first of the groups of stays of two years that tells: ten of them have to have lasted longer than an age that
    the deal has reached. The last such age counts; in the first day nothing has fallen.
    """
    for group in groups:
        stays = [each for each in group if each[0].start > moment - TWO_YEARS]
        for age in sorted((age for age in AGES if age * DAY <= moment - own.start), reverse=True):
            lasting = [each for each in stays if _until(each[0].start, each[0].end, moment, "left").seconds > age * DAY]
            if len(lasting) >= ENOUGH_STAYS:
                fallen = _chance(stays, 0, moment) - _chance(lasting, age * DAY, moment) if age else Fraction(0)
                return max(deal.money, 0) * max(fallen, Fraction(0))
    return Fraction(0)


def _chance(stays: Sequence[Known], age: float, moment: float) -> Fraction:
    """The share of their deals that will be won in the end, of those that were in the stage for so long."""
    rest = []
    for stay, deal in stays:
        whole = _until(stay.start, close_of(deal), moment, "won" if deal.life.outcome == "S" else "lost")
        rest.append(Duration(whole.seconds - age, whole.end))
    steps = list(survival.curve(rest))
    return steps[-1].won if steps else Fraction(0)


def end_of(visit: Visit, deal: Deal) -> tuple[float | None, str]:
    """When and how a visit to a pipeline ended: by leaving it, else with the deal."""
    if visit is not deal.life.visits[-1]:
        return visit.stays[-1].end, "left"
    if visit.won_at is not None:
        return visit.won_at, "won"
    return deal.life.closed_at, "lost"


def _until(start: float, end: float | None, moment: float, how: str) -> Duration:
    if end is None or end > moment:
        return Duration(max(moment - start, 0), None)
    return Duration(max(end - start, 0), how)
