"""What the demo company is: its pipelines, lead statuses, sources, campaigns, currencies and people.

Plain values. Codes and semantics of stages follow crm.status.list
(https://apidocs.bitrix24.com/api-reference/crm/status/crm-status-list.html): the default pipeline's codes are bare,
those of pipeline n start with `Cn:`, stages that users add are `UC_` and six characters.
"""

from dataclasses import dataclass

TIME_ZONE = "Europe/Kyiv"
BASE_CURRENCY = "UAH"
ADMIN_ID = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage or lead status; `days` is the typical stay in working days, `loss` the chance to be lost out of it."""

    code: str
    name: str
    semantics: str = "P"
    days: float = 0.0
    loss: float = 0.0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A deal pipeline: process stages in order, then the final ones; `amount` is the typical deal in UAH."""

    id: int
    name: str
    amount: float
    process: tuple[Stage, ...]
    won: Stage
    lost: tuple[Stage, ...]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All stages in the order of their columns."""
        return (*self.process, self.won, *self.lost)


@dataclass(frozen=True, slots=True)
class Source:
    """Where leads come from; `share` of new customers, `quality` divides their chance to be lost."""

    code: str
    name: str
    share: float
    quality: float


@dataclass(frozen=True, slots=True)
class Campaign:
    """An advertising campaign: its UTM marks, its share within the source, and what a lead costs in `currency`."""

    source: str
    utm_source: str
    utm_medium: str
    utm_campaign: str
    share: float
    quality: float
    lead_cost: float
    currency: str


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: `amount_cnt` units cost `amount` of the base currency."""

    code: str
    name: str
    amount: float
    amount_cnt: int
    format: str
    share: float


@dataclass(frozen=True, slots=True)
class Manager:
    """A seller: `skill` divides the chance of losing, `pace` multiplies every stay and every response."""

    id: int
    department: int
    skill: float
    pace: float


def _pipeline(number: int, name: str, amount: float, process: tuple[Stage, ...], lost: tuple[str, str]) -> Pipeline:
    prefix = f"C{number}:" if number else ""
    final = (Stage("WON", "Угода успішна", "S"), Stage("LOSE", lost[0], "F"), Stage("APOLOGY", lost[1], "F"))
    won, lose, apology = (Stage(prefix + stage.code, stage.name, stage.semantics) for stage in final)
    coded = tuple(Stage(prefix + stage.code, stage.name, "P", stage.days, stage.loss) for stage in process)
    return Pipeline(number, name, amount, coded, won, (lose, apology))


PIPELINES = (
    _pipeline(
        0,
        "Продажі",
        12_000.0,
        (
            Stage("NEW", "Нова заявка", days=1.5, loss=0.25),
            Stage("PREPARATION", "Підготовка пропозиції", days=3.5, loss=0.26),
            Stage("PREPAYMENT_INVOICE", "Рахунок на передоплату", days=4.0, loss=0.19),
            Stage("EXECUTING", "У роботі", days=6.0, loss=0.07),
            Stage("FINAL_INVOICE", "Фінальний рахунок", days=3.0, loss=0.03),
        ),
        ("Відмова клієнта", "Аналіз причини відмови"),
    ),
    _pipeline(
        1,
        "Опт і тендери",
        60_000.0,
        (
            Stage("NEW", "Запит", days=2.5, loss=0.24),
            Stage("UC_T3ND3R", "Участь у тендері", days=9.0, loss=0.36),
            Stage("PREPARATION", "Погодження договору", days=6.0, loss=0.18),
            Stage("FINAL_INVOICE", "Оплата за договором", days=7.0, loss=0.06),
        ),
        ("Тендер програно", "Зв'язок втрачено"),
    ),
    _pipeline(
        2,
        "Сервіс і повторні замовлення",
        5_500.0,
        (
            Stage("NEW", "Звернення", days=0.7, loss=0.15),
            Stage("PREPARATION", "Узгодження", days=1.5, loss=0.17),
            Stage("EXECUTING", "Виконання", days=3.0, loss=0.03),
        ),
        ("Скасовано", "Скарга клієнта"),
    ),
)

LEAD_STATUSES = (
    Stage("NEW", "Не опрацьовано"),
    Stage("IN_PROCESS", "В роботі"),
    Stage("PROCESSED", "Опрацьовано"),
    Stage("CONVERTED", "Якісний лід", "S"),
    Stage("JUNK", "Неякісний лід", "F"),
    Stage("UC_D0UBLE", "Дублікат", "F"),
)

SOURCES = (
    Source("WEB", "Сайт", 0.26, 1.0),
    Source("CALL", "Дзвінок", 0.20, 1.15),
    Source("ADVERTISING", "Реклама", 0.28, 0.72),
    Source("PARTNER", "Партнер", 0.09, 1.3),
    Source("EMAIL", "Розсилка", 0.07, 0.85),
    Source("RECOMMENDATION", "Рекомендація", 0.10, 1.6),
    Source("2|TELEGRAM", "Telegram", 0.0, 1.0),  # of an open line: brings nobody first
)

CAMPAIGNS = (
    Campaign("ADVERTISING", "google", "cpc", "brand-search", 0.30, 1.25, 60.0, "USD"),
    Campaign("ADVERTISING", "google", "cpc", "generic-search", 0.30, 1.0, 95.0, "USD"),
    Campaign("ADVERTISING", "facebook", "cpc", "lookalike", 0.25, 0.85, 70.0, "USD"),
    Campaign("ADVERTISING", "instagram", "cpc", "stories-sale", 0.15, 0.45, 130.0, "USD"),
    Campaign("EMAIL", "newsletter", "email", "monthly-news", 1.0, 1.0, 450.0, "UAH"),
    Campaign("PARTNER", "partner", "referral", "partner-bonus", 1.0, 1.0, 2600.0, "UAH"),
)

CURRENCIES = (
    Currency("UAH", "Українська гривня", 1.0, 1, "# ₴", 0.88),
    Currency("USD", "Долар США", 41.55, 1, "$#", 0.05),
    Currency("EUR", "Євро", 48.2, 1, "# €", 0.04),
    Currency("PLN", "Польський злотий", 113.4, 10, "# zł", 0.03),
)

DEPARTMENTS = ((1, "Головний офіс", None), (2, "Відділ оптових продажів", 1), (3, "Відділ роздрібних продажів", 1))

MANAGERS = (
    Manager(2, 2, 1.45, 0.8),
    Manager(3, 2, 1.1, 1.0),
    Manager(4, 2, 0.95, 1.1),
    Manager(5, 2, 1.0, 0.9),
    Manager(6, 2, 0.7, 1.6),
    Manager(7, 3, 1.25, 0.7),
    Manager(8, 3, 1.0, 1.0),
    Manager(9, 3, 0.8, 1.3),
)
LEAVER_ID = 6  # this manager is dismissed on the way, an open deal of theirs goes to a colleague
LEAVER_TERM = 0.7  # the share of the company's time after which that happens

SEASON = (0.78, 0.9, 1.05, 1.08, 1.0, 0.95, 0.85, 0.8, 1.08, 1.15, 1.18, 1.22)  # January first
GROWTH = 1.7  # deals a day at the end against the beginning


def cumulated(shares: tuple[float, ...]) -> tuple[float, ...]:
    """Running sums of the shares with the last set to 1, for a draw by one random number."""
    sums = [0.0]
    for share in shares:
        sums.append(sums[-1] + share)
    return (*(total / sums[-1] for total in sums[1:-1]), 1.0)
