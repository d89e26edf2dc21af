"""How a table of the demo portal is declared: a short text per REST field.

A field reads `NAME kind default [ro]`, fields are parted by `;` or a new line; `-` as default is NULL, `ro` marks what
REST refuses to write.

Kinds and how they are stored: `id int link user` INTEGER · `money double` REAL · `bool` 1/0 · `flag` 'Y'/'N' ·
`datetime` INTEGER epoch seconds UTC · `date` 'YYYY-MM-DD' · `string status` TEXT · `json` TEXT holding JSON.
"""

from dataclasses import dataclass, replace
from types import MappingProxyType

KINDS = MappingProxyType(
    {
        **dict.fromkeys(("id", "int", "link", "user", "bool", "datetime"), "INTEGER"),
        **dict.fromkeys(("money", "double"), "REAL"),
        **dict.fromkeys(("flag", "date", "string", "status", "json"), "TEXT"),
    }
)


@dataclass(frozen=True)
class Field:
    """One column: its REST name, kind (see the module), stored default, and whether REST may write it."""

    name: str
    kind: str
    default: object = None
    read_only: bool = False

    @property
    def is_user_field(self) -> bool:
        """Whether a portal made it up itself (UF_…)."""
        return self.name.startswith("UF_")


@dataclass(frozen=True)
class Table:
    """One table: its fields by name, its key, the columns that lists filter on, and the object type id of CRM."""

    name: str
    fields: MappingProxyType[str, Field]
    key: str = "ID"
    indexes: tuple[str, ...] = ()
    entity_type_id: int = 0

    def with_field(self, field: Field) -> "Table":
        """The same table with one more column."""
        return replace(self, fields=MappingProxyType({**self.fields, field.name: field}))

    def without_field(self, name: str) -> "Table":
        """The same table without a column."""
        return replace(self, fields=MappingProxyType({key: field for key, field in self.fields.items() if key != name}))


def _default(kind: str, text: str) -> object:
    if text == "-":
        return None
    if KINDS[kind] == "INTEGER":
        return int(text)
    return float(text) if KINDS[kind] == "REAL" else text.strip("'")


def _field(line: str) -> Field:
    name, kind, default, *marks = line.split()
    return Field(name, kind, _default(kind, default), "ro" in marks)


def table(name: str, text: str, *, key: str = "ID", indexes: str = "", entity_type_id: int = 0) -> Table:
    """A table out of its text (see the module); `indexes` are column names."""
    fields = [_field(line) for line in text.replace(";", "\n").splitlines() if line.strip()]
    by_name = MappingProxyType({field.name: field for field in fields})
    return Table(name, by_name, key, tuple(indexes.split()), entity_type_id)


def strings(names: str) -> str:
    """Lines for empty text fields of these names."""
    return "\n".join(f"{name} string -" for name in names.split())
