"""The user's own KPIs: read like ours, every fault of every file told at once, before any number is computed."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from b24kpi.cache.store import Store
from b24kpi.errors import BadInput
from b24kpi.facts.refresh import refresh
from b24kpi.metrics.catalogue import load, standard
from b24kpi.metrics.dimensions import FieldDimension
from b24kpi.metrics.engine import Engine
from b24kpi.metrics.meaning_faults import meaning_faults
from b24kpi.metrics.model import Metric, Query
from b24kpi.metrics.own import own_ids, read_own
from b24kpi.metrics.period import Grain, periods
from b24kpi.metrics.trial import trial_faults
from b24kpi.problems import Problems

REGION = FieldDimension("region", "deal", "UF_CRM_REGION")
CHANNEL = FieldDimension("channel", "lead", "UF_CRM_CHANNEL")
SIZE = FieldDimension("size", "company", "UF_CRM_SIZE")
TEXTS = """
names = { en = "Large deals", uk = "Великі угоди", ru = "Крупные сделки" }
helps = { en = "How many.", uk = "Скільки.", ru = "Сколько." }
formulas = { en = "number", uk = "кількість", ru = "количество" }
better = "up"
inputs = ["deal", "deal_step", "status"]
"""
LARGE = f"""
[large_deals]{TEXTS}unit = "count"
dimensions = ["manager"]
numerator = "deals"
measures.deals = {{ fact = "deal", time = "closed_day", where = "outcome = 'won' AND money >= 5000000" }}
"""
SHARE = f"""
[large_share]{TEXTS}unit = "ratio"
interval = "wilson"
dimensions = ["manager"]
numerator = "large"
denominator = "won"
measures.large = {{ fact = "deal", time = "closed_day", where = "outcome = 'won' AND money >= 5000000" }}
measures.won = {{ fact = "deal", time = "closed_day", where = "outcome = 'won'" }}
"""
MEDIAN = f"""
[first_answer]{TEXTS}unit = "duration"
dimensions = []
durations = {{ fact = "deal", time = "created_day", start = "created_at", end = "closed_at" }}
"""


YEAR = tuple(periods(date(2026, 1, 1), date(2027, 1, 1), Grain.QUARTER))


@pytest.fixture(scope="module")
def empty() -> Engine:
    """An empty cache with the columns of the fields."""
    store = Store(":memory:")
    for each in (REGION, CHANNEL, SIZE):
        store.db.execute(f"ALTER TABLE {each.stream} ADD COLUMN {each.column} TEXT")
    refresh(store, ZoneInfo("Europe/Kyiv"), "UAH")
    return Engine(store, ZoneInfo("Europe/Kyiv"), as_of=1.8e9)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path, *dimensions: FieldDimension) -> list[str]:
    with pytest.raises(Problems) as caught:
        read_own(folder, dimensions)
    return [problem.text("en") for problem in caught.value.problems]


def only_fault(folder: Path, *dimensions: FieldDimension) -> str:
    (fault,) = faults(folder, *dimensions)
    return fault


def test_good_files_are_read_in_their_order(tmp_path: Path) -> None:
    """Several KPIs a file, several files a folder; what is no TOML file is left alone."""
    write(tmp_path, b=LARGE, a=SHARE + MEDIAN)
    (tmp_path / "notes.txt").write_text("[large_deals", encoding="utf-8")
    assert [metric.id for metric in read_own(tmp_path)] == ["large_share", "first_answer", "large_deals"]


def test_a_mark_of_the_editor_at_the_beginning_does_no_harm(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbf" + LARGE.encode())
    assert [metric.id for metric in read_own(tmp_path)] == ["large_deals"]


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Each with its file; those that only SQLite finds are among them."""
    write(
        tmp_path,
        a=LARGE.replace("closed_day", "closd_day"),
        b=SHARE.replace('fact = "deal", time', 'fact = "deel", time', 1),
        c="[broken",
        d=MEDIAN.replace('better = "up"', 'beter = "up"'),
    )
    (tmp_path / "e.toml").write_bytes('x = "й"'.encode("cp1251"))
    found = faults(tmp_path)
    assert [fault[:6] for fault in found] == ["b.toml", "c.toml", "d.toml", "d.toml", "e.toml", "a.toml"]
    assert "unknown fact 'deel'; did you mean 'deal'?" in found[0]
    assert "is not TOML" in found[1]
    assert "unknown key 'beter'; did you mean 'better'?" in found[2]
    assert "not saved as UTF-8" in found[4]
    assert "no such column: f.closd_day; did you mean 'closed_day'?" in found[5]


@pytest.mark.parametrize("language", ["en", "uk", "ru"])
def test_the_heading_names_the_folder_and_counts(tmp_path: Path, language: str) -> None:
    """In the reader's language."""
    with pytest.raises(Problems) as caught:
        read_own(write(tmp_path, a=LARGE.replace('"up"', '"left"')))
    assert caught.value.text(language).startswith(f"{tmp_path}: 1 ")


def test_an_id_of_ours_is_refused(tmp_path: Path) -> None:
    """Nobody would know which of the two a report shows."""
    assert "total_sales: b24kpi has a KPI with this id" in only_fault(
        write(tmp_path, a=LARGE.replace("[large_deals]", "[total_sales]"))
    )


def test_an_id_of_another_file_is_refused(tmp_path: Path) -> None:
    """With that file's name."""
    assert only_fault(write(tmp_path, a=LARGE, b=LARGE)).startswith("b.toml: large_deals: a.toml has a KPI")


FLOW = 'flow.won = { fact = "deal", time = "won_day" }\nmeasures.large'
FAULTS = [
    (LARGE, "[large_deals]", '["large deals"]', "an id is made of lower-case Latin letters"),
    (LARGE, 'unit = "count"', 'unit = "money"', "has the unit count, ratio or number, not money"),
    (LARGE, "where =", 'add = "money", where =', "has the unit money, not count"),
    (LARGE, "where =", "add = 5, where =", "measures.deals: add must be a text"),
    (LARGE, "where =", 'to_date = "yes", where =', "measures.deals: to_date must be true or false"),
    (LARGE, 'fact = "deal"', 'fact = ["deal"]', "measures.deals: fact must be a text"),
    (LARGE, 'numerator = "deals"', 'numerator = ["deals"]', "large_deals: numerator must be a text"),
    (LARGE, 'dimensions = ["manager"]', "dimensions = [1]", "dimensions must be a list of texts"),
    (LARGE, '"Large deals"', "5", "names.en must be a text"),
    (LARGE, "outcome = 'won'", '\\"outcome\\" = 1', "where holds a \", write ' for text"),
    (SHARE, "measures.won", "measures.margin", "large_share.denominator: unknown measure 'won'"),
    (SHARE, 'denominator = "won"\n', "", "an interval needs a denominator"),
    (SHARE, 'unit = "ratio"', 'unit = "number"', "an interval of this kind belongs to a ratio"),
    (SHARE, 'dimensions = ["manager"]', 'dimensions = []\nfixed = ["manager"]', "what is fixed must be among"),
    (SHARE, "measures.large", FLOW, "flow needs the same measures"),
    (MEDIAN, 'unit = "duration"', 'unit = "count"', "durations give a time"),
]


@pytest.mark.parametrize(("good", "right", "wrong", "fault"), FAULTS)
def test_a_fault_is_named(tmp_path: Path, good: str, right: str, wrong: str, fault: str) -> None:
    """Whether of writing or of meaning."""
    assert right in good
    text = good.replace(right, wrong, 1)
    assert fault in " ".join(faults(write(tmp_path, a=text)))


def test_a_measure_may_not_hide_a_figure_of_the_settings(tmp_path: Path) -> None:
    """A formula could not tell them apart."""
    text = SHARE.replace("measures.won", "measures.margin").replace('denominator = "won"', 'denominator = "margin"')
    assert "margin is a figure of the settings" in only_fault(write(tmp_path, a=text))


STAGES = f"""
[stage_money]{TEXTS}unit = "money"
dimensions = ["manager"]
numerator = "sales"
measures.sales = {{ fact = "stage_visit", time = "visit_day", add = "LOOKUP" }}
"""
OF_DEAL = "(SELECT d.money FROM fact_deal AS d WHERE d.deal_id = f.deal_id)"


def test_the_amount_of_a_deal_is_not_added_for_each_of_its_stages(tmp_path: Path) -> None:
    """Fan-out: one row per visit and stage, so that the deal would count several times."""
    fault = only_fault(write(tmp_path, a=STAGES.replace("LOOKUP", OF_DEAL)))
    assert "stage_money.measures.sales: add looks up a value for each row of stage_visit" in fault
    assert "it is added several times" in fault


def test_a_value_looked_up_by_the_row_itself_may_be_added(tmp_path: Path) -> None:
    """There is one row for each deal in this fact."""
    text = STAGES.replace("LOOKUP", OF_DEAL.replace("fact_deal", "deal").replace("d.deal_id", "d.id"))
    text = text.replace("d.money", "d.opportunity").replace(
        '"stage_visit", time = "visit_day"', '"deal", time = "closed_day"'
    )
    found = faults(write(tmp_path, a=text))
    assert found == ["a.toml: stage_money: what the measures add has the unit count, ratio or number, not money."]


def test_a_share_counts_rows_of_one_fact(tmp_path: Path) -> None:
    """Stages per deal is no share: a deal has several."""
    text = SHARE.replace(
        'large = { fact = "deal", time = "closed_day"', 'large = { fact = "stage_visit", time = "visit_day"'
    )
    text = text.replace("outcome = 'won' AND money >= 5000000", "is_advanced = 1")
    assert "rows of one fact, not of deal and stage_visit" in only_fault(write(tmp_path, a=text))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """With the key of the settings."""
    with pytest.raises(BadInput, match=r"\[metrics\] folder: there is no folder"):
        read_own(tmp_path / "none")


def test_ids_are_known_although_something_is_wrong(tmp_path: Path) -> None:
    """So that settings that name them are not blamed for it."""
    write(tmp_path, a=LARGE.replace("count", "pieces"), b="[broken")
    assert own_ids(tmp_path) == ["large_deals"]
    assert own_ids(tmp_path / "none") == []


def test_dimensions_of_ones_own_may_be_named(tmp_path: Path) -> None:
    """Where the facts lead to the field; elsewhere that is a fault."""
    text = LARGE.replace('["manager"]', '["manager", "region"]')
    assert [metric.id for metric in read_own(write(tmp_path, a=text), [REGION])] == ["large_deals"]
    assert "has no dimension 'region'" in only_fault(tmp_path)
    lead = text.replace(
        '"deal", time = "closed_day", where = "outcome = \'won\' AND money >= 5000000"', '"lead", time = "created_day"'
    )
    assert "its facts do not lead to 'region'" in only_fault(write(tmp_path, a=lead), REGION)


def test_our_own_kpis_stand_the_same_checks() -> None:
    """But for one share, whose rows of two facts are parts of one whole by construction."""
    found = [fault for metric in load() for fault in meaning_faults(metric)]
    assert [fault for fault in found if not fault.startswith("crr_strict: an interval needs")] == []


SLICED = standard().sliced_by([REGION, CHANNEL, SIZE])


@pytest.mark.parametrize("metric", SLICED.metrics, ids=lambda metric: metric.id)
def test_every_kpi_answers_by_the_dimensions_that_it_gets(empty: Engine, metric: Metric) -> None:
    """On an empty cache a slice has no rows, whatever the KPI is made by; it is no error."""
    for name in ("region", "channel", "size"):
        if name in metric.dimensions:
            assert replace(empty, catalogue=SLICED).values(Query(metric, YEAR, (name,), {name: "x"})) == []


def test_every_kpi_can_be_sliced_by_the_dimensions_that_it_gets() -> None:
    """SQLite plans each part of each KPI by a field of the deal, of the lead and of the company."""
    assert trial_faults(load(), [REGION, CHANNEL, SIZE]) == []
