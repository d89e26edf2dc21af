"""Duplicates merged into one."""

import pytest


@pytest.fixture
def contacts(empty_state):
    """Three contacts; the second has a company, a phone, a deal and an activity."""
    company = empty_state.add("company", {})
    rows = [{"NAME": "А"}, {"NAME": "Б", "COMPANY_ID": company, "POST": "директор"}, {"NAME": "В"}]
    ids = [empty_state.add("contact", row, at=100) for row in rows]
    empty_state.add("deal", {"CONTACT_ID": ids[1]}, at=100)
    empty_state.add("activity", {"OWNER_TYPE_ID": 3, "OWNER_ID": ids[1]}, at=100)
    empty_state.insert("multifield", [{"ENTITY_TYPE_ID": 3, "ELEMENT_ID": ids[1], "VALUE": "+380"}])
    return ids


def test_seeds_are_deleted_and_the_target_is_filled(empty_state, contacts):
    """What the target has stays; what it lacks comes from a seed; only the target is stamped."""
    empty_state.merge("contact", contacts[0], contacts[1:], at=200, by=1)
    (row,) = empty_state.rows("contact")
    assert (row["ID"], row["NAME"], row["POST"], row["DATE_MODIFY"]) == (contacts[0], "А", "директор", 200)


def test_what_hung_on_a_seed_moves_silently(empty_state, contacts):
    """No DATE_MODIFY, no LAST_UPDATED."""
    empty_state.merge("contact", contacts[0], contacts[1:], at=200)
    deal, activity, phone = (empty_state.rows(table)[0] for table in ("deal", "activity", "multifield"))
    assert (deal["CONTACT_ID"], deal["DATE_MODIFY"]) == (contacts[0], 100)
    assert (activity["OWNER_ID"], activity["LAST_UPDATED"]) == (contacts[0], 100)
    assert phone["ELEMENT_ID"] == contacts[0]


def test_leads_take_their_deals_along(empty_state):
    """LEAD_ID points at the target; the seed's history is gone."""
    leads = [empty_state.add("lead", {}, at=100) for _ in range(2)]
    deal = empty_state.add("deal", {"LEAD_ID": leads[1]}, at=100)
    empty_state.merge("lead", leads[0], leads[1:])
    assert empty_state.row("deal", deal)["LEAD_ID"] == leads[0]
    assert [row["OWNER_ID"] for row in empty_state.rows("lead_history")] == [leads[0]]


def test_merged_companies_are_one_client(empty_state):
    """The flags of their deals follow."""
    companies = [empty_state.add("company", {}) for _ in range(2)]
    stages = ("WON", "NEW")
    deals = [
        empty_state.add("deal", {"COMPANY_ID": company, "STAGE_ID": stage})
        for company, stage in zip(companies, stages, strict=True)
    ]
    empty_state.merge("company", companies[0], companies[1:])
    assert [empty_state.row("deal", deal)["IS_RETURN_CUSTOMER"] for deal in deals] == ["N", "Y"]


def test_merging_over_rest(call, empty_state, contacts):
    """The first stays; the ids of the others are told."""
    answer = call("crm.entity.mergeBatch", params={"entityTypeId": 3, "entityIds": contacts})
    assert answer["result"] == {"STATUS": "SUCCESS", "ENTITY_IDS": contacts[1:]}
    again = call("crm.entity.mergeBatch", params={"entityTypeId": 3, "entityIds": contacts})
    assert again["result"] == {"STATUS": "ERROR", "ENTITY_IDS": []}


def test_what_is_not_there_cannot_be_merged(empty_state, contacts):
    """LookupError, and nothing has changed."""
    with pytest.raises(LookupError):
        empty_state.merge("contact", contacts[0], [contacts[1], 999])
    with pytest.raises(LookupError):
        empty_state.merge("activity", 1, [2])
    assert len(empty_state.rows("contact")) == 3
