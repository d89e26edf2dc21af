"""Many rows that leave at once."""


def test_everything_that_hangs_on_the_rows_goes(empty_state):
    """History, activities, product rows; links are emptied silently."""
    deals = [empty_state.add("deal", {}, at=100) for _ in range(4)]
    for deal in deals:
        empty_state.add("activity", {"OWNER_ID": deal, "OWNER_TYPE_ID": 2})
    empty_state.insert("product_row", [{"ID": deal, "OWNER_ID": deal, "OWNER_TYPE": "D"} for deal in deals])
    empty_state.insert("invoice", [{"ID": deal, "PARENT_ID_2": deal} for deal in deals])
    empty_state.delete_many("deal", [*deals[:3], 999])
    for table, owner in (("deal", "ID"), ("deal_history", "OWNER_ID"), ("activity", "OWNER_ID"), ("product_row", "ID")):
        assert [row[owner] for row in empty_state.rows(table)] == deals[3:], table
    assert [row["PARENT_ID_2"] for row in empty_state.rows("invoice")] == [None, None, None, deals[3]]


def test_product_rows_of_others_stay(empty_state):
    """The owner's type counts, not its number alone."""
    lead, deal = empty_state.add("lead", {}), empty_state.add("deal", {})
    assert lead == deal
    empty_state.insert("product_row", [{"OWNER_ID": lead, "OWNER_TYPE": "L"}])
    empty_state.delete_many("deal", [deal])
    assert len(empty_state.rows("product_row")) == 1


def test_links_to_deleted_leads_are_emptied_without_a_trace(empty_state):
    """LEAD_ID becomes null, DATE_MODIFY stays."""
    leads = [empty_state.add("lead", {}) for _ in range(3)]
    deals = [empty_state.add("deal", {"LEAD_ID": lead}, at=100) for lead in leads]
    empty_state.delete_many("lead", leads[:2], at=200)
    rows = [empty_state.row("deal", deal) for deal in deals]
    assert [(row["LEAD_ID"], row["DATE_MODIFY"]) for row in rows] == [(None, 100), (None, 100), (leads[2], 100)]


def test_clients_are_judged_anew(empty_state):
    """With their only won deal gone they are no returning ones."""
    company = empty_state.add("company", {})
    won, other = (empty_state.add("deal", {"COMPANY_ID": company, "STAGE_ID": stage}) for stage in ("WON", "NEW"))
    assert empty_state.row("deal", other)["IS_RETURN_CUSTOMER"] == "Y"
    empty_state.delete_many("deal", [won])
    assert empty_state.row("deal", other)["IS_RETURN_CUSTOMER"] == "N"


def test_rows_deleted_together_can_be_restored(empty_state):
    """Each lies in the bin."""
    first, second = (empty_state.add("deal", {"TITLE": title}, at=100) for title in "ab")
    empty_state.delete_many("deal", [first, second])
    back = empty_state.restore("deal", second, at=300)
    assert (empty_state.row("deal", back)["TITLE"], empty_state.row("deal", back)["DATE_CREATE"]) == ("b", 100)
