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
    (r"\bmake it by\b", "create it with"),
    (r"\bis of [a-z]+, but\b", "is from"),
    (r"\bdoes not tell\b", "does not report, does not reveal"),
    (r"\bpassed over\b", "skipped"),
    (r"\bcut off;", "truncated;"),
    (r"\bsurroundings\b", "environment"),
    (r"\bgives? memory back\b|\btakes? memory back\b", "free memory"),
    (r"\banew\b", "again, a new one"),
    (r"\bsays so\b", "reports it, warns"),
    (r"\bis no recording\b|\bis no answer\b", "is not a"),
    (r"\bthe most there is\b", "the number alone"),
    (r"\bis none that\b", "does not know, is not"),
    (r"\bbroke off\b", "lost the connection"),
    (r"\bTarget\b|\bTargets timeline\b", "program, tracked program"),
    (r"\bseems to leak\b", "is probably leaking memory"),
    (r"\bby itself\b", "automatically"),
    (r"\bthe same (that|in an|when it|at a)\b", "the sentence in full: it must be clear alone"),
    (r"\bMust last\b", "Minimum duration"),
    (r"\b[Ll]ooks? (that|less often|must)\b", "sample"),
    (r"\bbetween two looks\b", "between two samples"),
    (r"\bDelta\b", "Change/s"),
    (r"\bFrom inside\b", "Python probe"),
    (r"\bMake it a target\b|\bmade a target\b", "Track"),
    (r"\b[Ss]top(ped)? following\b", "Stop tracking"),
    (r"\bin force\b", "applied, in use"),
    (r"\bLay the runs\b|\blaid over\b", "Overlay runs"),
    (r"\bmoment asked for\b", "Selected time"),
    (r"\bAll there is\b", "Entire history"),
    (r"\bOver: ", "Resolved: "),
    (r"\bIt lasted\b|\bLasted\b|\bBegan\b", "Duration, Started"),
    (r"\b[Cc]lean(ed)? up\b", "Free memory"),
    (r"\bis no (target|number|colour|setting|size|duration|time|text)\b", "is not a ..."),
    (r"\bspeak up\b", "alert"),
    (r"\bof yours\b", "your own"),
    (r"\bfor lack of memory\b", "out of memory"),
    (r"\bin sum\b", "total"),
    (r"\bown budget\b", "its own limits"),
    (r"\bRunning for\b", "Uptime"),
    (r"\bMemory lately\b", "Recent memory"),
    (r"\bof machine\b", "of RAM"),
    (r"\b(gives?|gave) (it|the memory|memory) back\b", "free"),
    (r"\bhas gone\b", "has exited, is gone"),
    (r"\bmeanwhile\b", "in the meantime, already"),
    (r"\bit seems\b", "probably"),
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
