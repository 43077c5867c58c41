"""Pages of the manual as plain text for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

_LINK = re.compile(r"!?\[((?:\[[^\]]*\]|[^\[\]])*)\]\([^)]*\)")
_MARKS = re.compile(r"\*\*([^*]+)\*\*|(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])|`([^`]+)`")
_PICTURE = re.compile(r"<img [^>]*>")
_CELL_BREAK = re.compile(r"(?<!\\)\|")
_LEAST_WIDTH, _MOST_WIDTH = 40, 100


def manual_folder() -> Path | None:
    """Return where the manual's pages are: in what is installed, or in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "_manual", package.parent / "packaging" / "manual"):
        if (folder / "index.md").is_file():
            return folder
    return None


def topics(folder: Path) -> list[str]:
    """Return the names of all pages but the list of them."""
    return sorted(file.stem for file in folder.glob("*.md") if file.stem != "index")


def section_of(text: str, heading: str) -> str | None:
    """Return what stands below a second-level heading, with it; None where there is none."""
    found = re.search(rf"^## {re.escape(heading)}$.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0].strip() if found else None


def plain_text(markdown: str, width: int) -> str:
    """Return a page without its marks, wrapped; code and commands stay as they are."""
    width = max(_LEAST_WIDTH, min(width, _MOST_WIDTH))
    return "\n".join(_lines(_PICTURE.sub("", markdown).split("\n"), width)).strip() + "\n"


def _lines(lines: Sequence[str], width: int) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        end = place + 1
        if line.startswith("```"):
            while end < len(lines) and not lines[end].startswith("```"):
                yield f"    {lines[end]}".rstrip()
                end += 1
            end += 1
        elif line.startswith("#"):
            title = _plain(line.lstrip("# "))
            yield from (title, ("=" if line.startswith("# ") else "-") * len(title))
        elif line.startswith("|"):
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            yield from _table(lines[place:end], width)
        elif line.startswith("    ") or not line.strip():
            yield line.rstrip()
        else:
            end = place + _length_of_paragraph(lines[place:])
            yield from _paragraph(lines[place:end], width)
        place = end


def _length_of_paragraph(lines: Sequence[str]) -> int:
    """Return how many lines belong to the paragraph or item that begins with the first."""
    for number, line in enumerate(lines[1:], 1):
        if not line.strip() or line.startswith(("#", "|", "```", "- ")):
            return number
    return len(lines)


def _paragraph(lines: Sequence[str], width: int) -> Iterator[str]:
    text = _plain(" ".join(line.strip() for line in lines))
    indent = "  " if text.startswith("- ") else ""
    yield from textwrap.wrap(
        text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _table(lines: Sequence[str], width: int) -> Iterator[str]:
    """Yield a table as a list: its first column, and below it the others with their headings."""
    rows = [
        [
            _plain(cell).strip()
            for cell in _CELL_BREAK.split(line.strip().removeprefix("|").removesuffix("|"))
        ]
        for line in lines
    ]
    headings, body = rows[0], rows[2:]
    for row in body:
        yield row[0]
        rest = [(title, cell) for title, cell in zip(headings[1:], row[1:], strict=False) if cell]
        for title, cell in rest:
            said = cell if len(headings) == 2 else f"{title}: {cell}"
            yield from textwrap.wrap(
                said, width, initial_indent="    ", subsequent_indent="    ",
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip


def _plain(text: str) -> str:
    text = _LINK.sub(r"\1", text)
    return _MARKS.sub(lambda found: found[1] or found[2] or found[3], text).replace("\\|", "|")
