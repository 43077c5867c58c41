"""Names written by strangers cannot harm a chart or a window."""

from __future__ import annotations

import pytest

from trayapp.charts.labels import chart_name, plain_name


def test_an_ordinary_name_stays_as_it_is() -> None:
    assert plain_name("billing worker") == chart_name("billing worker") == "billing worker"


@pytest.mark.parametrize(
    "name", ["two\nlines", "bell\a", "\udcff half", "right\u202eleft", "line\u2028separator"]
)
def test_one_printable_line(name: str) -> None:
    """No line break, control character, lone surrogate or change of direction gets through."""
    shown = plain_name(name)
    assert shown.isprintable()
    assert shown.encode()
    assert "\N{REPLACEMENT CHARACTER}" in shown


def test_a_long_name_is_cut() -> None:
    assert plain_name("x" * 100_000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_never_empty(name: str) -> None:
    assert plain_name(name).strip()


def test_a_dollar_starts_no_formula_and_an_underscore_hides_nothing() -> None:
    assert chart_name("$x$") == r"\$x\$"
    assert not chart_name("_name").startswith("_")
