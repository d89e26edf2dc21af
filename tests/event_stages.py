"""The stage dictionary of the random portals: three pipelines with removed and equally sorted stages."""

from typing import Any

# code, sort, semantics, removed
PIPELINES: dict[int, list[tuple[str, int, str | None, bool]]] = {
    0: [
        ("EARLY", 5, None, True),
        ("NEW", 10, None, False),
        ("CALL", 20, None, False),
        ("MEET", 20, None, False),
        ("OLD", 25, None, True),
        ("BILL", 30, None, False),
        ("WON", 40, "S", False),
        ("LOSE", 50, "F", False),
        ("APOLOGY", 60, "F", False),
    ],
    5: [
        ("C5:NEW", 10, None, False),
        ("C5:WORK", 20, None, False),
        ("C5:WON", 30, "S", False),
        ("C5:SOLD", 35, "S", True),
        ("C5:LOSE", 40, "F", False),
    ],
    9: [
        ("C9:ONLY", 10, None, False),
        ("C9:WON", 20, "S", False),
        ("C9:LOSE", 30, "F", False),
    ],
}
UNKNOWN = {0: "GONE", 5: "C5:GONE", 9: "C9:GONE"}


def status_rows(removed_at: int) -> list[dict[str, Any]]:
    """Rows of the status table; what is removed bears the moment."""
    flat = [(category, *stage) for category, stages in PIPELINES.items() for stage in stages]
    return [
        {
            "id": number,
            "entity_id": f"DEAL_STAGE_{category}" if category else "DEAL_STAGE",
            "status_id": code,
            "name": code,
            "sort": sort,
            "semantics": semantics,
            "deleted_at": removed_at if removed else None,
        }
        for number, (category, code, sort, semantics, removed) in enumerate(flat, 1)
    ]


def process_stages(category: int) -> list[str]:
    """Codes of the stages in progress, removed ones included, in order."""
    return [code for code, _, semantics, _ in PIPELINES[category] if semantics is None]


def final_stages(category: int, semantic: str) -> list[str]:
    """Codes of the won (S) or lost (F) stages."""
    return [code for code, _, semantics, _ in PIPELINES[category] if semantics == semantic]
