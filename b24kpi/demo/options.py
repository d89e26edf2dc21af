"""How one portal differs from another without any fault: switches that no client can see."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """`count_cap`: legacy CRM lists stop counting there, so that `total` saturates (0: never; read from the source).

    `history_follows_pipeline`: crm.stagehistory.list shows only the rows of the pipeline that an element is in at
    present, as the vendor confirms in https://github.com/bitrix24/b24restdocs/issues/8 .
    """

    count_cap: int = 0
    history_follows_pipeline: bool = False


STANDARD_OPTIONS = Options()
