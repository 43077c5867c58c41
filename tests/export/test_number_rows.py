"""Rows of numbers that bypass XlsxWriter's cells, beside those that do not."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from tests.windows.stores import START
from trayapp.export.number_rows import NumberRows
from trayapp.export.parts import serial
from trayapp.export.sheets import clock

WIDTH = 30


def rows_of(seed: int) -> Iterator[tuple[tuple[int, ...], tuple[float, ...]]]:
    """Rows with gaps, of numbers of all sizes."""
    draw = random.Random(seed)
    for _row in range(60):
        columns = tuple(sorted(draw.sample(range(WIDTH), draw.choice((1, 5, WIDTH)))))
        yield columns, tuple(draw.uniform(-1, 1) * 10.0 ** draw.randint(-12, 15) for _ in columns)


def sheets_of(path: Path, *, is_direct: bool) -> list[bytes]:
    """Two sheets that are written in turn, with a text above the numbers."""
    with Workbook(str(path), {"constant_memory": True}) as book:
        formats = [book.add_format({"num_format": "0.0"}), None] * (WIDTH // 2)
        sheets = [book.add_worksheet(), book.add_worksheet()]
        rows = [NumberRows(sheet, formats, is_direct=is_direct) for sheet in sheets]
        for sheet in sheets:
            sheet.set_row(2, 40)
            for column in range(WIDTH):
                sheet.write_string(2, column, "<heading>")
        for number, (columns, values) in enumerate(rows_of(3), 3):
            for each in rows:
                each.write(number, columns, values)
    with zipfile.ZipFile(path) as file:
        return [file.read(f"xl/worksheets/sheet{number}.xml") for number in (1, 2)]


def test_direct_rows_are_what_xlsxwriter_makes_of_cells(tmp_path: Path) -> None:
    """To the letter, so that the installed version of it is known to take them."""
    direct = sheets_of(tmp_path / "direct.xlsx", is_direct=True)
    assert direct == sheets_of(tmp_path / "cells.xlsx", is_direct=False)
    assert direct[0].count(b"<row ") == 61


@given(st.integers(0, 10**12))
def test_a_time_is_kept_as_xlsxwriter_keeps_it(after_ms: int) -> None:
    moment = START + after_ms / 1000
    assert serial(moment) == Worksheet()._convert_date_time(clock(moment))
