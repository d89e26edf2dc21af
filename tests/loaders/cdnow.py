"""CDNOW: customers of a music shop who first bought in the first quarter of 1997, watched until June 1998.

The master file has 23,570 of them, the sample every tenth: 2,357. Each customer is a contact, each of his days with
purchases a won deal. The sample's first 39 weeks are what the papers on BG/NBD and Gamma-Gamma fit their models to.

Data: Bruce Hardie, https://www.brucehardie.com/datasets/; the files lie in the package lifetimes, which is not loaded.
"""

from collections import defaultdict
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

TIME_ZONE = "UTC"
CURRENCY = "USD"
LAST_DAY = "1998-06-30"
CALIBRATED = "1997-09-30"  # the end of the first 39 weeks

Days = dict[tuple[int, str], Decimal]


def days(name: str) -> Days:
    """(customer, ISO day) → dollars of `master` or `sample`. Skips the test where the data are absent."""
    found: Days = defaultdict(Decimal)
    lines = _file(f"CDNOW_{name}.txt").read_text(encoding="ascii").splitlines()
    for line in lines:
        *numbers, day, _, dollars = line.split()
        if day.isdigit():
            found[int(numbers[-1]), f"{day[:4]}-{day[4:6]}-{day[6:]}"] += Decimal(dollars)
    return found


def case(name: str) -> dict[str, Any]:
    """The short rows of a case (fixtures/README.md): each day of a customer is a deal that is won at noon."""
    return {
        "deal": [
            {
                "amount": str(dollars),
                "currency_id": CURRENCY,
                "contact_id": customer,
                "steps": [[f"{day}T11:00", "NEW"], [f"{day}T12:00", "WON"]],
            }
            for (customer, day), dollars in days(name).items()
        ]
    }


def _file(name: str) -> Path:
    spec = find_spec("lifetimes")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / "datasets" / name).exists():
            return path
    pytest.skip(f"{name} is not here: it lies in the package lifetimes")
