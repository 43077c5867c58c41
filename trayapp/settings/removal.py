"""Taking one target out of the text of a settings file: its block goes, all else stays."""

from __future__ import annotations

import re

from trayapp.settings.fields import TARGETS_TABLE

_HEADER = re.compile(r"\s*\[")
_TARGET = re.compile(rf"\s*\[\[\s*{TARGETS_TABLE}\s*\]\]\s*(#.*)?")
_EMPTY = re.compile(r"\s*(#.*)?")


def without_target(text: str, name: str) -> str | None:
    """The text without the block of the target; None: it has none that could be taken out.

    Remarks above and below the block, which may belong to what follows, stay.
    """
    import tomllib

    lines = text.splitlines(keepends=True)
    headers = [at for at, line in enumerate(lines) if _HEADER.match(line)]
    wanted = [target for target in _targets(text) if target.get("name") != name]
    for start in headers:
        if not _TARGET.fullmatch(lines[start].rstrip("\r\n")):
            continue
        # Brackets in a value that spans lines look like a header: then the next one ends it.
        for end in (*(at for at in headers if at > start), len(lines)):
            last = end
            while _EMPTY.fullmatch(lines[last - 1].rstrip("\r\n")):
                last -= 1
            after = "".join(lines[:start] + lines[last:])
            try:
                if _targets(after) == wanted:
                    return after
            except tomllib.TOMLDecodeError:
                continue
    return None


def _targets(text: str) -> list[dict[str, object]]:
    import tomllib

    found = tomllib.loads(text.removeprefix("\ufeff")).get(TARGETS_TABLE, [])
    return found if isinstance(found, list) else []
