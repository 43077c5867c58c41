"""The looks of the trends, as pictures: lines, stack, runs and marks, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.charts.golden import is_as_golden
from tests.charts.test_plot import draw, pixels, texts
from tests.windows.past import DAY, HOUR, write_past
from tests.windows.stores import START
from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.palette import DARK, LIGHT, Palette
from trayapp.language.catalogue import use_catalogue

END = START + 40 * DAY
NAMES = ("browser", "builder", "database", "leak", "web")


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven days of ten targets."""
    path = tmp_path_factory.mktemp("week") / "h"
    return write_past(path, 10, 7, end=END, raw_hours=3, metrics=("rss_bytes", "anon_bytes"))


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In one place on earth, so that the axes say the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    import time

    time.tzset()
    use_chart_fonts()
    yield
    monkeypatch.undo()
    time.tzset()


VIEWS: dict[str, dict[str, Any]] = {
    "lines": {"targets": NAMES, "span_seconds": DAY},
    "stack": {"targets": NAMES, "span_seconds": 7 * DAY, "stacked": True},
    "runs": {"targets": ("leak",), "runs_of": "leak"},
    "moment": {
        "targets": ("leak", "web"),
        "window": (END - 3 * HOUR, END),
        "moment": END - HOUR,
    },
}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_it_looks_as_it_was_found_good(week: Path, view: str, palette: Palette) -> None:
    picture = pixels(draw(week, palette, now=END, **VIEWS[view]))
    assert is_as_golden(picture, f"{view}-{'dark' if palette.dark else 'light'}")


def test_every_mark_has_a_form_and_a_name_of_its_own(week: Path) -> None:
    figure = draw(week, now=END, **VIEWS["moment"])
    said = texts(figure)
    assert {"Snapshot", "Task", "Warning", "Selected time"} <= {*said}
    week_long = draw(week, now=END, targets=("leak",), span_seconds=7 * DAY)
    assert {"Critical", "Emergency", "Memory freed", "Restarted"} <= {*texts(week_long)}
    pixels(week_long)


@pytest.mark.parametrize("more", ["", " in longer words"])
def test_the_names_of_marks_keep_away_from_the_title(week: Path, more: str) -> None:
    """In languages whose words are longer they stand in rows."""
    use_catalogue(singular=lambda text: text + more * (text in ("Warning", "Task", "Emergency")))
    try:
        figure = draw(week, now=END, targets=NAMES, span_seconds=7 * DAY)
    finally:
        use_catalogue()
    pixels(figure)
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 7
    title = max(text.get_window_extent().x1 for text in figure.texts)
    assert legend.get_window_extent().x0 > title


def test_growth_is_a_line_with_its_rate(week: Path) -> None:
    figure = draw(week, now=END, targets=("leak",), system=False, span_seconds=4 * HOUR)
    assert any("ing, +" in text for text in texts(figure))
    assert "Keeps growing" in texts(figure)


def test_a_kind_that_is_not_known_is_said_to_be_not_known(week: Path) -> None:
    figure = draw(week, now=END, targets=("leak",), system=False, metric="pss")
    assert "No samples in this period." in texts(figure)


def test_a_stack_shows_every_target_and_the_rest(week: Path) -> None:
    figure = draw(week, now=END, **VIEWS["stack"])
    assert "Everything else" in texts(figure)
    assert {*NAMES} <= {text.split("\n")[0] for text in texts(figure)}
    pixels(figure)
