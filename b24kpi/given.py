"""Settings → the figures that facts and KPIs depend on."""

from decimal import Decimal
from fractions import Fraction

from b24kpi.facts.crm_figures import CrmFigures
from b24kpi.facts.figures import Figures
from b24kpi.facts.mapped_figures import MappedFigures
from b24kpi.metrics.catalogue import find
from b24kpi.metrics.model import Unit
from b24kpi.settings import CrmSettings, ServiceSettings, Settings

DAY = 86_400


def figures_of(settings: Settings) -> Figures:
    """Money becomes hundredths, days of a cycle seconds; an hourly rate of 0 is none."""
    return Figures(
        margin=Fraction(settings.marketing.margin),
        base_days=settings.customers.base_days,
        junk=settings.marketing.junk,
        hourly_rate=_hundredths(settings.money.hourly_rate) or None,
        crm=_crm(settings.crm),
        stuck_days=settings.funnel.stuck_days,
        service=settings.service.figures,
        point=settings.results.point,
        mapped=_mapped(settings.service),
    )


def _mapped(settings: ServiceSettings) -> MappedFigures:
    return MappedFigures(settings.request_pipeline, settings.approval_stages, settings.document_stages)


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
