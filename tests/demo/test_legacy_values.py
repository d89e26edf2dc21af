"""How legacy methods show values."""

import pytest

from b24kpi.demo.server import DemoPortal
from b24kpi.demo.state import PortalState


def first(call, **params):
    return call("crm.deal.list", start=-1, **params)["result"][0]


def test_numbers_are_texts(call):
    """Ids and money come as strings, money with two decimals."""
    row = first(call, select=["OPPORTUNITY", "CONTACT_ID", "LEAD_ID"])
    assert row == {"ID": "1", "OPPORTUNITY": "10.00", "CONTACT_ID": "0", "LEAD_ID": None}


def test_moments_carry_the_offset_of_the_server(call):
    """Summer time of the portal's zone, not UTC, not the user's."""
    assert first(call, select=["DATE_CREATE"])["DATE_CREATE"] == "2025-07-01T04:00:00+03:00"


def test_dates_look_like_midnight_utc(call):
    """A date is a pseudo moment; its first ten characters are the day."""
    assert first(call, select=["CLOSEDATE"])["CLOSEDATE"] == "2025-08-30T03:00:00+03:00"


def test_empty_moments_are_empty_texts(call):
    """Other empty fields are null."""
    assert first(call, select=["MOVED_TIME", "BEGINDATE", "SOURCE_ID"]) == {
        "ID": "1",
        "MOVED_TIME": "",
        "BEGINDATE": "",
        "SOURCE_ID": None,
    }


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("Asia/Kolkata", 1_751_328_000, "2025-07-01T05:30:00+05:30"),
        ("Europe/Kyiv", 1_761_436_800, "2025-10-26T03:00:00+03:00"),
        ("Europe/Kyiv", 1_761_440_400, "2025-10-26T03:00:00+02:00"),
        ("America/New_York", 1_751_328_000, "2025-06-30T20:00:00-04:00"),
    ],
)
def test_every_zone_and_both_hours_of_a_change(zone, moment, shown):
    """Half hours, summer and winter time, zones west of Greenwich."""
    state = PortalState(time_zone=zone)
    assert (shown, moment) == (state.zone.iso(moment), state.zone.parse(shown))
    state.close()


def test_selecting_nothing_gives_all_but_user_fields(call):
    """`UF_*` has to be asked for, and `*` alone leaves it out."""
    assert "UF_CRM_REGION" not in first(call)
    assert "UF_CRM_REGION" not in first(call, select=["*"])
    assert first(call, select=["*", "UF_*"])["UF_CRM_REGION"] == "Львів"


def test_id_always_comes_and_unknown_names_never(call):
    """select: [NOPE] gives ids."""
    assert first(call, select=["NOPE"]) == {"ID": "1"}


def test_phones_come_only_when_named(call):
    """`*` does not cover multifields."""
    call("crm.contact.add", fields={"NAME": "Олег", "PHONE": [{"VALUE": "+380501112233", "VALUE_TYPE": "WORK"}]})
    assert "PHONE" not in call("crm.contact.list", select=["*"])["result"][0]
    named = call("crm.contact.list", select=["ID", "PHONE", "HAS_PHONE"])["result"][0]
    assert named["PHONE"] == [{"ID": "1", "VALUE_TYPE": "WORK", "VALUE": "+380501112233", "TYPE_ID": "PHONE"}]
    assert named["HAS_PHONE"] == "Y"


def test_structured_fields_of_activities_are_empty_lists(call, state):
    """PHP's empty arrays encode as []."""
    state.insert("activity", [{"ID": 1, "OWNER_ID": 3, "OWNER_TYPE_ID": 2}])
    row = call("crm.activity.list")["result"][0]
    assert (row["SETTINGS"], row["PROVIDER_PARAMS"], row["DEADLINE"]) == ([], [], "9999-12-31T02:00:00+02:00")


def test_bindings_come_when_named(call, state):
    """BINDINGS shows the owner."""
    state.insert("activity", [{"ID": 1, "OWNER_ID": 3, "OWNER_TYPE_ID": 2}])
    row = call("crm.activity.list", select=["ID", "BINDINGS"])["result"][0]
    assert row["BINDINGS"] == [{"OWNER_ID": "3", "OWNER_TYPE_ID": "2"}]


def test_recurring_templates_are_hidden_from_ranges(call, state: PortalState, portal: DemoPortal):
    """crm.deal.list hides them unless IS_RECURRING or exact ids are asked for."""
    state.insert("deal", [{"ID": 900, "IS_RECURRING": "Y"}])
    found = {
        str(wanted): len(call("crm.deal.list", filter=wanted, start=-1)["result"])
        for wanted in ({">ID": 899}, {"ID": 900}, {"@ID": [900]}, {"IS_RECURRING": "Y"}, {"!IS_RECURRING": "N"})
    }
    assert list(found.values()) == [0, 1, 1, 1, 0]


def test_get_answers_one_row(call, post):
    """A missing row is 400 with an empty code, a missing id too."""
    assert call("crm.deal.get", id=7)["result"]["TITLE"] == "Угода 7"
    assert (
        post("crm.deal.get", ID=999).status_code,
        call("crm.deal.get", ID=999)["error_description"],
    ) == (400, "Not found")
    assert call("crm.deal.get")["error_description"] == "ID is not defined or invalid."
