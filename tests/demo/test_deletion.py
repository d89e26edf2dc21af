"""Rows that leave, and rows that come back."""

import pytest


def test_deleting_takes_history_and_activities_along(empty_state):
    """Nothing of the deal is left."""
    deal = empty_state.add("deal", {})
    empty_state.add("activity", {"OWNER_ID": deal, "OWNER_TYPE_ID": 2})
    empty_state.delete("deal", deal)
    assert tuple(empty_state.rows(table) for table in ("deal", "deal_history", "activity")) == ([], [], [])


def test_links_are_emptied_silently(empty_state):
    """LEAD_ID, CONTACT_ID and COMPANY_ID become null; DATE_MODIFY stays."""
    lead, contact, company = (empty_state.add(table, {}) for table in ("lead", "contact", "company"))
    links = {"LEAD_ID": lead, "CONTACT_ID": contact, "COMPANY_ID": company}
    deal = empty_state.add("deal", links, at=100)
    for table, row_id in (("lead", lead), ("contact", contact), ("company", company)):
        empty_state.delete(table, row_id, at=200)
    row = empty_state.row("deal", deal)
    assert ([row[name] for name in links], row["DATE_MODIFY"]) == ([None, None, None], 100)


def test_ids_are_never_given_again(empty_state):
    """A new deal does not take a deleted one's place."""
    first = empty_state.add("deal", {})
    empty_state.delete("deal", first)
    assert first < empty_state.add("deal", {})


def test_restoring_gives_a_new_id_and_old_dates(empty_state):
    """As from the recycle bin."""
    deal = empty_state.add("deal", {"TITLE": "x"}, at=100)
    empty_state.delete("deal", deal, at=200)
    back = empty_state.restore("deal", deal, at=300)
    row = empty_state.row("deal", back)
    assert back > deal
    assert tuple(row[name] for name in ("TITLE", "DATE_CREATE", "DATE_MODIFY", "MOVED_TIME")) == ("x", 100, 100, 100)


def test_what_is_not_there_cannot_be_deleted_or_restored(empty_state):
    """LookupError either way."""
    with pytest.raises(LookupError):
        empty_state.delete("deal", 99)
    with pytest.raises(LookupError):
        empty_state.restore("deal", 99)


def test_a_deleted_deal_is_not_found_over_rest(call, post):
    """crm.deal.get answers 400 with an empty code."""
    assert call("crm.deal.delete", id=7)["result"] is True
    assert (
        post("crm.deal.get", id=7).status_code,
        call("crm.deal.delete", id=7)["error_description"],
    ) == (400, "Not found")
