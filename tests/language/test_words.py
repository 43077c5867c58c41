"""One word for each thing: what people read keeps to the glossary of the manual.

`BANNED` grows with each text that is rewritten; append, never take out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent.parent
CATALOGUE = ROOT / "trayapp" / "language" / "locale" / "de" / "LC_MESSAGES" / "memtray.po"
PAGES = [ROOT / "README.md", *sorted((ROOT / "packaging" / "manual").glob("*.md"))]

BANNED: tuple[tuple[str, str], ...] = (
    # (regular expression, what to write instead)
    (r"\bnews\b", "an alert"),
    (r"\bhonestly\b", "say what was measured"),
    (r"before it hurts", "before it becomes a problem"),
    (r"\bis no moment\b", "is not a time"),
    (r"without a word", "without an error message"),
    (r"\bKnown from now on\b", "Acknowledged"),
    (r"\bErrno\b", "the reason alone"),
    (r"\bsay so\b", "warn, report or print"),
    (r"[0-9}] %", "3% (English has no space there)"),
    (r"\bthe most there is\b", "the number alone"),
    (r"\bis none that\b", "does not know, is not"),
    (r"\bbroke off\b", "lost the connection"),
    (r"\bTarget\b|\bTargets timeline\b", "program, tracked program"),
)


def texts() -> Iterator[tuple[str, str]]:
    """Every English text of the package, and every line of README and manual, with its place."""
    with CATALOGUE.open("rb") as stream:
        for entry in read_po(stream, locale="de"):
            for text in (entry.id,) if isinstance(entry.id, str) else entry.id:
                yield "the package", text
    for page in PAGES:
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
            yield f"{page.name}:{number}", line


@pytest.mark.parametrize(("pattern", "instead"), BANNED, ids=[each[0] for each in BANNED])
def test_no_text_has_a_word_that_the_glossary_replaced(pattern: str, instead: str) -> None:
    banned = re.compile(pattern)
    found = [f"{place}: {text}" for place, text in texts() if banned.search(text)]
    assert not found, f"write instead: {instead}"


def test_there_are_texts_to_look_through() -> None:
    found = list(texts())
    assert len(found) > 1500
    assert sum(place == "the package" for place, _text in found) > 1000
