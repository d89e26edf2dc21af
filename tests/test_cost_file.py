"""Marketing costs: every row is checked, and one wrong row refuses the file."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from b24kpi.cost_file import Cost, read_costs
from b24kpi.errors import BadInput
from b24kpi.people_file import SHOWN
from b24kpi.problems import Problems

HEAD = "date,source,campaign,amount,currency\n"
SEMICOLONS = HEAD.replace(",", ";")
SOURCES = {"ADVERTISING", "WEB"}
CURRENCIES = {"UAH", "USD"}

Read = Callable[[str | bytes], list[Cost]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a file with the given content."""

    def costs(content: str | bytes) -> list[Cost]:
        path = tmp_path / "costs.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_costs(path, sources=SOURCES, currencies=CURRENCIES)

    return costs


def fault(read: Read, content: str | bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read(content)
    return caught.value.text("en")


def test_rows_come_in_the_order_of_the_file(read: Read) -> None:
    """Amounts are exact decimals."""
    assert read(HEAD + "2026-06-15,WEB,spring,1250.50,UAH\n2026-05-01,ADVERTISING,,0,usd\n") == [
        Cost(date(2026, 6, 15), "WEB", "spring", Decimal("1250.50"), "UAH"),
        Cost(date(2026, 5, 1), "ADVERTISING", "", Decimal(0), "USD"),
    ]


def test_files_of_a_ukrainian_excel_are_read(read: Read) -> None:
    """Semicolons, decimal commas, grouped thousands, days with dots, a byte order mark, Windows line ends."""
    (cost,) = read("\ufeff" + SEMICOLONS.replace("\n", "\r\n") + "15.06.2026;WEB;весна;1\u00a0250,50;UAH\r\n")
    assert (cost.date, cost.campaign, cost.amount) == (date(2026, 6, 15), "весна", Decimal("1250.50"))


def test_columns_may_come_in_any_order_with_others_between(read: Read) -> None:
    """They are found by their names."""
    (cost,) = read("Amount,note,Currency,Date,Source,Campaign\n5,x,UAH,2026-06-15,WEB,\n")
    assert cost.amount == 5


def test_a_column_kind_tells_costs_apart(read: Read) -> None:
    """Empty is marketing; what is no marketing needs no source."""
    rows = "2026-06-15,WEB,,5,UAH,\n2026-06-15,,,6,UAH,Retention\n2026-06-15,WEB,,7,UAH,sales\n"
    assert [(c.kind, c.source) for c in read(HEAD.replace("\n", ",kind\n") + rows)] == [
        ("marketing", "WEB"),
        ("retention", ""),
        ("sales", "WEB"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2026-06-15,WEB,,5,UAH,rent", "line 2: there is no kind of cost 'rent'; use one of marketing, sales, orders,"),
        ("2026-06-15,,,5,UAH,", "the CRM has no source ''"),
        ("2026-06-15,WEBB,,5,UAH,crm", "no source 'WEBB'; did you mean 'WEB'?"),
    ],
)
def test_a_wrong_kind_or_source_of_a_kind_is_told(read: Read, row: str, message: str) -> None:
    """With the kinds that there are; marketing without a source could be matched to nothing."""
    assert message in fault(read, HEAD.replace("\n", ",kind\n") + row + "\n")


def test_empty_lines_are_skipped(read: Read) -> None:
    """Spreadsheets leave them at the end."""
    assert len(read(HEAD + "\n2026-06-15,WEB,,5,UAH\n,,,,\n\n")) == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2026-06-31,WEB,,5,UAH", "line 2: '2026-06-31' is not a date"),
        ("20260615,WEB,,5,UAH", "is not a date"),
        ("2026-06-15,WEBB,,5,UAH", "no source 'WEBB'; did you mean 'WEB'?"),
        ("2026-06-15,WEB,,5,USX", "no currency 'USX'; did you mean 'USD'?"),
        ("2026-06-15,WEB,,-5,UAH", "the amount -5 is negative"),
        ("2026-06-15,WEB,,much,UAH", "'much' is not an amount"),
        ("2026-06-15,WEB,,NaN,UAH", "'NaN' is not an amount"),
        ("2026-06-15,WEB,,1e5,UAH", "'1e5' is not an amount"),
        ("2026-06-15,WEB,,,UAH", "'' is not an amount"),
        ("2026-06-15,WEB,,1,5,UAH", "6 cells instead of 5"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(read: Read, row: str, message: str) -> None:
    """Line, value and remedy."""
    assert message in fault(read, f"{HEAD}{row}\n")


def test_all_faults_are_told_at_once(read: Read) -> None:
    """Several in one row, too."""
    with pytest.raises(Problems) as caught:
        read(HEAD + "x,y,,z,UAH\n2026-06-15,WEB,,5,UAH\n2026-06-15,WEB,,5,EUR\n")
    assert [problem.params["line"] for problem in caught.value.problems] == [2, 2, 2, 4]


def test_a_decimal_comma_needs_semicolons(read: Read) -> None:
    """Otherwise it would part cells; in quotes it is still no decimal point."""
    assert "is not an amount" in fault(read, HEAD + '2026-06-15,WEB,,"1,5",UAH\n')


def test_many_faults_are_cut_with_their_number(read: Read) -> None:
    """A wrong column fills no screen."""
    message = fault(read, HEAD + "x,WEB,,5,UAH\n" * (SHOWN + 7))
    assert message.splitlines()[0].endswith(f"{SHOWN + 7} faults, so no row was imported:")
    assert message.splitlines()[-1] == "  - … and 7 more"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        (HEAD, "has a head but no rows"),
        ("date,source,amount\n2026-06-15,WEB,5\n", "columns are missing: campaign, currency"),
        ((HEAD + "2026-06-15,WEB,весна,5,UAH\n").encode("cp1251"), "not saved as UTF-8"),
    ],
)
def test_a_file_that_is_no_table_of_costs_is_refused(read: Read, content: str | bytes, message: str) -> None:
    """With what it lacks."""
    assert message in fault(read, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """By name."""
    with pytest.raises(BadInput, match="none"):
        read_costs(tmp_path / "none.csv", sources=SOURCES, currencies=CURRENCIES)
