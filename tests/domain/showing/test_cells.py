"""What strangers wrote stays text in a spreadsheet, whatever it takes for a separator."""

from __future__ import annotations

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.domain.showing.cells import guarded, quoted, table_line

SIGNS = "=+-@＝＋－＠"
NASTY = st.text(alphabet=[*"ab1 ,;\t\r\n\"'|\x00\x0b\u200b\ufeff\xa0", *SIGNS], max_size=24)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    "before", ["", " ", "\t", "\r", "\n", "\xa0", "\u200b", "a;", "a; ", 'a;"', "a\t", "\x00", ";;"]
)
def test_no_cell_begins_with_a_formula(sign: str, before: str) -> None:
    assert guarded(f"{before}{sign}1+1") == f"{before}'{sign}1+1"


@pytest.mark.parametrize("text", ["web", "python -m app", "a-b", "x=1", "name@host", "a, -v", "5"])
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@given(st.lists(NASTY, min_size=1, max_size=5))
def test_one_text_is_one_cell_of_this_table(texts: list[str]) -> None:
    line = table_line([1.5, *texts, None, 2.0])
    (row,) = (
        csv.reader([line], strict=True)
        if "\n" not in line[:-1] and "\r" not in line
        else [next(csv.reader([line], strict=True))]
    )
    assert row[0] == "1.5"
    assert row[-2:] == ["", "2"]


@given(st.lists(NASTY, min_size=1, max_size=4))
def test_split_at_semicolons_or_tabs_no_cell_is_a_formula(texts: list[str]) -> None:
    line = table_line(texts)
    for separator in ";\t":
        for cell in re.split(f"[{separator}\r\n]", line):
            begin = cell.strip(' "\xa0\u200b\ufeff\x00\x0b\t')
            assert not begin.startswith(tuple(SIGNS)), cell


def test_quotes_are_doubled() -> None:
    assert quoted('a "b"') == '"a ""b"""'
