"""What all sections of the settings have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A section of the settings: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
