"""What customers answered, read one by one: nps and csat. The last valid answer of a customer in a period counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import sqrt
from typing import Any

from tests.reference import slices
from tests.reference.contacts import finished_at, lead_party, touches
from tests.reference.periods import Period
from tests.reference.results import Result, Z, rate, ratio
from tests.reference.slices import Key
from tests.reference.world import World

By = Sequence[str]


@dataclass(frozen=True)
class Answer:
    """`score` is None where the answer is rejected; `order` breaks ties within a customer's answers."""

    customer: str
    at: float
    day: date
    order: tuple[float, str, int]
    score: int | None
    scale: int
    key: Key


@dataclass(frozen=True)
class Polling:
    """A metric over the answers of periods.

    occasions -- (day, key, kind) of whatever else is counted beside: closed deals, calls.
    """

    answers: Sequence[Answer]
    occasions: Sequence[tuple[date, Key, str]]
    fold: Callable[[list[Answer], list[Answer], list[str]], Result]
    by: By
    ever: Callable[[Key, Period], bool]

    def values(self, periods: Sequence[Period]) -> dict[tuple[str, Key], Result]:
        """A result for every period and every key that occurs in any of them."""
        keys = {() for _ in [0] if not self.by}
        keys |= {answer.key for answer in self.answers if any(p.holds(answer.day) for p in periods)}
        keys |= {key for day, key, _ in self.occasions if any(p.holds(day) for p in periods)}
        keys |= {answer.key for answer in self.answers if any(self.ever(answer.key, p) for p in periods)}
        return {(p.label, key): self._value(p, key) for p in periods for key in sorted(keys)}

    def _value(self, period: Period, key: Key) -> Result:
        given = [answer for answer in self.answers if period.holds(answer.day)]
        last: dict[str, Answer] = {}
        for answer in sorted(given, key=lambda each: each.order):
            if answer.score is not None:
                last[answer.customer] = answer
        mine = [answer for answer in given if answer.key == key]
        kinds = [kind for day, other, kind in self.occasions if other == key and period.holds(day)]
        found = self.fold([each for each in last.values() if each.key == key], mine, kinds)
        return found if self.ever(key, period) else _unset(found)

    def nothing(self) -> Result:
        """The result where nobody was asked."""
        found = self.fold([], [], [])
        return found if self.ever((), Period("", date.min, date.max)) else _unset(found)


def nps(world: World, by: By) -> Polling:
    """Promoters less detractors of a hundred who answered."""
    slices.check(by, frozenset({"manager", "department", "source"}))
    is_given = bool(world.mapped.get("nps_field"))
    answers = [each for each, _ in _mapped(world, "nps", 10, by)]
    deals = {each.order for each, origin in _mapped(world, "nps", 10, by) if origin == "deal"}

    def fold(last: list[Answer], mine: list[Answer], kinds: list[str]) -> Result:
        points = [each.score for each in last if each.score is not None]
        up, down, n = sum(p >= 9 for p in points), sum(p <= 6 for p in points), len(points)
        extra: dict[str, Any] = {name: Fraction(part, n) if n else None for name, part in _parts(up, down)}
        extra["answered_deals"] = _answered(world, "nps", mine, deals, kinds)
        extra["rejected"] = sum(each.score is None for each in mine) if is_given else None
        found = ratio(100 * (up - down), n, n, **extra)
        if not n:
            return found
        score = Fraction(up - down, n)
        reach = Z * sqrt(Fraction(up + down, n) - score * score) / sqrt(n)
        return replace(found, low=max(-100.0, 100 * (score - reach)), high=min(100.0, 100 * (score + reach)))

    return Polling(answers, _closed(world, by), fold, by, lambda key, period: is_given)


def csat(world: World, by: By) -> Polling:
    """Those who gave at least four fifths of the best mark, of those who answered; votes on calls too."""
    slices.check(by, frozenset({"manager", "department"}))
    scale = world.mapped.get("csat_scale", 5)
    mapped, votes = _mapped(world, "csat", scale, by), _votes(world, by)
    deals = {each.order for each, origin in mapped if origin == "deal"}
    is_given = bool(world.mapped.get("csat_field"))

    def fold(last: list[Answer], mine: list[Answer], kinds: list[str]) -> Result:
        points = [(each.score or 0, each.scale) for each in last]
        found = rate(sum(Fraction(score, best) >= Fraction(4, 5) for score, best in points), len(points))
        calls = [kind for kind in kinds if kind != "closed"]
        total = sum(best for _, best in points)
        extra = {
            "mean_mark": Fraction(sum(score for score, _ in points), total) if points else None,
            "answered_deals": _answered(world, "csat", mine, deals, kinds),
            "voted_calls": Fraction(calls.count("voted"), len(calls)) if calls else None,
            "rejected": sum(each.score is None for each in mine),
        }
        return replace(found, extra=extra)

    def ever(key: Key, period: Period) -> bool:
        return is_given or any(vote.day < period.end and key in ((), vote.key) for vote in votes)

    occasions = [*_closed(world, by), *_handled(world, by)]
    return Polling([*(each for each, _ in mapped), *votes], occasions, fold, by, ever)


def _parts(up: int, down: int) -> list[tuple[str, int]]:
    return [("promoters", up), ("detractors", down)]


def _unset(found: Result) -> Result:
    return replace(found, value=None, low=None, high=None, reason="not_configured")


def _answered(world: World, kind: str, mine: list[Answer], deals: set[Any], kinds: list[str]) -> Fraction | None:
    """Of the deals closed in the period, how many answers there are on deals; only where the field is one of deals."""
    field, closed = world.mapped.get(f"{kind}_field", ""), kinds.count("closed")
    if not field.startswith(("UF_", "deal.")) or not closed:
        return None
    return Fraction(sum(each.score is not None and each.order in deals for each in mine), closed)


def _closed(world: World, by: By) -> list[tuple[date, Key, str]]:
    found = []
    for deal in world.deals:
        if (at := deal.life.closed_at) is not None:
            found.append((world.day(at), slices.of_deal(world, deal, at, by), "closed"))
    return found


def _calls(world: World) -> list[dict[str, Any]]:
    return [row for row in world.rows("call") if row["call_start_date"] is not None and row["call_type"] != 5]


def _handled(world: World, by: By) -> list[tuple[date, Key, str]]:
    found = []
    for row in _calls(world):
        if row["call_failed_code"] == "200" and (row["call_duration"] or 0) > 0:
            own = slices.people(world, row["portal_user_id"])
            kind = "voted" if (row.get("call_vote") or 0) > 0 else "handled"
            found.append((world.day(row["call_start_date"]), tuple(own[name] for name in by), kind))
    return found


def _votes(world: World, by: By) -> list[Answer]:
    parties = {touch.id: touch.party for touch in touches(world)}
    found = []
    for row in _calls(world):
        if (row.get("call_vote") or 0) > 0:
            own, at = slices.people(world, row["portal_user_id"]), row["call_start_date"]
            entity = str(row.get("crm_entity_type") or "").lower()
            linked = f"{entity}:{row['crm_entity_id']}" if entity in ("company", "contact") else f"call:{row['id']}"
            who = parties.get(row["crm_activity_id"], linked)
            key, order = tuple(own[name] for name in by), (at, "call", row["id"])
            found.append(Answer(who, at, world.day(at), order, _score(str(row["call_vote"]), 5), 5, key))
    return found


def _mapped(world: World, kind: str, scale: int, by: By) -> list[tuple[Answer, str]]:
    """Answers in the mapped field, each with the stream it is from."""
    field, date_field = (world.mapped.get(f"{kind}_{name}", "") for name in ("field", "date_field"))
    if not field:
        return []
    stream, column = _place(field)
    found = []
    for row in world.rows(stream):
        given = row.get(column)
        who = None if given is None else _who(world, stream, row)
        if who is None:
            continue
        moment = _moment(world, row.get(_place(date_field)[1])) if date_field else None
        at = who[1] if moment is None else moment
        if at is not None:
            key = tuple(who[2][name] for name in by)
            score = _score(str(given), scale)
            found.append((Answer(who[0], at, world.day(at), (at, stream, row["id"]), score, scale, key), stream))
    return found


def _who(world: World, stream: str, row: dict[str, Any]) -> tuple[str, float | None, dict[str, str]] | None:
    """The customer, the moment of closing, and the dimensions."""
    source = {"source": slices.text(row.get("source_id"))}
    if stream == "deal":
        deal = next((each for each in world.deals if each.id == row["id"]), None)
        if deal is None:
            return None
        at = deal.life.closed_at
        people = slices.people(world, world.owner(deal, world.as_of if at is None else at))
        return deal.customer or f"deal:{deal.id}", at, people | source
    people = slices.people(world, row.get("assigned_by_id")) | source
    if stream == "lead":
        is_over = row["status_semantic_id"] in ("S", "F")
        return lead_party(world, row["id"]), finished_at(row) if is_over else None, people
    return f"{stream}:{row['id']}", None, people


def _place(field: str) -> tuple[str, str]:
    stream, _, code = field.rpartition(".")
    return stream or "deal", code.lower()


def _moment(world: World, value: Any) -> float | None:
    if value is None or isinstance(value, int):
        return value
    return datetime.combine(date.fromisoformat(value[:10]), time(), world.zone).timestamp()


def _score(text: str, scale: int) -> int | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    least = 0 if scale == 10 else 1
    return int(number) if number == int(number) and least <= number <= scale else None
