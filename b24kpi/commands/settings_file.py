"""A settings file that only its owner can read: it holds a webhook or keys, which are passwords."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from b24kpi.commands.face import Face
from b24kpi.errors import BadInput


def settings_text(portal: Mapping[str, str], *, language: str, face: Face, further: str = "") -> str:
    """The file's text: what is not the default, with a word of explanation.

    Args:
        portal: keys and values of the section of that name, in the order in which they are written.
    """
    access = "\n".join(f"{key} = {json.dumps(value)}" for key, value in portal.items())
    return f"""# {face.say("cli.settings_file.head")}

[portal]
{access}

[ui]
language = {json.dumps(language)}
{further}"""


def write_private(path: Path, text: str, *, replace: bool = False) -> None:
    """Write the file with mode 0600, whole or not at all.

    Raises:
        BadInput: the file exists and is not to be replaced, or it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if path.exists() and not replace:
            raise BadInput("cli.init.exists", file=path)
        fresh.replace(path)
    except OSError as error:
        raise BadInput("cli.init.unwritable", file=path, problem=error.strerror or "?") from None
    finally:
        fresh.unlink(missing_ok=True)
