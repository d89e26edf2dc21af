"""Which KPIs there are in an installation: ours, and what its settings add."""

from collections.abc import Mapping

from b24kpi.metrics.catalogue import Catalogue, standard
from b24kpi.metrics.dimensions import FieldDimension
from b24kpi.portal.user_fields import FieldName
from b24kpi.settings import Settings

Labels = Mapping[tuple[str, str], str]  # (stream, code) → name for people


def dimensions(settings: Settings, labels: Labels | None = None) -> list[FieldDimension]:
    """The dimensions that the settings add; with `labels`, only those whose field has one."""
    names = {name: FieldName.parse(text) for name, text in settings.dimensions.items()}
    return [
        FieldDimension(name, field.stream, field.name, (labels or {}).get((field.stream, field.name), ""))
        for name, field in names.items()
        if labels is None or (field.stream, field.name) in labels
    ]


def catalogue(settings: Settings) -> Catalogue:
    """Ours and the user's own KPIs, before they are sliced by dimensions of his own.

    Raises:
        BadInput: any of his definitions is wrong.
    """
    if settings.metrics.folder is None:
        return standard()
    from b24kpi.metrics.own import read_own

    return standard().with_own(read_own(settings.metrics.folder, dimensions(settings)))
