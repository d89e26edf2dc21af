"""What is said of the payback of a CRM, in each of its states."""

from datetime import date
from fractions import Fraction

import pytest

from b24kpi.locale import LANGUAGES
from b24kpi.metrics.crm_months import Returns
from b24kpi.metrics.crm_return import Month, paid_back_after, projected
from b24kpi.metrics.crm_windows import Basis, Counterpart
from b24kpi.metrics.model import Reason
from b24kpi.metrics.period import Grain, Period
from b24kpi.report.crm_effect import Effect, Payback
from b24kpi.report.crm_effect_tables import lay_out
from b24kpi.report.crm_effect_words import sentences
from b24kpi.report.grounds import Grounds
from b24kpi.report.table import plain
from b24kpi.report.wording import Wording

GO_LIVE = date(2026, 1, 1)


def effect(nets: tuple[int, ...], investment: int = 1000, reason: Reason | None = None) -> Effect:
    """Months with these net benefits; amounts in currency units."""
    months, start = [], GO_LIVE
    for net in nets:
        period = Period.containing(start, Grain.MONTH)
        months.append(Month(period, Fraction(1), Fraction(0), None, Fraction(net * 100), Fraction(0), Fraction(0)))
        start = period.end
    whole = Fraction(investment * 100)
    reached = paid_back_after(months, whole)
    payback = Payback(Returns(tuple(months), reason), whole, reached, None if reached else projected(months, whole))
    nothing = Counterpart(None, Basis.NOTHING)
    return Effect(GO_LIVE, 60, None, nothing, (), payback, Grounds(1.8e9, "Europe/Kyiv", "UAH", {}))


def said(found: Effect, language: str = "en") -> str:
    return list(sentences(found, Wording(language, "UAH")))[-1].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("nets", "sentence"),
    [
        (
            (500, 1000),
            "has paid for itself after 1.5 months: 1,000.00 UAH were paid, 1,500.00 UAH have returned so far.",
        ),
        ((1000, -500), "have returned so far. Later months took it below that again for a while."),
        (
            (100, 100, 100),
            "300.00 UAH have returned in 3.0 months. At the pace of the last months it will after 10.0 months",
        ),
        ((300, -150, 60), "(at the earliest"),
        ((-100, -100, -90), "At the pace of the last months nothing tells when it will."),
        ((), "Payback: no month with the CRM is complete yet."),
    ],
)
def test_the_payback_is_told_in_a_sentence(nets: tuple[int, ...], sentence: str) -> None:
    """Paid back, fallen back, on the way, in doubt, never, too early."""
    assert sentence in said(effect(nets))


def test_what_is_not_set_up_is_named() -> None:
    """The settings to add."""
    assert "[crm] go_live" in said(effect((), reason=Reason.NOT_CONFIGURED))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("nets", [(500, 1000), (300, -150, 60), ()])
def test_pages_can_be_shown_in_each_language(nets: tuple[int, ...], language: str) -> None:
    """With or without months, no brace is left and no sentence ends twice."""
    shown = plain(lay_out(effect(nets), Wording(language, "UAH")))
    assert "{" not in shown
    assert ".." not in shown
