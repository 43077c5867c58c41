from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trayapp.language.units import (
    format_duration,
    format_estimate,
    format_percent,
    format_rate,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("500M", 524_288_000),
        ("500MB", 500_000_000),
        ("1.5GiB", 1_610_612_736),
        ("4096", 4096),
        (" 2 kib ", 2048),
    ],
)
def test_sizes_are_read_in_powers_of_1000_and_1024(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15min", 900), ("2h", 7200), ("500ms", 0.5), ("7d", 604800)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@given(st.text(max_size=30))
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    for parse, example in ((parse_size, "1.5GiB"), (parse_duration, "15min")):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert example in str(error)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (None, "–"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (1023.6 * 1024, "1.00 MiB"),
        (43_310_000, "41.3 MiB"),
        (-2048, "-2.00 KiB"),
    ],
)
def test_sizes_are_written_with_three_digits(size_bytes: float | None, text: str) -> None:
    assert format_size(size_bytes) == text


@given(st.floats(0, 1e18))
def test_a_written_size_is_within_half_a_percent(size_bytes: float) -> None:
    number, unit = format_size(size_bytes).split(" ")
    factor = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}[unit]
    assert abs(float(number) * factor - size_bytes) <= max(0.5, 0.0051 * size_bytes)


def test_rates_durations_and_shares_are_written_for_people() -> None:
    assert format_rate(204_800) == "+200 KiB/s"
    assert format_rate(-1_572_864) == "-1.50 MiB/s"
    assert format_rate(0.2) == "0 B/s"
    assert format_rate(None) == "–"
    assert format_duration(9_600) == "2 h 40 min"
    assert format_duration(45) == "45 s"
    assert format_duration(3 * 86400 + 1700) == "3 d"
    assert format_duration(None) == "–"
    assert format_estimate(841) == "14 min"
    assert format_estimate(47_000) == "13 h"
    assert format_percent(0.421) == "42%"
