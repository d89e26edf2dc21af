"""How one portal differs from another without any fault: switches that no client can see, and lifetimes of tokens."""

from dataclasses import dataclass

HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Options:
    """`count_cap`: legacy CRM lists stop counting there, so that `total` saturates (0: never; read from the source).

    `history_follows_pipeline`: crm.stagehistory.list shows only the rows of the pipeline that an element is in at
    present, as the vendor confirms in https://github.com/bitrix24/b24restdocs/issues/8 .
    Lifetimes in seconds: https://apidocs.bitrix24.com/settings/oauth/index.html ; `member_id` is what stays of a
    portal when its address changes.
    """

    count_cap: int = 0
    history_follows_pipeline: bool = False
    access_token_seconds: float = HOUR
    refresh_token_seconds: float = 180 * DAY
    code_seconds: float = 30
    member_id: str = "5d0c1f6e8a3b47929e61d0aa7c54b8f3"


STANDARD_OPTIONS = Options()
