"""Whose a row of a table is: what tells a program from the others, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.recording.columns import Columns, cell


def owner_of(columns: Columns, row: Sequence[str]) -> tuple[tuple[str, ...], str, int | None]:
    """What tells a program from the others, what it is called, and its pid."""
    identity: list[str] = []
    words: list[str] = []
    spare: list[str] = []
    pid_text = ""
    for at in columns.who:
        text = cell(row, at)
        if at in columns.commands:
            program = text.split(" ", 1)[0]
            text = program.rsplit("/", 1)[-1] if program.startswith("/") else program
            text = text.rstrip(":")
        identity.append(text)
        if at == columns.pid:
            pid_text = text
        elif _is_id(text):
            spare.append(text)
        elif text and text not in words:
            words.append(text)
    label = " ".join(words or spare[:1])
    pid = int(pid_text) if pid_text.isdecimal() and len(pid_text) <= 10 else None
    if pid_text:
        label = f"{label} {pid_text}".strip()
    return tuple(identity), label, pid


def _is_id(text: str) -> bool:
    """Whether it is a number of letters that nobody reads, as containers have."""
    plain = text.replace("-", "")
    return (
        len(plain) >= 6
        and all(one in "0123456789abcdef" for one in plain.lower())
        and any(one.isdigit() for one in plain)
    )
