"""How biconnector.* answers: errors stand beside `result`, or on some portals within it."""

from collections.abc import Callable

from b24kpi.demo.bi_builder_fields import fault
from b24kpi.demo.rest import Call, NotEmulated, Reply, RestError


def answering(name: str, run: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """A method with its errors in the form that the portal gives them, and refused where a test wants it so."""

    def answer(call: Call) -> Reply:
        builder = call.portal.apps.bi_builder
        try:
            if code := builder.refusing.get(name):
                raise fault(code, "Refused on order.")
            return run(call)
        except NotEmulated:
            raise
        except RestError as error:
            if builder.nested_errors:
                return Reply({"error": error.payload})
            raise

    return answer
