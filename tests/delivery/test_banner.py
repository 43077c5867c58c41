"""Strangers' text in a banner only reads; it never acts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.delivery.banner import Banner, one_line, plain, presentable
from trayapp.domain.records.levels import Level

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
WINDOWS = {"title_units": 63, "body_units": 255}


def banner(title: str, body: str = "", actions: tuple[tuple[str, str], ...] = ()) -> Banner:
    return Banner("system", title, body, Level.WARNING, actions)


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("<b>bold</b> & co", "<b>bold</b> & co"),
        ("two\nlines\r\nthree", "two lines three"),
        ("nul\0and\ttab", "nul and tab"),
        ("\x1b[31mred\x07", "�[31mred�"),
        ("\x9b31m", "�31m"),
        ("half \ud83d pair", "half � pair"),
        ("\u202egpj.exe\u2066x\u2069", "gpj.exex"),
        ("line\u2028end\u2029", "line end"),
        ("  spaces   everywhere ", "spaces everywhere"),
        ("größer 👩‍💻 日本", "größer 👩‍💻 日本"),
    ],
)
def test_hostile_text_is_only_text(hostile: str, shown: str) -> None:
    assert plain(hostile, 100) == shown


def test_lines_stay_where_they_are_wanted() -> None:
    """A body has lines, but none of them is empty: nothing can be pushed out of sight."""
    assert plain(" a \n\n\n b\0c\r\n\u2028d\n", 100, keep_lines=True) == "a\nb c\nd"


@given(ANY_TEXT, st.integers(2, 80), st.booleans())
def test_nothing_gets_past_it(text: str, limit_units: int, keep_lines: bool) -> None:
    """No control character, no override, no lone surrogate, nothing too long; twice is once."""
    shown = plain(text, limit_units, keep_lines=keep_lines)
    kinds = {unicodedata.category(character) for character in shown.replace("\n", "")}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert keep_lines or "\n" not in shown
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert utf16_units(shown) <= limit_units
    assert plain(shown, limit_units, keep_lines=keep_lines) == shown


@given(ANY_TEXT, ANY_TEXT)
def test_a_title_is_one_line_and_no_option(title: str, body: str) -> None:
    """Some services lose empty titles, and such that look like an option."""
    shown = presentable(banner(title, body), **WINDOWS)
    assert shown.title
    assert not shown.title.startswith("-")
    assert "\n" not in shown.title
    assert utf16_units(shown.title) <= 63
    assert utf16_units(shown.body) <= 255


@pytest.mark.parametrize(
    ("title", "shown"),
    [("", "Memtray"), ("\0\n", "Memtray"), ("--help", "Memtray: --help"), (" -x", "Memtray: -x")],
)
def test_a_title_that_services_lose_is_reworded(title: str, shown: str) -> None:
    assert presentable(banner(title), **WINDOWS).title == shown


def test_long_text_is_cut_between_characters() -> None:
    """Windows counts a character outside the basic plane as two."""
    assert plain("x" * 65536, 10) == "xxxxxxxxx…"
    assert plain("😀" * 65536, 10) == "😀😀😀😀…"
    assert plain("x" * 10, 10) == "x" * 10


def test_a_button_has_a_label() -> None:
    shown = presentable(banner("t", actions=(("trends", "Tre\nnds"), ("snooze", "\0"))), **WINDOWS)
    assert shown.actions == (("trends", "Tre nds"), ("snooze", "snooze"))


def test_one_line_says_all() -> None:
    assert one_line(banner("Title", "first\nsecond")) == "Title: first · second"
    assert one_line(banner("Title")) == "Title"
