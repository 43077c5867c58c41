"""Make man pages and one HTML page of the manual: `manual_pages.py FOLDER`.

The manual is Markdown in `packaging/manual/`. This is run by the build (`hatch_build.py`) and by
what builds packages; it needs markdown-it-py, which Memtray itself does not.
"""

from __future__ import annotations

import base64
import html
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

MANUAL = Path(__file__).resolve().parent / "manual"
_PICTURE_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


class ManPage(NamedTuple):
    """One page for `man`."""

    name: str
    section: int
    summary: str
    pages: tuple[str, ...]
    """Files of the manual, without their endings."""

    @property
    def file_name(self) -> str:
        return f"{self.name}.{self.section}"


MAN_PAGES = (
    ManPage(
        "memtray",
        1,
        "tray icon that watches memory and warns before it becomes a problem",
        ("commands", "targets", "icon", "windows", "alerts", "leaks", "files"),
    ),
    ManPage("memtray.toml", 5, "settings of memtray", ("settings",)),
    ManPage("memtray-probe", 7, "lets Python programs report their memory", ("probe",)),
)


def man_page(page: ManPage, version: str, released: str) -> str:
    """Return the page as roff, in the man macros, UTF-8; released: a date, "2026-11-30"."""
    others = [f"{each.name}({each.section})" for each in MAN_PAGES if each != page]
    lines = [
        f'.TH "{page.name}" {page.section} "{released}" "Memtray {version}" "Memtray"',
        # Neither hyphens nor spaces added where a person may copy a command.
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{_escaped(page.name)} \\- {_escaped(page.summary)}",
    ]
    for name in page.pages:
        tokens = _parsed((MANUAL / f"{name}.md").read_text("utf-8"))
        lines += _Roff(is_only=len(page.pages) == 1).lines(tokens)
    lines += [".SH SEE ALSO", _escaped(", ".join(others))]
    # Below a heading a paragraph needs no beginning of its own.
    kept = [
        line
        for before, line in pairwise(["", *lines])
        if line != ".PP" or not before.startswith((".SH", ".SS"))
    ]
    return "\n".join(kept) + "\n"


def html_page(version: str) -> str:
    """Return the whole manual as one page that needs no other file."""
    names = [
        "index",
        *re.findall(r"\]\((\w[\w-]*)\.md\)", (MANUAL / "index.md").read_text("utf-8")),
    ]
    names = list(dict.fromkeys(names))
    parts, contents = [], []
    for name in names:
        text = (MANUAL / f"{name}.md").read_text("utf-8")
        title = text.partition("\n")[0].removeprefix("# ").partition(" – ")[0]
        title = title.removeprefix("memtray-").capitalize()
        contents.append(f'<li><a href="#{name}">{html.escape(title)}</a></li>')
        parts.append(f'<section id="{name}">\n{_as_html(text, name, names)}</section>')
    style = (Path(__file__).resolve().parent / "manual" / "page.css").read_text("utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Memtray {html.escape(version)}: manual</title>\n"
        f"<style>\n{style}</style>\n</head>\n"
        f'<body>\n<nav aria-label="Contents"><ul>\n{chr(10).join(contents)}\n</ul></nav>\n<main>\n'
        f"{chr(10).join(parts)}\n</main>\n</body>\n</html>\n"
    )


def write_pages(folder: Path, version: str, released: str) -> list[Path]:
    """Write the man pages and `manual.html` into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {page.file_name: man_page(page, version, released) for page in MAN_PAGES}
    made["manual.html"] = html_page(version)
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in made]


def _parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


# -- roff


def _escaped(text: str) -> str:
    """Return text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


class _Roff:
    """Writes the tokens of one page of the manual."""

    def __init__(self, *, is_only: bool) -> None:
        self._is_only = is_only
        """Its second headings are sections; else its title is one."""

    def lines(self, tokens: Sequence[Token]) -> Iterator[str]:
        place = 0
        depth = 0
        while place < len(tokens):
            token = tokens[place]
            if token.type == "heading_open":
                yield from self._heading(int(token.tag[1]), tokens[place + 1])
                place += 2
            elif token.type == "inline":
                yield from _inline(token)
            elif token.type == "paragraph_open" and not token.hidden and not depth:
                yield ".PP"
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                depth += 1
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                depth -= 1
            elif token.type == "list_item_open":
                yield ".IP \\(bu 2"
            elif token.type in ("code_block", "fence"):
                yield from (".PP", ".RS 4", ".nf")
                yield from (_escaped(line) or ".sp" for line in token.content.rstrip().split("\n"))
                yield from (".fi", ".RE")
            elif token.type == "table_open":
                end = next(
                    at for at in range(place, len(tokens)) if tokens[at].type == "table_close"
                )
                yield from _table(tokens[place:end])
                place = end
            place += 1

    def _heading(self, level: int, token: Token) -> Iterator[str]:
        text = _escaped("".join(_plain(token)))
        if level == 1:
            title = text.partition(" – ")[0].removeprefix("memtray\\-").upper()
            if not self._is_only:
                yield f'.SH "{title}"'
            else:
                yield ".SH DESCRIPTION"
        else:
            yield f'.{"SH" if self._is_only and level == 2 else "SS"} "{text}"'


def _inline(token: Token) -> Iterator[str]:
    text = "".join(_styled(token)).strip()
    if text:
        for line in text.split("\n"):
            yield "\\&" + line if line.startswith((".", "'")) else line


def _styled(token: Token) -> Iterator[str]:
    for child in token.children or ():
        if child.type == "code_inline":
            yield f"\\fB{_escaped(child.content)}\\fR"
        elif child.type == "text":
            yield child.content.replace("\\", "\\e").replace("--", "\\-\\-")
        elif child.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif child.type in ("strong_open", "em_open"):
            yield "\\fB" if child.type == "strong_open" else "\\fI"
        elif child.type in ("strong_close", "em_close"):
            yield "\\fR"


def _plain(token: Token) -> Iterator[str]:
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            yield child.content


def _table(tokens: Sequence[Token]) -> Iterator[str]:
    """Write a table as a list: its first column as terms; more than two with their headings."""
    rows: list[list[Token]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token)
    headings = ["".join(_plain(cell)) for cell in rows[0]]
    for row in rows[1:]:
        yield ".TP"
        yield " ".join(_inline(row[0])) or "\\&"
        if len(row) == 2:
            yield " ".join(_inline(row[1])) or "\\&"
            continue
        cells = zip(headings[1:], row[1:], strict=False)
        said = [f"{title}: {' '.join(_inline(cell))}" for title, cell in cells if cell.content]
        for number, line in enumerate(said):
            if number:
                yield ".br"
            yield "\\&" + line if line.startswith((".", "'")) else line


# -- HTML


def _as_html(text: str, name: str, names: Sequence[str]) -> str:
    tokens = _parsed(text)
    for token, following in pairwise(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            anchor = re.sub(r"[^\w\- ]", "", "".join(_plain(following)).lower()).replace(" ", "-")
            token.attrSet("id", f"{name}-{anchor}")
    for child in (child for token in tokens for child in token.children or ()):
        if child.type == "link_open":
            href = _within_page(str(child.attrGet("href")), name, names)
            if href.startswith((".", "/")):
                # A file of the checkout, which this page comes without.
                href = f"#{name}"
            child.attrSet("href", href)
        elif child.type == "image":
            child.attrSet("src", _embedded(str(child.attrGet("src"))))
    renderer = MarkdownIt("commonmark").enable("table")
    return str(renderer.renderer.render(tokens, renderer.options, {}))


def _within_page(href: str, name: str, names: Sequence[str]) -> str:
    if href.startswith("#"):
        return f"#{name}-{href[1:]}"
    page, _, anchor = href.partition("#")
    if not page.endswith(".md") or page.removesuffix(".md") not in names:
        return href
    return "#" + "-".join(filter(None, (page.removesuffix(".md"), anchor)))


def _embedded(source: str) -> str:
    file = MANUAL / source
    data = base64.b64encode(file.read_bytes()).decode()
    return f"data:{_PICTURE_TYPES[file.suffix]};base64,{data}"


def released_version() -> tuple[str, str]:
    """Return the version that the changelog has last, and its date, "2026-11-30"."""
    changelog = (MANUAL.parent.parent / "CHANGELOG.md").read_text("utf-8")
    found = re.search(r"^## (\S+) – (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    if found is None:
        raise SystemExit("CHANGELOG.md has no heading such as: ## 1.2.3 – 2026-11-30")
    return found[1], found[2]


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), *released_version())
