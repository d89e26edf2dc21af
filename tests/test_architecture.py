"""House rules that no reader of one file can check: who imports whom, who asks for the time, how long files are."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import b24kpi

PACKAGE = Path(b24kpi.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
DEMO = [path for path in FILES if "demo" in path.relative_to(PACKAGE).parts]
PRODUCT = [path for path in FILES if path not in DEMO]
TEXTS = [path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".sql", ".toml")]

# Each layer imports only what stands to its left; modules of one layer may import each other.
LAYERS = ("ground", "portal", "cache", "facts", "metrics", "report", "sinks", "settings", "app", "daemon", "web", "cli")
LAYER_OF = {
    **dict.fromkeys(("__init__", "errors", "clock", "lazy", "locale", "problems"), "ground"),
    **dict.fromkeys(
        (
            *("settings", "settings_addresses", "settings_checks", "settings_digest", "settings_faults"),
            *("settings_portal", "settings_section", "settings_service"),
            *("connection", "cost_file", "cron", "given", "motivation_file", "people_file", "plan_file"),
        ),
        "settings",
    ),
    **dict.fromkeys(("app", "answers", "checkup", "digests", "fact_keeper", "fetching", "imports", "installed"), "app"),
    **dict.fromkeys(("cli", "commands", "__main__"), "cli"),
    **{name: name for name in ("portal", "cache", "facts", "metrics", "report", "sinks", "daemon", "web")},
}
SHOWS_THE_DEMO = {"commands/demo.py", "commands/demo_portal.py", "commands/demo_serve.py", "commands/portal.py"}
LONGEST_FILE, LONGEST_FUNCTION = 300, 50
ASKS_FOR_THE_TIME = {
    *("time.time", "time.monotonic", "time.perf_counter", "time.sleep", "time.localtime", "time.gmtime"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
}
LEFT_OVER = re.compile(r"(?:#|--).*\b(?:TODO|FIXME|XXX)\b|/(?:home|root|work|Users|tmp)/\w+")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


Faults = dict[str, list[str]]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def faults_of(check: Callable[[Path], Iterable[str]], paths: Iterable[Path] = FILES) -> Faults:
    """File → what is wrong with it, for the files with which something is."""
    found = {named(path): sorted(check(path)) for path in paths}
    return {name: faults for name, faults in found.items() if faults}


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, those inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(dotted: str) -> str:
    """`b24kpi.cache.store.Store` → `cache`; `b24kpi.__version__` → `__init__`."""
    name = dotted.removeprefix("b24kpi").removeprefix(".").partition(".")[0]
    return "__init__" if name in ("", "__version__") else name


def home(path: Path) -> str:
    return part("b24kpi." + named(path).removesuffix(".py").replace("/", "."))


def ours(path: Path) -> set[str]:
    """The parts of the package that a file imports."""
    return {part(name) for name in imported(path) if name.partition(".")[0] == "b24kpi"}


def test_a_layer_imports_only_what_stands_to_its_left() -> None:
    """portal → cache → facts → metrics → report → sinks → settings → app → daemon → command line."""
    assert not faults_of(to_the_right, PRODUCT)


def to_the_right(path: Path) -> Iterator[str]:
    here = LAYERS.index(LAYER_OF[home(path)])
    return (name for name in ours(path) - {"demo"} if LAYERS.index(LAYER_OF[name]) > here)


def test_imports_are_absolute() -> None:
    """So that the rules above see each of them."""
    relative = [
        node for path in FILES for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative


def test_the_demo_portal_shares_no_code_with_what_it_tests() -> None:
    """A double that shares the client's code proves nothing."""
    assert not faults_of(lambda path: ours(path) - {"demo"}, DEMO)


def test_only_commands_show_the_demo_portal() -> None:
    """Nothing of the product leans on the double of its far end."""
    assert {named(path) for path in PRODUCT if "demo" in ours(path)} <= SHOWS_THE_DEMO


def test_a_file_fits_the_eye() -> None:
    """At most 300 lines a file, at most 50 a function."""
    assert not faults_of(too_long)


def too_long(path: Path) -> Iterator[str]:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > LONGEST_FILE:
        yield f"{lines} lines"
    for node in ast.walk(tree(path)):
        if isinstance(node, FUNCTIONS) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
            yield node.name


def test_only_the_clock_asks_for_the_time() -> None:
    """Everything else is given the time, so that tests and as-of reports can choose it."""
    assert not faults_of(asking_for_the_time, [path for path in PRODUCT if path.name != "clock.py"])


def asking_for_the_time(path: Path) -> set[str]:
    attributes = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute))
    read = {f"{node.value.id}.{node.attr}" for node in attributes if isinstance(node.value, ast.Name)}
    return ASKS_FOR_THE_TIME & {*read, *imported(path)}


def test_there_is_one_sqlite_in_a_process() -> None:
    """A second copy of the library would drop the locks of the first."""
    assert not faults_of(other_sqlite)


def other_sqlite(path: Path) -> set[str]:
    engines = {name for name in imported(path) if re.search(r"\b(sqlite3|pysqlite3|apsw|duckdb)\b", name)}
    return engines - {"sqlite_utils.utils.sqlite3"}


def test_what_is_public_is_documented() -> None:
    """Module, class and function say what they are for; methods may where their class's base does."""
    assert not faults_of(undocumented)


def undocumented(path: Path) -> Iterator[str]:
    if tree(path).body and not ast.get_docstring(tree(path)):
        yield "module"
    for node in tree(path).body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not is_plain(node):
            yield from [] if ast.get_docstring(node) else [node.name]
        if isinstance(node, ast.ClassDef) and not node.bases and not node.name.startswith("_"):
            methods = (each for each in node.body if isinstance(each, FUNCTIONS) and not is_plain(each))
            yield from (f"{node.name}.{each.name}" for each in methods if not ast.get_docstring(each))


def is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Private; or of one line, which says itself what it does; or a command, whose help is in the locale catalogues."""
    if node.name.startswith("_") or isinstance(node, ast.ClassDef):
        return node.name.startswith("_")
    is_command = any(
        "command" in ast.unparse(decorator) or "group" in ast.unparse(decorator) for decorator in node.decorator_list
    )
    return is_command or len(node.body) == 1


def test_nothing_is_left_over() -> None:
    """No promises of later work and no paths of the machine on which a file was written."""
    assert not faults_of(lambda path: LEFT_OVER.findall(path.read_text(encoding="utf-8")), TEXTS)
