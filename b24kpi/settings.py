"""Settings: a TOML file and the environment, checked as a whole and frozen.

Every value can come from `B24KPI_` + section + `__` + key in the environment, which wins over the file. Relative
paths start at the folder of the file. `settings.example.toml` shows every key.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from b24kpi import settings_checks as checks
from b24kpi.errors import BadInput
from b24kpi.facts.crm_figures import ADJUSTMENTS, BENEFITS
from b24kpi.facts.mapped_figures import FORMS
from b24kpi.metrics.attribution import FIRST
from b24kpi.metrics.period import Grain
from b24kpi.portal.user_fields import FieldName
from b24kpi.settings_digest import DigestSettings
from b24kpi.settings_faults import Vocabulary, explain, read_toml, unknown_names, unknown_variables
from b24kpi.settings_portal import ApplicationSettings, PortalSettings
from b24kpi.settings_section import Section
from b24kpi.settings_service import (
    EMPTY_IS_NONE,
    InteractionSettings,
    OfferSettings,
    RatingSettings,
    ServiceSettings,
)

# `UF_CRM_…` of deals, or `lead.UF_CRM_…`, `company.…`, `contact.…`
UserFieldName = Annotated[str, AfterValidator(checks.user_field)]
_OptionalPath = Annotated[Path | None, EMPTY_IS_NONE]
_OptionalDate = Annotated[date | None, EMPTY_IS_NONE]
_Amount = Annotated[Decimal, Field(ge=0)]


class UiSettings(Section):
    """The language of texts for people: uk, ru, en, or "" for that of the environment."""

    language: Annotated[str, AfterValidator(checks.language)] = ""


class CacheSettings(Section):
    """The SQLite file; absolute after `load`."""

    path: Annotated[Path, AfterValidator(checks.file_path)] = Path("b24kpi.sqlite")


class MarketingSettings(Section):
    """Costs: a CSV file or None; `margin` is the share of revenue that is margin, 0 to 1; STATUS_IDs of junk leads.

    Attributes:
        attribution: the touch to which wins are put down, one of `metrics.attribution.RULES`.
        touches: see `facts.mapped_figures`.
    """

    costs: _OptionalPath = None
    margin: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("1.0")
    junk: tuple[str, ...] = ("JUNK",)
    attribution: Annotated[str, AfterValidator(checks.attribution)] = FIRST
    touches: dict[Annotated[str, AfterValidator(checks.touch)], str] = Field(default_factory=lambda: dict(FORMS))


class CustomerSettings(Section):
    """The customer base: `base_days` are the days for which a purchase keeps a customer in it, its own day included."""

    base_days: Annotated[int, Field(ge=30, le=3650)] = 365


class FunnelSettings(Section):
    """`stuck_days`: a deal is stuck after so many days of silence, or in a stage of which too little is known."""

    stuck_days: Annotated[int, Field(ge=1, le=365)] = 14


class MetricSettings(Section):
    """The user's own KPIs: a folder of TOML files, or None."""

    folder: _OptionalPath = None


class MoneySettings(Section):
    """What an hour of work costs, in the report currency; 0 where nobody told."""

    hourly_rate: _Amount = Decimal("0.0")


class CrmSettings(Section):
    """The CRM as an investment, see `facts.crm_figures`; money in the report currency, `baseline` cycles in days."""

    go_live: _OptionalDate = None
    investment: _Amount = Decimal("0.0")
    subscription: _Amount = Decimal("0.0")
    saved_hours: _Amount = Decimal("0.0")
    adaptation_days: Annotated[int, Field(ge=0, le=730)] = 60
    benefits: tuple[Annotated[str, AfterValidator(checks.benefit)], ...] = BENEFITS
    counterfactual: tuple[Annotated[str, AfterValidator(checks.adjustment)], ...] = ADJUSTMENTS
    baseline: dict[Annotated[str, AfterValidator(checks.compared)], _Amount] = Field(default_factory=dict)


class ResultSettings(Section):
    """What stands for a point of sale: a department, or a pipeline."""

    point: Annotated[str, AfterValidator(checks.point)] = "department"


class PlanSettings(Section):
    """Plans: a CSV file or None."""

    file: _OptionalPath = None


class MotivationSettings(Section):
    """What bonuses are reckoned by: a TOML file or None; so many days after its end a month is closed."""

    scheme: _OptionalPath = None
    close_days: Annotated[int, Field(ge=0, le=90)] = 5


class ScheduleSettings(Section):
    """When the daemon works: cron with five fields, in the portal's time zone.

    Attributes:
        refresh: sync, compute, push.
        deletions: the same, and rows that vanished are looked for whatever that takes.
    """

    refresh: Annotated[str, AfterValidator(checks.cron)] = "*/30 * * * *"
    deletions: Annotated[str, AfterValidator(checks.cron)] = "20 3 * * *"


class ReportSettings(Section):
    """One report that `push` hands to its sinks.

    Attributes:
        name: part of the keys of the pushed entries; never change it lightly.
        metrics, preset: ids of KPIs, or instead of them a choice of ours.
        periods: how many complete periods, besides the present one.
        by: slices, each a list of dimensions with commas between them, "" for all together.
    """

    name: Annotated[str, AfterValidator(checks.report_name)]
    metrics: Annotated[tuple[str, ...], Field(min_length=1)] = ()
    preset: str = ""
    period: Annotated[Grain, BeforeValidator(checks.grain)] = Grain.MONTH
    periods: Annotated[int, Field(ge=1, le=1000)] = 12
    by: tuple[Annotated[str, AfterValidator(checks.slice_text)], ...] = ("",)
    sinks: tuple[str, ...] = ("smart_process",)

    @model_validator(mode="after")
    def _has_metrics(self) -> Self:
        if bool(self.metrics) == bool(self.preset):
            raise PydanticCustomError("metrics_or_preset", "")
        return self


MONTHLY = ReportSettings(
    name="monthly",
    metrics=("total_sales", "aov", "win_rate", "stage_conversion", "ltv_historic", "romi"),
    by=("", "manager", "source"),
)


class Settings(BaseSettings):
    """Everything that people may set; sections are attributes.

    Attributes:
        dimensions: name of a further dimension of reports → the user field whose values it has.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=checks.PREFIX, env_nested_delimiter="__", validate_default=False
    )

    portal: PortalSettings = PortalSettings()
    application: ApplicationSettings = ApplicationSettings()
    ui: UiSettings = UiSettings()
    cache: CacheSettings = CacheSettings()
    marketing: MarketingSettings = MarketingSettings()
    customers: CustomerSettings = CustomerSettings()
    funnel: FunnelSettings = FunnelSettings()
    dimensions: dict[Annotated[str, AfterValidator(checks.dimension_name)], UserFieldName] = {}
    metrics: MetricSettings = MetricSettings()
    money: MoneySettings = MoneySettings()
    crm: CrmSettings = CrmSettings()
    service: ServiceSettings = ServiceSettings()
    ratings: RatingSettings = RatingSettings()
    interaction: InteractionSettings = InteractionSettings()
    offers: OfferSettings = OfferSettings()
    results: ResultSettings = ResultSettings()
    plan: PlanSettings = PlanSettings()
    motivation: MotivationSettings = MotivationSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    report: Annotated[tuple[ReportSettings, ...], AfterValidator(checks.distinct_names)] = (MONTHLY,)

    digest: Annotated[DigestSettings, Field(validate_default=True)] = DigestSettings()

    @field_validator("digest")
    @classmethod
    def _tells_somebody(cls, digest: DigestSettings, info: ValidationInfo) -> DigestSettings:
        reports: tuple[ReportSettings, ...] = info.data.get("report", ())
        if not digest.users and any("digest" in each.sinks for each in reports):
            raise PydanticCustomError("digest_for_nobody", "")
        return digest


def find(given: Path | None, environ: Mapping[str, str], folder: Path) -> Path | None:
    """The settings file: the given one, else `settings.toml` in the folder, else `$B24KPI_SETTINGS`, else none."""
    if given is not None:
        return given
    if (usual := folder / "settings.toml").is_file():
        return usual
    return Path(environ["B24KPI_SETTINGS"]) if environ.get("B24KPI_SETTINGS") else None


def load(path: Path | None, environ: Mapping[str, str], *, vocabulary: Vocabulary | None = None) -> Settings:
    """Read the settings; without a file, from the environment and the defaults.

    Args:
        vocabulary: known metrics and sinks for `[[report]]`; by default, what this installation has.

    Raises:
        Problems: everything that is wrong, at once, each with its place and the remedy.
    """
    data = read_toml(path) if path is not None else {}
    source = _sourced(environ)
    folder = (path.parent if path is not None else Path()).absolute()
    with explain(path, data, environ, Settings) as faults:
        faults.extend(unknown_variables(environ, Settings))
        faults.extend(unknown_names(data, environ, folder, vocabulary))
        settings = source(**data)
    return _anchored(settings, folder)


def user_fields(settings: Settings) -> dict[str, FieldName]:
    """Key of the settings → the user field of the portal that is to be read for it."""
    named = {f"[dimensions] {name}": text for name, text in settings.dimensions.items()}
    named |= settings.ratings.fields | settings.offers.fields
    return {key: FieldName.parse(text) for key, text in named.items()}


def require_portal(settings: Settings) -> None:
    """
    Raises:
        BadInput: neither a webhook nor an application leads to a portal.
    """
    if not (settings.portal.webhook_url.get_secret_value() or settings.portal.client_id):
        raise BadInput("settings.no_webhook")


def _sourced(environ: Mapping[str, str]) -> type[Settings]:
    """Settings that read this environment, whatever the process's own is."""

    class Sourced(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            variables = EnvSettingsSource(settings_cls)
            variables.env_vars = {name.lower(): value for name, value in environ.items()}
            return variables, init_settings

    return Sourced


def _anchored(settings: Settings, folder: Path) -> Settings:
    def absolute(path: Path | None) -> Path | None:
        return None if path is None else folder / path.expanduser()

    def anchored(section: Section, key: str) -> Section:
        return section.model_copy(update={key: absolute(getattr(section, key))})

    files = {"cache": "path", "marketing": "costs", "metrics": "folder", "plan": "file", "motivation": "scheme"}
    return settings.model_copy(update={name: anchored(getattr(settings, name), key) for name, key in files.items()})
