"""Smart invoices and the stages that they went through: read where the portal has them, missed by nobody."""

from typing import Any

from tests.pipeline.cache_tables import query
from tests.pipeline.conftest import OpenPlace, company
from tests.pipeline.places import Place

Rows = set[tuple[Any, ...]]


def known(place: Place) -> Rows:
    return set(
        query(
            place.cache,
            "SELECT id, deal_id, stage_id, opportunity, currency_id, company_id, contact_id, moved_time, closedate "
            "FROM invoice WHERE deleted_at IS NULL",
        )
    )


def of_portal(place: Place) -> Rows:
    return {
        (
            *(row["ID"], row["PARENT_ID_2"], row["STAGE_ID"], round(row["OPPORTUNITY"] * 100), row["CURRENCY_ID"]),
            *(row["COMPANY_ID"], row["CONTACT_ID"], row["MOVED_TIME"], row["CLOSEDATE"]),
        )
        for row in place.state.rows("invoice")
    }


def paid(place: Place) -> list[tuple[Any, ...]]:
    """Invoices by the steps that paid them."""
    return query(
        place.cache,
        "SELECT owner_id, created_time FROM stage_step WHERE entity_type_id = 31 AND stage_semantic_id = 'S' "
        "AND deleted_at IS NULL ORDER BY 1",
    )


def test_the_cache_holds_the_invoices_of_the_portal(opened: OpenPlace) -> None:
    """Row for row, with the moments of their payment, and nothing of what they say."""
    place = opened(company(100))
    assert place.run("sync").exit_code == 0
    assert known(place) == of_portal(place) != set()
    assert paid(place) == sorted(
        (row["OWNER_ID"], row["CREATED_TIME"])
        for row in place.state.rows("invoice_history")
        if row["STAGE_SEMANTIC_ID"] == "S"
    )
    columns = {row[0] for row in query(place.cache, "SELECT name FROM pragma_table_info('invoice')")}
    assert not columns & {"title", "comments", "xml_id"}


def test_a_payment_comes_with_the_next_sync(opened: OpenPlace) -> None:
    """Its step, the new stage, and the one before in the history."""
    place = opened(company(100))
    place.run("sync")
    invoice = next(row for row in place.state.rows("invoice") if row["STAGE_SEMANTIC_ID"] == "P")
    place.clock.sleep(600)
    place.state.update("invoice", invoice["ID"], {"STAGE_ID": f"DT31_{invoice['CATEGORY_ID']}:P"})
    with place.app() as app:
        assert app.sync().complete
    assert known(place) == of_portal(place)
    assert (invoice["ID"], int(place.clock.now())) in paid(place)
    before = query(place.cache, f"SELECT stage_id FROM invoice_history WHERE id = {invoice['ID']}")
    assert before == [(invoice["STAGE_ID"],)]


def test_a_deleted_deal_is_taken_from_its_invoices(opened: OpenPlace) -> None:
    """The portal empties the link without a trace; who looks for deletions looks at those rows again."""
    place = opened(company(100))
    place.run("sync")
    deals = {row["PARENT_ID_2"] for row in place.state.rows("invoice") if row["PARENT_ID_2"]}
    place.state.delete("deal", min(deals))
    with place.app() as app:
        app.sync(compare=True)
    assert known(place) == of_portal(place)


def test_without_invoices_the_rest_is_complete(opened: OpenPlace) -> None:
    """A portal may have none, or keep them from the webhook's user."""
    place = opened(company(60))
    place.portal.denied["crm.item.list"] = "ACCESS_DENIED"
    with place.app() as app:
        result = app.sync()
    assert result.complete
    assert {s.name for s in result.streams if s.state == "no_permission"} == {"invoice"}
