"""The demo portal with a company in it, for `demo` and `portal`."""

from collections.abc import Callable
from pathlib import Path
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
    from b24kpi.demo.state import PortalState

    build = _builder(face, company, deals=deals, seed=seed)
    state = PortalState()
    return state, build(state)


def kept_state(face: Face, company: str, path: Path, *, deals: int, seed: int) -> "PortalState":
    """A portal's rows in a file: those that are there, or else a company's.

    Raises:
        BadInput: no such company; the file is something else, or cannot be written.
    """
    from b24kpi.demo.prebuilt import NoPortalError, open_prebuilt

    try:
        return open_prebuilt(
            path, lambda state: _builder(face, company, deals=deals, seed=seed)(state), now=SYSTEM_CLOCK.now
        )
    except NoPortalError:
        raise BadInput("cli.portal.foreign_file", file=path) from None
    except OSError as error:
        raise BadInput("cli.portal.unusable_file", file=path, problem=error.strerror or "?") from None


def _builder(face: Face, company: str, *, deals: int, seed: int) -> "Callable[[PortalState], Company]":
    """Fills a portal, with a word on it.

    Raises:
        BadInput: no such company.
    """
    from b24kpi.demo.company import COMPANIES

    if company not in COMPANIES:
        known = ", ".join(COMPANIES)
        raise BadInput("cli.portal.unknown_company", name=company, known=known)
    click.echo(face.say("cli.portal.building", company=company), err=True)
    return lambda state: COMPANIES[company](state, seed=seed, deals=deals, now=SYSTEM_CLOCK.now())
