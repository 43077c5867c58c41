"""Strangers' texts, made fit for a tray."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.tray.text import cut_utf16, plain_line, plain_lines, without_markup


@given(st.text(st.characters(codec=None), max_size=300), st.integers(1, 100))
def test_a_plain_line_is_one_short_line_that_any_protocol_can_carry(text: str, limit: int) -> None:
    line = plain_line(text, limit)
    assert len(line) <= limit
    assert not set(line) & {"\0", "\n", "\r", "\x1b", "\u202e", "\u2028"}
    line.encode()


def test_what_is_harmless_stays() -> None:
    text = "Memory 42 % – 9.10\u2007GiB ▁▂█ ↗ 日本"
    assert plain_line(text, 100) == text


def test_a_cut_is_shown() -> None:
    assert plain_line("abcdef", 4) == "abc…"
    assert plain_line("abcd", 4) == "abcd"


@given(st.text(st.characters(codec=None), max_size=300))
def test_several_lines_stay_several(text: str) -> None:
    assert plain_lines(text, 1000).count("\n") == text.count("\n")
    assert len(plain_lines(text, 50)) <= 50


@pytest.mark.parametrize(("text", "cut"), [("a😀b", "a😀"), ("aa😀b", "aa"), ("abc", "abc")])
def test_utf16_is_cut_between_characters(text: str, cut: str) -> None:
    assert cut_utf16(text, 3) == cut


@given(st.text(st.characters(codec=None), max_size=200), st.integers(0, 130))
def test_utf16_never_gets_too_long(text: str, units: int) -> None:
    assert len(cut_utf16(text, units).encode("utf-16-le")) <= 2 * units


def test_text_that_is_taken_for_markup_or_not_reads_the_same() -> None:
    shown = without_markup("a & b <c> &lt;")
    assert shown == "a + b ‹c› +lt;"
    assert not set(shown) & set("<>&")
