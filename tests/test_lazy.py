"""What is computed at its first use."""

import ast
import threading
from pathlib import Path

import b24kpi
from b24kpi.lazy import lazy

PATIENCE = 10.0


class Slow:
    """Computes once told to."""

    def __init__(self) -> None:
        self.begun, self.told = threading.Event(), threading.Event()
        self.times = 0

    @lazy
    def value(self) -> int:
        """How often it was computed."""
        self.begun.set()
        assert self.told.wait(PATIENCE)
        self.times += 1
        return self.times


def test_it_is_computed_once() -> None:
    """And keeps its description."""
    slow = Slow()
    slow.told.set()
    assert (slow.value, slow.value, slow.times) == (1, 1, 1)
    assert Slow.value.__doc__ == "How often it was computed."


def test_nobody_waits_for_another_object() -> None:
    """While one is being computed in a thread of its own."""
    first, second = Slow(), Slow()
    thread = threading.Thread(target=lambda: first.value)
    thread.start()
    assert first.begun.wait(PATIENCE)
    second.told.set()
    assert second.value == 1
    first.told.set()
    thread.join(PATIENCE)
    assert first.value == 1


def test_nothing_is_cached_under_a_lock_that_all_objects_share() -> None:
    """As cached_property does in Python 3.11; the demo portal is another program."""
    package = Path(b24kpi.__file__).parent
    product = [path for path in package.rglob("*.py") if "demo" not in path.relative_to(package).parts]
    used = {
        path.name
        for path in product
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and any(each.name == "cached_property" for each in node.names)
    }
    assert used == set()
