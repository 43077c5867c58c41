"""Removal of one entry from the text of a settings file: its block goes, all else stays."""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[")
_EMPTY = re.compile(r"\s*(#.*)?")


def without_entry(text: str, table: str, name: str) -> str | None:
    """Return the text without the [[table]] of that name; None: it has none to be removed.

    Remarks above and below the block, which may belong to what follows, stay.
    """
    import tomllib

    lines = text.splitlines(keepends=True)
    headers = [at for at, line in enumerate(lines) if _HEADER.match(line)]
    wanted = [entry for entry in _entries(text, table) if entry.get("name") != name]
    block = re.compile(rf"\s*\[\[\s*{table}\s*\]\]\s*(#.*)?")
    for start in headers:
        if not block.fullmatch(lines[start].rstrip("\r\n")):
            continue
        # Brackets in a value that spans lines look like a header: then the next one ends it.
        for end in (*(at for at in headers if at > start), len(lines)):
            last = end
            while _EMPTY.fullmatch(lines[last - 1].rstrip("\r\n")):
                last -= 1
            after = "".join(lines[:start] + lines[last:])
            try:
                if _entries(after, table) == wanted:
                    return after
            except tomllib.TOMLDecodeError:
                continue
    return None


def _entries(text: str, table: str) -> list[dict[str, object]]:
    import tomllib

    found = tomllib.loads(text.removeprefix("\ufeff")).get(table, [])
    return found if isinstance(found, list) else []
