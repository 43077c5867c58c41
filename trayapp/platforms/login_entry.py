"""The desktop entry that starts Memtray at login: its text, and whether a person has changed it."""

from __future__ import annotations

import re
import zlib

_SUM = "X-Memtray-Sum="
_UNMARKED = re.compile(
    r"\[Desktop Entry\]\nType=Application\nName=Memtray\nComment=[^\n]*\nExec=[^\n]*\n"
    r"Terminal=false\nX-GNOME-Autostart-enabled=true\n"
)
"""As entries were before they had a sum; the comment is in the language of whoever wrote it."""


def entry_text(exec_line: str, comment: str) -> str:
    """Return an entry with the value of `Exec`, and a sum by which a changed one is known."""
    text = (
        "[Desktop Entry]\n"
        "Type=Application\n"
        "Name=Memtray\n"
        f"Comment={comment}\n"
        f"Exec={exec_line}\n"
        "Terminal=false\n"
        "X-GNOME-Autostart-enabled=true\n"
    )
    return f"{text}{_SUM}{_sum_of(text)}\n"


def is_untouched(text: str) -> bool:
    """Return whether an entry is as some Memtray wrote it."""
    body, mark, rest = text.rpartition(_SUM)
    if mark:
        return rest == f"{_sum_of(body)}\n"
    return _UNMARKED.fullmatch(text) is not None


def exec_of(text: str) -> str:
    """Return the value of `Exec` as it is written; empty where there is none."""
    lines = (line.removeprefix("Exec=") for line in text.split("\n") if line.startswith("Exec="))
    return next(lines, "")


def _sum_of(text: str) -> str:
    return f"{zlib.crc32(text.encode('utf-8', 'surrogateescape')):08x}"
