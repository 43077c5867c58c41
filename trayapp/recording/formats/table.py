"""Tables of anybody's with headings: a time, columns of memory, and columns that say whose it is.

Cells are separated by commas, semicolons, tabs, bars, or blanks; quoted or not. Lines before the
headings may be comments that begin with "#". What columns hold is decided by `recording.columns`.
Among them what `memtray record -o FILE.csv` and `memtray export` write.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence

from trayapp.errors import RecordingError
from trayapp.language.catalogue import N_, _
from trayapp.recording.gathering import Gathering
from trayapp.recording.meaning import meaning_of, words_of
from trayapp.recording.own_table import is_own, read_own
from trayapp.recording.quantities import size_in
from trayapp.recording.rows import Rows
from trayapp.recording.source import Source, Start
from trayapp.recording.time_titles import is_time_title

NAME = "table"
EXPECTS = N_(
    "a table with a time column (t_s, time, timestamp, seconds…) and a memory column (rss, memory…)"
)
_SEPARATORS = ",;\t|"
_MOST_QUOTED_LINES = 20


def resembles(start: Start) -> float:
    if start.is_json:
        return 0.0
    heading = _heading(start.lines[:60])
    if heading is None:
        return 0.0
    _number, separator = heading
    titles = split_line(start.lines[_number], separator)
    has_time = any(map(is_time_title, titles))
    has_memory = any(meaning_of(title).kind is not None for title in titles)
    if separator == " ":
        return 0.5 if has_time and has_memory else 0.1 * has_memory
    if has_time or has_memory:
        return 0.6 if has_time and has_memory else 0.5
    return 0.1


def read(source: Source, found: Gathering) -> None:
    heading = _heading(source.start.lines[:60])
    if heading is None:
        raise RecordingError(_("{path} has no headings").format(path=source.path))
    at, separator = heading
    titles = [one.strip() for one in split_line(source.start.lines[at], separator)]
    if is_own(titles):
        read_own(source, found, titles)
        return
    rows = Rows(
        found,
        titles,
        instructions=source.instructions,
        is_semicolon=separator in ";\t",
    )
    count = len(titles)
    for number, row in _rows(source, at, separator, count):
        if len(row) >= count and [one.strip() for one in row[:count]] == titles:
            rows.headings_again()
        else:
            rows.add_row(number, row)
    rows.finish()


def split_line(line: str, separator: str) -> list[str]:
    """The cells of one line, without its end."""
    line = line.rstrip("\r\n")
    if separator == " ":
        return line.split()
    if '"' not in line:
        return line.split(separator)
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return line.split(separator)
    # Spreadsheets quote a row whole that was pasted into one cell.
    return split_line(cells[0], separator) if len(cells) == 1 and separator in cells[0] else cells


def _heading(lines: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the line of the headings and their separator; None if nothing looks like it."""
    comment: int | None = None
    for number, line in enumerate(lines):
        text = line.strip()
        if not text or text.lower().startswith("sep="):
            continue
        if text.startswith("#"):
            comment = number
            continue
        separator = max(_SEPARATORS, key=text.count)
        if separator not in text:
            separator = " "
        if separator == " " and len(text.split()) < 2:
            if number > 30:
                return None
            continue
        is_data = not any(
            words_of(one) and not _is_cell(one) for one in split_line(text, separator)
        )
        if is_data and comment is not None:
            return comment, separator
        below = next(filter(str.strip, lines[number + 1 :]), "0")
        is_prose = not any(map(_is_cell, below.split()))
        if separator == " " and (is_prose or not any(map(is_time_title, text.split()))):
            continue
        return number, separator
    return None


def _is_cell(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _rows(
    source: Source, heading: int, separator: str, count: int
) -> Iterator[tuple[int, list[str]]]:
    """Every row below the headings, with the number of its line."""
    # The start's lines have lost blank ones at the top.
    skipped: int | None = None
    wanted = source.start.lines[heading]
    lines = enumerate(source.lines(), 1)
    before: deque[list[str]] = deque(maxlen=8)
    for number, line in lines:
        if skipped is None:
            if line.strip("\ufeff\r\n") == wanted or line.strip() == wanted.strip():
                skipped = number
            continue
        if separator == " ":
            row = _split_by_blanks(line, count)
            if row and (line.endswith("\n") or len(row) >= count):
                yield number, row
            continue
        if '"' in line:
            line = _whole_row(line, lines)
            row = split_line(line, separator)
        else:
            row = line.rstrip("\n").split(separator)
        if not line.endswith("\n"):
            if len(row) < count:
                return
            _drop_cut_cell(row, before)
        before.append(row)
        if len(row) > 1 or row[0].strip():
            yield number, row


def _drop_cut_cell(row: list[str], before: Sequence[list[str]]) -> None:
    """Forget the last cell of a line without an end, if it may have been cut off.

    Many files lack their last end of line; a figure that is no shorter and not much smaller than
    the ones above it is believed.
    """
    last = row[-1].strip()
    above = [one[-1].strip() for one in before if len(one) == len(row)]
    longest = max(map(len, above), default=len(last) + 1)
    if last[:1].isdigit() and (len(last) < longest or size_in(last) < size_in(above[-1]) / 2):
        row[-1] = ""


def _whole_row(line: str, lines: Iterator[tuple[int, str]]) -> str:
    """A row whose quoted cells hold ends of lines, as far as it goes."""
    count = 0
    while line.count('"') % 2 and count < _MOST_QUOTED_LINES:
        _number, more = next(lines, (0, ""))
        if not more:
            break
        line += more
        count += 1
    return line


def _split_by_blanks(line: str, count: int) -> list[str]:
    """The words of a line; the last column takes the rest, a time in two words is one."""
    words = line.split()
    if len(words) > count:
        if _is_clock(words[1]) and not _is_clock(words[0]):
            words[:2] = [f"{words[0]} {words[1]}"]
        if len(words) > count:
            words[count - 1 :] = [" ".join(words[count - 1 :])]
    return words


def _is_clock(word: str) -> bool:
    return word[:1].isdigit() and word.count(":") in (1, 2)
