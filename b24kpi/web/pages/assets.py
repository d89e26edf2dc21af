"""Files that never change under their address: style sheet, script, plotly.js out of the plotly wheel."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

KINDS = {".css": "text/css", ".js": "text/javascript"}
PLOTLY = "plotly.min.js"
NAMES = ("pages.css", "pages.js", PLOTLY)


@dataclass(frozen=True)
class Asset:
    """A file as it is sent; `digest` is a part of its address."""

    name: str
    kind: str
    plain: bytes
    digest: str

    @property
    def packed(self) -> bytes:
        """The same compressed, which takes half a second of plotly.js and is done once, when it is first sent."""
        return _packed(self.name)


@cache
def asset(name: str) -> Asset:
    """One of NAMES, read once.

    Raises:
        KeyError: no such file.
        FileNotFoundError: plotly is not installed.
    """
    if name not in NAMES:
        raise KeyError(name)
    plain = _plotly() if name == PLOTLY else files("b24kpi.web").joinpath("static", name).read_bytes()
    return Asset(name, KINDS[Path(name).suffix], plain, sha256(plain).hexdigest()[:16])


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(asset(name).plain, 9, mtime=0)


def _plotly() -> bytes:
    """The library as the wheel brings it; the package itself takes long to import, so it is only looked for."""
    spec = find_spec("plotly")
    for folder in spec.submodule_search_locations or () if spec else ():
        return (Path(folder) / "package_data" / PLOTLY).read_bytes()
    raise FileNotFoundError(PLOTLY)
