"""Settings of what customers say, which offers they get, and what bonuses are reckoned by."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from b24kpi.errors import BadInput
from b24kpi.given import figures_of
from b24kpi.portal.user_fields import FieldName
from b24kpi.settings import Settings, load, user_fields

MAPPED = """
[ratings]
nps_field = "UF_CRM_NPS"
csat_field = "contact.UF_CRM_MARK"
csat_date_field = "contact.UF_CRM_MARKED"
csat_scale = 10
[offers]
date_field = "company.UF_CRM_OFFER"
days = 30
[interaction]
weights = { engagement = 0 }
targets = { sla = 0.9 }
"""


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, {})


def test_mapped_fields_are_figures(tmp_path: Path) -> None:
    """And are read by the sync under the names of their keys."""
    settings = loaded(tmp_path, MAPPED)
    mapped = figures_of(settings).mapped
    assert (mapped.nps_field, mapped.csat_scale, mapped.offer_days) == ("UF_CRM_NPS", 10, 30)
    assert mapped.constants["nps_of_deals"] == 1
    assert mapped.constants["csat_of_deals"] is None
    assert user_fields(settings) == {
        "[ratings] nps_field": FieldName("deal", "UF_CRM_NPS"),
        "[ratings] csat_field": FieldName("contact", "UF_CRM_MARK"),
        "[ratings] csat_date_field": FieldName("contact", "UF_CRM_MARKED"),
        "[offers] date_field": FieldName("company", "UF_CRM_OFFER"),
    }


def test_what_is_not_told_of_the_parts_is_as_usual(tmp_path: Path) -> None:
    """A weight of 0 leaves one out, the others keep theirs."""
    interaction = figures_of(loaded(tmp_path, MAPPED)).interaction
    assert interaction.weights == {
        "rating": Decimal("0.35"), "engagement": 0, "sla": Decimal("0.25"), "fcr": Decimal("0.25"),
    }  # fmt: skip
    assert interaction.targets == {"rating": 1, "engagement": 1, "sla": Decimal("0.9"), "fcr": 1}


def test_the_scheme_is_looked_for_beside_the_settings(tmp_path: Path) -> None:
    """And read with them."""
    (tmp_path / "scheme.toml").write_text("[[version]]\nfrom = 2026-01-01\nweights = { won_deals = 1 }", "utf-8")
    motivation = figures_of(loaded(tmp_path, '[motivation]\nscheme = "scheme.toml"\nclose_days = 3')).motivation
    assert (motivation.versions[0].start, motivation.close_days) == (date(2026, 1, 1), 3)
    assert figures_of(loaded(tmp_path, "")).motivation.versions == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[ratings]\nnps_field = "NPS"', "[ratings] nps_field: 'NPS' is not the code of a user field"),
        ('[ratings]\nnps_field = "contact.UF_A"', "name the date field of the contact in nps_date_field"),
        ('[ratings]\ncsat_field = "company.UF_A"', "name the date field of the company in csat_date_field"),
        (
            '[ratings]\nnps_field = "deal.UF_A"\nnps_date_field = "lead.UF_B"',
            "the answers are fields of the stream deal, so nps_date_field must name one of deal, too",
        ),
        ("[ratings]\ncsat_scale = 1", "[ratings] csat_scale: must be at least 2"),
        ("[interaction]\nweights = { marks = 1 }", "'marks' is not possible here; choose one of rating, engagement"),
        ("[interaction]\nweights = { rating = 2 }", "must be at most 1"),
        ("[offers]\ndays = 0", "[offers] days: must be at least 1"),
        ("[motivation]\nclose_days = 100", "[motivation] close_days: must be at most 90"),
    ],
)
def test_a_fault_names_key_and_remedy(tmp_path: Path, text: str, fault: str) -> None:
    """As any of the settings."""
    with pytest.raises(BadInput) as caught:
        loaded(tmp_path, text)
    assert fault in caught.value.text("en")
