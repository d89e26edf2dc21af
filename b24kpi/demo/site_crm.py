"""Pages of the CRM: deals with their tabs, CRM analytics, and what applications put into the main menu."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode

from b24kpi.demo import php, site_pages
from b24kpi.demo.php import Array
from b24kpi.demo.rest import RestError
from b24kpi.demo.site_pages import Link, Viewer, card, columns, pairs, tabs
from b24kpi.demo.site_shell import ANALYTICS, Shell, Visit, word
from b24kpi.demo.state import PortalState
from b24kpi.demo.wire import Response

_DEALS_SHOWN = ["ID", "TITLE", "STAGE_ID", "OPPORTUNITY", "CURRENCY_ID", "ASSIGNED_BY_ID", "DATE_CREATE", "CATEGORY_ID"]
Read = Callable[[str, int, Array], Any]


class CrmPages:
    """`read` gives the result of a REST method for a user, so that rights are the same as there."""

    def __init__(self, shell: Shell, state: PortalState, read: Read) -> None:
        self._shell = shell
        self._state = state
        self._read = read

    def deals(self, visit: Visit) -> Response:
        """The newest deals that the viewer may read."""
        params: Array = {"order": {"ID": "DESC"}, "select": dict(enumerate(_DEALS_SHOWN))}
        viewer = visit.viewer
        heads = "".join(f"<th>{viewer.say(name)}</th>" for name in ("id", "title", "stage", "amount", "responsible"))
        rows = "".join(self._deal_row(row, viewer) for row in self._read("crm.deal.list", viewer.user_id, params))
        return self._shell.page(visit, word(visit, "deals"), card(f"<table><tr>{heads}</tr>{rows}</table>"))

    def _deal_row(self, row: Mapping[str, str], viewer: Viewer) -> str:
        title = f'<a href="/crm/deal/details/{row["ID"]}/">{escape(row["TITLE"] or "–")}</a>'
        return (
            f"<tr><td>{row['ID']}</td><td>{title}</td><td>{escape(self._stage(row))}</td>"
            f'<td class="number">{escape(_amount(row))}</td>'
            f"<td>{escape(self._person(row['ASSIGNED_BY_ID']))}</td></tr>"
        )

    def _stage(self, row: Mapping[str, str]) -> str:
        """A stage by its name."""
        entity = "DEAL_STAGE" if row["CATEGORY_ID"] == "0" else f"DEAL_STAGE_{row['CATEGORY_ID']}"
        sql = "SELECT NAME FROM status WHERE ENTITY_ID = ? AND STATUS_ID = ?"
        return str(self._state.scalar(sql, [entity, row["STAGE_ID"]]) or row["STAGE_ID"])

    def _person(self, user_id: str) -> str:
        """Somebody's name, of those who left too."""
        user = self._state.row("user", int(user_id)) or {}
        return " ".join(filter(None, (user.get("NAME"), user.get("LAST_NAME")))) or user_id

    def deal(self, visit: Visit, deal_id: int) -> Response:
        """One deal: its general tab, or one of an application."""
        viewer = visit.viewer
        try:
            row = self._read("crm.deal.get", viewer.user_id, {"id": deal_id})
        except RestError:
            return self._shell.fault(visit, "no_access", 403)
        here = f"/crm/deal/details/{deal_id}/"
        inner = {"IFRAME": "Y"} if visit.params.get("IFRAME") == "Y" else {}
        address = f"{here}?{urlencode({**inner, 'tab': ''})}{{}}"
        links = [Link(f"{here}?{urlencode(inner)}" if inner else here, word(visit, "tab_general"))]
        links += self._shell.items(viewer, "CRM_DEAL_DETAIL_TAB", address)
        chosen = php.to_int(visit.params.get("tab"))
        if not chosen:
            return self._shell.page(visit, row["TITLE"], tabs(links, links[0].address) + self._general(row, viewer))
        context = {"ID": str(deal_id), "URI": visit.request.target}
        content = self._shell.widget(visit, "CRM_DEAL_DETAIL_TAB", chosen, context)
        return self._shell.page(visit, row["TITLE"], tabs(links, address.format(chosen)) + content)

    def _general(self, row: Mapping[str, str], viewer: Viewer) -> str:
        values = {
            "id": row["ID"],
            "stage": self._stage(row),
            "amount": _amount(row),
            "responsible": self._person(row["ASSIGNED_BY_ID"]),
            "created": row["DATE_CREATE"][:16].replace("T", " "),
        }
        return card(pairs((viewer.say(name), value) for name, value in values.items()))

    def analytics(self, visit: Visit) -> Response:
        """CRM analytics with the reports of applications."""
        address = f"{ANALYTICS}?item={{}}"
        links = self._shell.items(visit.viewer, "CRM_ANALYTICS_MENU", address)
        chosen = php.to_int(visit.params.get("item"))
        words = site_pages.texts(visit.viewer.language)
        if chosen:
            content = self._shell.widget(visit, "CRM_ANALYTICS_MENU", chosen, {"URI": visit.request.target})
        else:
            content = card(f"<p>{words['no_reports' if links else 'no_items']}</p>", words["own_report"])
        shown = columns(words["applications"], links, address.format(chosen), content)
        return self._shell.page(visit, words["analytics"], shown)

    def left_item(self, visit: Visit, number: int) -> Response:
        """What an item of the main menu opens."""
        context = {"URI": visit.referer} if visit.referer else {}
        titles = {item.address: item.title for item in self._shell.items(visit.viewer, "LEFT_MENU", "{}")}
        body = self._shell.widget(visit, "LEFT_MENU", number, context)
        return self._shell.page(visit, titles.get(str(number), word(visit, "no_application")), body)


def _amount(row: Mapping[str, str]) -> str:
    """`12 345,00 UAH`, with spaces that do not break."""
    whole, _, part = f"{float(row['OPPORTUNITY'] or 0):,.2f}".partition(".")
    return f"{whole},{part} {row['CURRENCY_ID'] or ''}".replace(",", "\u00a0", whole.count(","))
