"""The doors are described, and whatever knocks, they do not break."""

import json
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from tests.web.conftest import Door

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"


def described() -> dict[str, Any]:
    return json.loads(OPENAPI.read_text("utf-8"))  # type: ignore[no-any-return]


def test_every_door_is_described(door: Door) -> None:
    """Those of the file are those of the server, with their methods."""
    paths = described()["paths"]
    file = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    open_to_all = ("doors.", "bi_source.")
    rules = [rule for rule in door.app.url_map.iter_rules() if rule.endpoint.startswith(open_to_all)]
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert file == served


EXAMPLES = [10, pytest.param(300, marks=pytest.mark.soak)]


@pytest.mark.parametrize("examples", EXAMPLES)
def test_no_call_breaks_a_door(installed: Door, examples: int) -> None:
    """So many calls of each kind that fit the file: never 5xx."""
    schemathesis = pytest.importorskip("schemathesis")
    schema = schemathesis.openapi.from_wsgi("/openapi.json", served_with_file(installed))
    for operation in schema.get_all_operations():
        check_operation(operation.ok(), examples)


def served_with_file(door: Door) -> Any:
    """The application, which also shows the file."""

    @Request.application
    def file(request: Request) -> Response:
        return Response(OPENAPI.read_bytes(), mimetype="application/json")

    def serve(environ: Any, start_response: Any) -> Any:
        return (file if environ["PATH_INFO"] == "/openapi.json" else door.app)(environ, start_response)

    return serve


def check_operation(operation: Any, examples: int) -> None:
    """Try an operation in many ways."""
    from hypothesis import given, settings
    from schemathesis.checks import not_a_server_error

    @settings(max_examples=examples, deadline=None)
    @given(case=operation.as_strategy())
    def knock(case: Any) -> None:
        case.call_and_validate(checks=[not_a_server_error])

    knock()
