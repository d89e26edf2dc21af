"""Settings → the figures that facts and KPIs depend on."""

from decimal import Decimal
from fractions import Fraction

from b24kpi.facts.crm_figures import CrmFigures
from b24kpi.facts.figures import Figures
from b24kpi.facts.interaction_figures import TARGETS, WEIGHTS, InteractionFigures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.facts.motivation_figures import Motivation
from b24kpi.facts.service_figures import WorkTime
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Unit
from b24kpi.motivation_file import read_scheme
from b24kpi.settings import CrmSettings, MotivationSettings, Settings
from b24kpi.settings_service import InteractionSettings

DAY = 86_400


def figures_of(settings: Settings, hours: WorkTime | None = None) -> Figures:
    """Money becomes hundredths, days of a cycle seconds; an hourly rate of 0 is none.

    Args:
        hours: of the portal's calendar; None where they are not known.
    """
    return Figures(
        margin=Fraction(settings.marketing.margin),
        base_days=settings.customers.base_days,
        junk=settings.marketing.junk,
        hourly_rate=_hundredths(settings.money.hourly_rate) or None,
        crm=_crm(settings.crm),
        stuck_days=settings.funnel.stuck_days,
        service=settings.service.figures(hours),
        point=settings.results.point,
        mapped=_mapped(settings),
        motivation=_motivation(settings.motivation),
        interaction=_interaction(settings.interaction),
    )


def _mapped(settings: Settings) -> MappedFigures:
    service, ratings, offers = settings.service, settings.ratings, settings.offers
    return MappedFigures(
        request_pipeline=service.request_pipeline,
        approval_stages=service.approval_stages,
        document_stages=service.document_stages,
        nps_field=ratings.nps_field,
        nps_date_field=ratings.nps_date_field,
        csat_field=ratings.csat_field,
        csat_date_field=ratings.csat_date_field,
        csat_scale=ratings.csat_scale,
        offer_field=offers.date_field,
        hold_out_field=offers.hold_out_field,
        offer_days=offers.days,
        touches=settings.marketing.touches,
    )


def _interaction(settings: InteractionSettings) -> InteractionFigures:
    """What is not told has its usual weight and target."""
    return InteractionFigures({**WEIGHTS, **settings.weights}, {**TARGETS, **settings.targets})


def _motivation(settings: MotivationSettings) -> Motivation:
    """
    Raises:
        BadInput: the file of the scheme has a fault.
    """
    return Motivation(read_scheme(settings.scheme) if settings.scheme else (), settings.close_days)


def _crm(settings: CrmSettings) -> CrmFigures:
    return CrmFigures(
        go_live=settings.go_live,
        investment=_hundredths(settings.investment),
        subscription=_hundredths(settings.subscription),
        saved_hours=Fraction(settings.saved_hours),
        adaptation_days=settings.adaptation_days,
        benefits=settings.benefits,
        counterfactual=settings.counterfactual,
        baseline={name: _in_unit(name, amount) for name, amount in settings.baseline.items()},
    )


def _in_unit(metric: str, amount: Decimal) -> Fraction:
    scale = {Unit.MONEY: 100, Unit.DURATION: DAY}
    return Fraction(amount) * scale.get(find(metric).unit, 1)


def _hundredths(amount: Decimal) -> Fraction:
    return Fraction(amount) * 100
