"""How a command's answer is worded."""

from typing import TYPE_CHECKING

from b24kpi.commands.face import Face

if TYPE_CHECKING:
    from b24kpi.app import App
    from b24kpi.report.wording import Wording


def wording_of(app: "App", face: Face) -> "Wording":
    """The reader's language with the names of the installed metrics."""
    from b24kpi.report.wording import Wording

    return Wording(face.language, app.currency, {metric.id: metric.names[face.language] for metric in app.metrics()})
