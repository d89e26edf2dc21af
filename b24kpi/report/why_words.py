"""A change of sales in plain sentences: what it was, what brought it, what of that may be chance."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from b24kpi.metrics.change import Effect, Verdict
from b24kpi.metrics.ratios import as_money
from b24kpi.report.why import Change, Segment
from b24kpi.report.wording import Wording

# From this change on a sentence leaves out cents, in all its amounts.
WHOLE_FROM = Decimal(1000)
MOST_SEGMENTS = 3


def sentence(change: Change, wording: Wording) -> str:
    """`Sales fell by 179,759 UAH: fewer closed deals (−88,930 UAH), a lower win rate (−54,905 UAH).`

    The causes that go with the change come first, each group by size. Rates and averages are those of the whole, so
    the words are true whatever happens within segments.
    """
    if change.reason is not None:
        return wording.known("reason", str(change.reason)) + "."
    fell = change.change < 0
    moving = sorted(filter(lambda each: each.money, change.effects), key=lambda each: -abs(each.money))
    along = _causes(change, wording, (each for each in moving if (each.money < 0) == fell))
    others = _causes(change, wording, (each for each in moving if (each.money < 0) != fell))
    causes = wording.say("why.against", causes=along, others=others) if along and others else along or others
    if not change.change:
        return wording.say("why.same_because", causes=causes) if causes else wording.say("why.same")
    amount = wording.money(as_money(Fraction(change.change)), whole=_is_whole(change))
    return wording.say("why.fell" if fell else "why.rose", change=amount, causes=causes)


def chance(change: Change, wording: Wording) -> str:
    """Which of the causes may be mere chance; "" where none is."""
    judged = [each for each in change.effects if each.money and change.reason is None]
    noise = [each for each in judged if each.verdict is Verdict.WITHIN_NOISE]
    if len(noise) > 1 and len(noise) == len(judged):
        return wording.say("why.chance_all")
    names = ", ".join(_in_sentence(factor_name(each.factor, wording)) for each in noise)
    return wording.say("why.chance_some", factors=names) if noise else ""


def by_segment(change: Change, wording: Wording) -> str:
    """The three segments that changed most, then how many are new or gone; "" without segments."""
    lasting = [each for each in change.segments if not _came_or_went(each) and each.change]
    parts = [
        wording.say("why.segment", name=segment_name(each, wording), change=_signed(each.change, change, wording))
        for each in lasting[:MOST_SEGMENTS]
    ]
    for name in ("new_segments", "lost_segments"):
        count = sum(each.effects[0].factor == name for each in change.segments)
        if count:
            counted = wording.say(f"why.{name}", count=count)
            money = _signed(change.within[name], change, wording)
            parts.append(wording.say("why.segment", name=counted, change=money))
    return wording.say("why.segments", segments="; ".join(parts)) if parts and change.reason is None else ""


def factor_name(factor: str, wording: Wording) -> str:
    return wording.say(f"why.factor.{factor}")


def segment_name(segment: Segment, wording: Wording) -> str:
    """`Anna Kovalenko, Advertising`; ids where there are no names."""
    return ", ".join(value_name(segment, name, wording) for name in segment.by)


def value_name(segment: Segment, dimension: str, wording: Wording) -> str:
    return segment.labels.get(dimension) or segment.by[dimension] or wording.say("report.empty")


def _causes(change: Change, wording: Wording, effects: Iterable[Effect]) -> str:
    return ", ".join(
        wording.say(
            "why.cause",
            name=wording.say(f"why.{'up' if each.money > 0 else 'down'}.{each.factor}"),
            change=_signed(each.money, change, wording),
        )
        for each in effects
    )


def _signed(hundredths: int, change: Change, wording: Wording) -> str:
    amount = as_money(Fraction(hundredths))
    sign = "−" if hundredths < 0 else "+" if hundredths > 0 else ""
    return sign + wording.money(amount, whole=_is_whole(change))


def _is_whole(change: Change) -> bool:
    return abs(as_money(Fraction(change.change))) >= WHOLE_FROM


def _came_or_went(segment: Segment) -> bool:
    return segment.effects[0].factor in ("new_segments", "lost_segments")


def _in_sentence(name: str) -> str:
    """A name in the middle of a sentence begins with a small letter."""
    return name[:1].lower() + name[1:]


def sentences(change: Change, wording: Wording) -> Sequence[str]:
    """All that there is to say."""
    unfinished = wording.say("why.unfinished") if change.is_unfinished else ""
    said = (sentence(change, wording), unfinished, chance(change, wording), by_segment(change, wording))
    return [each for each in said if each]
