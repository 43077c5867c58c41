"""The chart, looked at as a figure and as pixels."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.windows.stores import GIB, MIB, START, Curve, write_store
from trayapp.charts.axes import SizeFormatter, SizeLocator
from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.palette import DARK, LIGHT, Palette
from trayapp.charts.plot import trend_figure
from trayapp.charts.selection import Selection
from trayapp.domain.judging.growth_line import Growth
from trayapp.domain.records.series import Event
from trayapp.history.reader import HistoryReader
from trayapp.windows.trend_reading import read_trends

NOW = START + 600
TARGETS_ONLY: dict[str, Any] = {"system": False, "span_seconds": 600.0}


@pytest.fixture(autouse=True)
def _prepared() -> None:
    use_chart_fonts()


def draw(
    store: Path,
    palette: Palette = LIGHT,
    *,
    now: float = NOW,
    size: tuple[float, float] = (10.0, 6.0),
    **chosen: Any,
) -> Figure:
    with HistoryReader(store) as reader:
        data = read_trends(reader, Selection(**chosen))
    return trend_figure(data, palette, now_wall_seconds=now, size_inches=size)


def pixels(figure: Figure) -> npt.NDArray[np.int16]:
    """What the figure looks like: rows from the top, columns, red green blue."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    picture = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return picture[:, :, :3].astype(np.int16)


def has_colour(picture: npt.NDArray[np.int16], colour: str) -> npt.NDArray[np.bool_]:
    """Which pixels are nearly of the colour "#rrggbb"."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    near: npt.NDArray[np.bool_] = np.abs(picture - wanted).max(axis=2) < 24
    return near


def inside(figure: Figure, axes: Axes) -> tuple[slice, slice]:
    """The rows and columns of the picture that the axes cover."""
    box, height = axes.bbox, figure.bbox.height
    return slice(int(height - box.y1), int(height - box.y0)), slice(int(box.x0), int(box.x1))


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


def shown(tmp_path: Path, curve: Curve, name: str = "web", **chosen: Any) -> Figure:
    store = write_store(tmp_path / "h", {name: curve})
    return draw(store, targets=(name,), **(TARGETS_ONLY | chosen))


def test_a_heap_is_drawn_beside_the_size_of_its_program(tmp_path: Path) -> None:
    """On one time line, in one colour, with the limit of the heap and the line of its growth."""
    heap: dict[str, Curve] = {"java": lambda t: 20 * MIB + 204_800 * t}
    store = write_store(tmp_path / "h", {"java": 300.0 * MIB}, heaps=heap)
    leak = Growth(
        level="leaking",
        since=START + 60,
        bytes_per_second=204_800.0,
        until=NOW + 600,
        limit_source="runtime",
        is_of_heap=True,
    )
    with HistoryReader(store) as reader:
        data = read_trends(
            reader,
            Selection(targets=("java",), **TARGETS_ONLY),
            {"java": leak},
            heap_limits={"java": 256.0 * MIB},
        )
    figure = trend_figure(data, LIGHT, now_wall_seconds=NOW)
    (axes,) = figure.axes
    size, kept, *_others = axes.lines
    assert (size.get_color(), kept.get_color()) == (LIGHT.lines[0], LIGHT.lines[0])
    assert size.get_linestyle() != kept.get_linestyle()
    shown = "\n".join(texts(figure))
    assert "java: heap after collection" in shown
    assert "leaking, +200 KiB/s, its limit in 10 min" in shown
    assert "limit of the heap 256 MiB" in shown
    assert axes.get_ylim()[1] > 300 * MIB


def test_system_and_targets_with_their_figures(tmp_path: Path) -> None:
    """The legend tells current, peak and rate; the total is the ceiling."""
    sizes: dict[str, Curve] = {"leak": lambda t: 50 * MIB + 204_800 * t, "web": 80.0 * MIB}
    store = write_store(tmp_path / "h", sizes)
    figure = draw(store, targets=("leak", "web"), span_seconds=600.0)
    system, targets = figure.axes
    assert system.get_title(loc="left") == "System"
    assert targets.get_title(loc="left") == "Tracked programs: Resident set (RSS)"
    assert system.get_ylim()[1] > 16 * GIB
    said = texts(figure)
    assert "web\n80.0 MiB · peak 80.0 MiB · steady" in said
    # Of growth that is proven there is one rate, not two.
    figures = r"leak\n167 MiB · peak 167 MiB\n(growing|leaking), \+200 KiB/s"
    assert any(re.fullmatch(figures, text) for text in said)
    assert "Used\n6.00 GiB · peak 6.00 GiB · steady" in said
    assert "Total 16.0 GiB" in said
    assert "Memory, last 10 min" in said


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_line_is_seen_and_a_gap_is_not_bridged(tmp_path: Path, palette: Palette) -> None:
    store = write_store(tmp_path / "h", {"web": lambda t: None if 200 <= t <= 400 else 100.0 * MIB})
    figure = draw(store, palette, targets=("web",), **TARGETS_ONLY)
    picture = pixels(figure)
    line = has_colour(picture, palette.lines[0])[inside(figure, figure.axes[0])]
    columns = np.asarray(line.any(axis=0))
    third = len(columns) // 3
    assert columns[5 : third - 5].all()
    assert not columns[third + 5 : 2 * third - 5].any()
    assert columns[2 * third + 5 : -5].all()
    background = picture[2, 2]
    assert (background.mean() > 200) is not palette.dark


def test_a_spike_is_seen_in_a_long_stretch(tmp_path: Path) -> None:
    """One sample of thousands still reaches up to its height."""
    store = write_store(
        tmp_path / "h", {"web": lambda t: (900.0 if t == 20_000 else 100.0) * MIB},
        seconds=40_000, step=10,
    )  # fmt: skip
    figure = draw(store, targets=("web",), system=False, now=START + 40_000)
    picture = pixels(figure)[inside(figure, figure.axes[0])]
    upper = picture[: picture.shape[0] // 2]
    middle = upper[:, upper.shape[1] * 2 // 5 : upper.shape[1] * 3 // 5]
    aside = upper[:, : upper.shape[1] // 5]
    # The spike's edge is a thin line of the target's blue.
    assert (middle[:, :, 2] - middle[:, :, 0] > 60).any(axis=1).mean() > 0.8
    assert not (aside[:, :, 2] - aside[:, :, 0] > 60).any()


def test_alerts_and_cleanups_differ_in_shape(tmp_path: Path) -> None:
    events = [
        Event(wall_seconds=START + 100 * number, kind=kind, level=level, subject="web")
        for number, (kind, level) in enumerate(
            [("alert", "warning"), ("alert", "critical"), ("alert", "emergency"), ("cleanup", "")]
        )
    ]
    store = write_store(tmp_path / "h", {"web": 100.0 * MIB}, events=events)
    figure = draw(store, targets=("web",), **TARGETS_ONLY)
    (axes,) = figure.axes
    assert {str(line.get_marker()) for line in axes.lines} >= {"^", "s", "X", "o"}
    assert {"Warning", "Critical", "Emergency", "Memory freed"} <= {*texts(figure)}
    pixels(figure)


def test_little_data_is_explained(tmp_path: Path) -> None:
    one = write_store(tmp_path / "one", {"web": 1.0 * MIB}, seconds=0)
    said = texts(draw(one, targets=("web",), span_seconds=600.0))
    assert said.count("One sample so far; the line starts with the next one.") == 2
    none = draw(one, targets=("web",), window=(START - 900, START - 600))
    assert texts(none).count("No samples in this period.") == 2
    assert "Nothing selected." in texts(draw(one, system=False))


def test_an_old_history_says_how_old(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"web": 1.0 * MIB})
    said = texts(draw(store, now=NOW + 7200, span_seconds=600.0))
    assert any("last sample 2 h ago" in text for text in said)


@pytest.mark.parametrize("name", ["$x^{2$}$", "_hidden", "two\nlines", "x" * 500, "\udc80", "日本"])
def test_any_name_can_be_drawn(tmp_path: Path, name: str) -> None:
    """No name starts a formula, breaks the legend, disappears from it or stops the drawing."""
    figure = shown(tmp_path, 100.0 * MIB, name)
    pixels(figure)
    (legend,) = (axes.get_legend() for axes in figure.axes)
    assert legend is not None
    (entry,) = legend.get_texts()
    assert entry.get_text().count("\n") == 1
    assert legend.get_window_extent().x1 <= figure.bbox.x1


def test_many_targets_fit_beside_the_chart(tmp_path: Path) -> None:
    names = [f"target number {number:02} with a long name" for number in range(40)]
    store = write_store(tmp_path / "h", dict.fromkeys(names, 999.9 * MIB), seconds=60)
    figure = draw(store, targets=tuple(names), span_seconds=600.0)
    pixels(figure)
    for axes in figure.axes:
        legend = axes.get_legend()
        assert legend is not None
        assert legend.get_window_extent().y0 > 0
        assert legend.get_window_extent().x1 <= figure.bbox.x1
    assert any(text.startswith("and ") and text.endswith(" more") for text in texts(figure))


def test_a_legend_full_of_growth_stays_beside_the_chart(tmp_path: Path) -> None:
    names = [f"t{number} with a name that is long" for number in range(10)]
    store = write_store(tmp_path / "h", dict.fromkeys(names, lambda t: (9 + t) * 9e5))
    figure = draw(store, targets=tuple(names), span_seconds=600.0)
    pixels(figure)
    legend = figure.axes[1].get_legend()
    assert legend is not None
    assert len(legend.get_texts()) == 10
    assert all(re.search("[⚠↗] [+]", text.get_text()) for text in legend.get_texts())
    assert legend.get_window_extent().x1 <= figure.bbox.x1


def test_it_says_how_many_targets_are_not_shown(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", dict.fromkeys("abc", 1.0 * MIB), seconds=60)
    some = texts(draw(store, targets=("a", "b"), **TARGETS_ONLY))
    assert "Tracked programs: Resident set (RSS), 2 of 3" in some
    every = texts(draw(store, targets=("a", "b", "c"), **TARGETS_ONLY))
    assert "Tracked programs: Resident set (RSS)" in every


def test_the_title_speaks_as_the_buttons_do(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"web": 1.0 * MIB}, seconds=60)
    assert "Memory, last 24 h" in texts(draw(store, span_seconds=86_400.0))


def test_days_are_told_with_their_month(tmp_path: Path) -> None:
    store = write_store(tmp_path / "h", {"web": 1.0 * MIB}, seconds=60)
    figure = draw(store, targets=("web",), window=(START - 7 * 86_400, START), system=False)
    pixels(figure)
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks
    assert all(re.fullmatch(r"\d+ (May|Jun)", tick) for tick in ticks)


def test_marks_at_one_moment_do_not_cover_each_other(tmp_path: Path) -> None:
    events = [
        Event(wall_seconds=START + 300 + number, kind=kind, level=level, subject="web")
        for number, (kind, level) in enumerate(
            [("alert", "critical"), ("cleanup", ""), ("restart", "")]
        )
    ]
    store = write_store(tmp_path / "h", {"web": 100.0 * MIB}, events=events)
    figure = draw(store, targets=("web",), **TARGETS_ONLY)
    pixels(figure)
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_marker() in ("s", "o", "D")]
    heights = sorted(line.get_window_extent().y0 for line in marks)
    assert len(heights) == 3
    assert all(upper - lower > 6 for lower, upper in pairwise(heights))


def test_marks_of_frequent_tasks_leave_the_curve_free_and_say_how_many(tmp_path: Path) -> None:
    tasks = [
        Event(wall_seconds=START + at, kind="task", subject="web", data={"seconds": 1.0})
        for at in range(0, 600, 5)
    ]
    store = write_store(tmp_path / "h", {"web": 100.0 * MIB}, events=tasks)
    figure = draw(store, targets=("web",), **TARGETS_ONLY)
    counts = [int(text) for text in texts(figure) if text.isdigit() and text != "0"]
    assert sum(counts) == 120
    assert len(counts) <= 21
    (axes,) = figure.axes
    picture = pixels(figure)[inside(figure, axes)]
    lower_half = picture[picture.shape[0] // 3 :]
    # Of the marks' grey there is nothing beside the curve, the grid and what stands below.
    assert has_colour(lower_half, LIGHT.muted).mean() < 0.01


@pytest.mark.parametrize("size", [(7.0, 3.2), (10.0, 3.0), (20.0, 12.0), (2.0, 1.0)])
def test_any_window_size_can_be_drawn(tmp_path: Path, size: tuple[float, float]) -> None:
    store = write_store(tmp_path / "h", {"web": 100.0 * MIB}, seconds=60)
    pixels(draw(store, targets=("web",), span_seconds=600.0, size=size))


def test_two_colours_or_dashes_never_mean_the_same(tmp_path: Path) -> None:
    """A line keeps its look whatever else is shown, and the first 50 looks are all different."""
    names = [f"t{number:02}" for number in range(50)]
    store = write_store(tmp_path / "h", dict.fromkeys(names, 1.0 * MIB), seconds=60)

    def looks(*targets: str) -> list[tuple[object, ...]]:
        figure = draw(store, targets=targets, **TARGETS_ONLY)
        # Without the one at zero.
        lines = [line for line in figure.axes[0].lines if np.any(line.get_ydata())]
        return [(line.get_color(), str(line._dash_pattern)) for line in lines]  # type: ignore[attr-defined]

    together = looks(*names)
    assert len(set(together)) == 50
    assert looks("t07") == [together[7]]


@given(low=st.floats(0, 1e15), span=st.floats(1, 1e15))
def test_ticks_are_few_rising_and_told_apart(low: float, span: float) -> None:
    ticks = SizeLocator(6).tick_values(low, low + span)
    assert 2 <= len(ticks) <= 9
    assert all(before < after for before, after in pairwise(ticks))
    if span > low * 1e-5:
        assert len({*SizeFormatter().format_ticks(ticks)}) == len(ticks)


def test_tick_labels_are_round_binary_sizes() -> None:
    def labels(high: float) -> list[str]:
        ticks = [tick for tick in SizeLocator(4).tick_values(0, high) if 0 <= tick <= high]
        return SizeFormatter().format_ticks(ticks)

    assert labels(16 * GIB) == ["0", "5 GiB", "10 GiB", "15 GiB"]
    assert labels(600 * MIB) == ["0", "200 MiB", "400 MiB", "600 MiB"]
    assert labels(1.5 * GIB) == ["0", "0.5 GiB", "1.0 GiB", "1.5 GiB"]


def test_a_task_that_began_before_the_chart_has_no_mark_beside_it(tmp_path: Path) -> None:
    tasks = [
        Event(wall_seconds=START + after, kind="task", subject="web", data={"seconds": 200.0})
        for after in (50.0, 150.0)
    ]
    store = write_store(tmp_path / "h", {"web": 1.0}, events=tasks)
    figure = draw(store, targets=("web",), system=False, window=(START + 100, START + 300))
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_marker() == ">"]
    assert [np.size(line.get_xdata()) for line in marks] == [1]


def test_sizes_stand_on_zero_unless_somebody_looks_closer(tmp_path: Path) -> None:
    """A little change of much looks little; zoomed in, it can be studied."""
    (axes,) = shown(tmp_path, lambda t: 300 * MIB + 1024 * t).axes
    assert axes.get_ylim()[0] == 0.0
    (axes,) = shown(tmp_path, lambda t: 300 * MIB + 1024 * t, window=(START, NOW)).axes
    assert axes.get_ylim()[0] > 100 * MIB


@pytest.mark.parametrize(("limit_mib", "line"), [(400, True), (4000, False)])
def test_a_limit_is_always_in_the_chart(tmp_path: Path, limit_mib: int, line: bool) -> None:
    """One that is near by a line, one that is far above by its figure."""
    store = write_store(tmp_path / "h", {"web": 300.0 * MIB})
    with HistoryReader(store) as reader:
        selection = Selection(targets=("web",), **TARGETS_ONLY)
        data = read_trends(reader, selection, limits={"web": limit_mib * MIB})
    figure = trend_figure(data, LIGHT, now_wall_seconds=NOW, size_inches=(10.0, 6.0))
    (axes,) = figure.axes
    said = [text for text in texts(figure) if "limit" in text]
    assert said == ["limit 400 MiB" if line else "↑ limit 3.91 GiB"]
    assert (axes.get_ylim()[1] > limit_mib * MIB) == line
