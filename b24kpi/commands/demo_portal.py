"""The demo portal with a company in it, for `demo` and `portal`."""

from typing import TYPE_CHECKING

import click

from b24kpi.clock import SYSTEM_CLOCK
from b24kpi.commands.face import Face
from b24kpi.errors import BadInput

if TYPE_CHECKING:
    from b24kpi.demo.company import Company
    from b24kpi.demo.state import PortalState

DEALS = 3000


def filled_state(face: Face, company: str, *, deals: int, seed: int) -> "tuple[PortalState, Company]":
    """A portal's rows and the company that they tell of.

    Raises:
        BadInput: no such company.
    """
    from b24kpi.demo.company import COMPANIES
    from b24kpi.demo.state import PortalState

    if company not in COMPANIES:
        known = ", ".join(COMPANIES)
        raise BadInput("cli.portal.unknown_company", name=company, known=known)
    click.echo(face.say("cli.portal.building", company=company), err=True)
    state = PortalState()
    return state, COMPANIES[company](state, seed=seed, deals=deals, now=SYSTEM_CLOCK.now())
