"""Recordings in the chart: as a source of curves, and as saved pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from tests.recording.making import MIB, STARTED, write_recording
from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.palette import LIGHT
from trayapp.charts.plot import trend_figure
from trayapp.domain.records.series import Point, Series
from trayapp.errors import RecordingError, UsageError
from trayapp.recording.files import split_files
from trayapp.windows.recordings import RecordingSource
from trayapp.windows.selecting import recording_selection
from trayapp.windows.trend_reading import read_trends
from trayapp.windows.trends import TrendOptions, main

NAME = "program 1"
SERIES = Series("target", NAME, "rss_bytes")


def write(path: Path, count: int = 10_000, step: float = 0.001) -> Path:
    """A spike in the middle of an even rise; a second process ends early."""
    rows = []
    for row in range(count):
        size = row * 1000 + (50 * MIB if row == count // 2 else 0) + MIB
        readings = {1: (size, 0)}
        if row < count // 4:
            readings[2] = (3 * MIB, 0)
        rows.append((row * step, readings))
    return write_recording(path, rows)


def known(points: list[Point]) -> list[tuple[float, float, float]]:
    return [
        (point.minimum, point.mean, point.maximum)
        for point in points
        if point.minimum is not None and point.mean is not None and point.maximum is not None
    ]


@pytest.mark.parametrize("ending", ["memrec", "csv"])
def test_a_spike_survives_thinning(tmp_path: Path, ending: str) -> None:
    source = RecordingSource([write(tmp_path / f"r.{ending}")])
    since, until = source.span()
    assert since == pytest.approx(STARTED, abs=0.01)
    assert until - since == pytest.approx(9.999)
    points = source.points(SERIES, since, until, max_points=100)
    assert len(points) <= 101
    values = known(points)
    assert max(high for _, _, high in values) == 50 * MIB + 5_000_000 + MIB
    assert all(low <= mean <= high for low, mean, high in values)
    times = [point.wall_seconds for point in points]
    assert times == sorted(times)


def test_zooming_in_shows_every_sample(tmp_path: Path) -> None:
    source = RecordingSource([write(tmp_path / "r.memrec")])
    start, _ = source.span()
    points = source.points(SERIES, start + 1, start + 1.5, max_points=1000)
    # One more on either side, so that the line reaches the edges.
    assert 500 <= len(points) <= 503
    assert all(low == high for low, _, high in known(points))


def test_who_ended_early_has_no_current_value(tmp_path: Path) -> None:
    data = read_trends(
        source := RecordingSource([write(tmp_path / "r.memrec")]), recording_selection(source)
    )
    lasting, ended = data.targets
    assert lasting.current is not None
    assert ended.current is None
    assert ended.peak == 3 * MIB


def test_a_gap_interrupts_the_line(tmp_path: Path) -> None:
    rows = [(row / 100, {1: (MIB, 0)}) for row in range(100)]
    rows += [(60 + row / 100, {1: (MIB, 0)}) for row in range(100)]
    source = RecordingSource([write_recording(tmp_path / "r.memrec", rows)])
    points = source.points(SERIES, *source.span())
    gaps = [point.wall_seconds - STARTED for point in points if point.mean is None]
    assert len(gaps) == 1
    assert 1 < gaps[0] < 60


def test_several_recordings_are_told_apart_and_laid_over_each_other(tmp_path: Path) -> None:
    """Runs of different days are compared from their starts."""
    first = write(tmp_path / "a.memrec", 100)
    second = tmp_path / "b.csv"
    second.write_text("time,rss_bytes\n2020-01-01 12:00:00,5\n2020-01-01 12:00:02,6\n")
    source = RecordingSource([first, second])
    names = [series.name for series in source.series()]
    assert names == ["a.memrec: program 1", "a.memrec: program 2", "b.csv: rss_bytes"]
    since, until = source.span()
    assert until - since == pytest.approx(2)
    assert source.title == "a.memrec, b.csv, since start"


def figure_texts(path: Path) -> list[str]:
    use_chart_fonts()
    source = RecordingSource([path])
    data = read_trends(source, recording_selection(source))
    figure = trend_figure(data, LIGHT, now_wall_seconds=STARTED + 10**6)
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    return [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


@pytest.mark.parametrize(
    ("count", "step", "digits"), [(200, 0.001, 2), (10_000, 0.001, 0), (600, 1.0, 0)]
)
def test_the_axis_is_as_fine_as_the_recording(
    tmp_path: Path, count: int, step: float, digits: int
) -> None:
    """Fractions of seconds for 0.2 s, seconds for 10 s, minutes for 10 min."""
    texts = figure_texts(write(tmp_path / "r.memrec", count, step))
    assert "Memory, r.memrec" in texts
    assert not any("ago" in text for text in texts)
    ticks = [text for text in texts if text.count(":") in (1, 2) and text[:2].isdigit()]
    assert len(set(ticks)) >= 3
    if step == 1.0:
        assert all(text.count(":") == 1 for text in ticks)
    else:
        assert {len(text.partition(".")[2]) for text in ticks} == {digits}


def test_names_from_strangers_are_harmless(tmp_path: Path) -> None:
    path = write_recording(
        tmp_path / "$x$.memrec", [(0.1, {1: (MIB, 0)}), (0.2, {1: (MIB, 0)})],
        names={1: "$\\frac{}$\n\udcff"},
    )  # fmt: skip
    assert any("MiB" in text for text in figure_texts(path))


def options(tmp_path: Path, *targets: str, save: str = "a.png") -> TrendOptions:
    return TrendOptions(
        history_file=tmp_path / "none",
        runtime=tmp_path / "run",
        targets=targets,
        save=tmp_path / save,
    )


@pytest.mark.parametrize("ending", ["memrec", "csv"])
def test_a_recording_is_saved_as_a_picture(tmp_path: Path, ending: str) -> None:
    """Without any history."""
    path = write(tmp_path / f"r.{ending}")
    assert main(options(tmp_path, str(path))) == 0
    with Image.open(tmp_path / "a.png") as picture:
        colours = picture.convert("RGB").getcolors(1_000_000)
    assert colours is not None
    assert len(colours) > 50


def test_names_choose_among_the_processes(tmp_path: Path) -> None:
    path = write(tmp_path / "r.memrec")
    assert main(options(tmp_path, str(path), "program 2")) == 0
    with pytest.raises(UsageError, match="did you mean 'program 2'"):
        main(options(tmp_path, str(path), "progam 2"))


def test_a_note_about_the_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "r.memrec")
    path.write_bytes(path.read_bytes()[:-30_000])
    assert main(options(tmp_path, str(path))) == 0
    assert "truncated" in capsys.readouterr().err


def test_files_that_are_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("hello\n")
    with pytest.raises(RecordingError, match="is not a recording"):
        main(options(tmp_path, str(tmp_path / "x.csv")))
    with pytest.raises(RecordingError, match=r"file not found: .*gone\.memrec"):
        main(options(tmp_path, str(tmp_path / "gone.memrec")))
    (tmp_path / "e.csv").write_text("t_s,rss_bytes\n1,\n")
    with pytest.raises(RecordingError, match=r"e\.csv has no samples"):
        main(options(tmp_path, str(tmp_path / "e.csv")))


def test_targets_are_still_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is a file only if it ends like a recording and there is one."""
    (tmp_path / "web").write_text("")
    (tmp_path / "r.csv").write_text("")
    monkeypatch.chdir(tmp_path)
    assert split_files(["web", "load.csv", "r.csv"]) == ([Path("r.csv")], ("web", "load.csv"))


CHILD = """
import sys
from pathlib import Path
from trayapp.windows.trends import TrendOptions, main
home = Path(sys.argv[1])
options = TrendOptions(history_file=home / "h", runtime=home / "run", targets=(sys.argv[2],))
assert main(options, open_file=lambda path: print("opened", path)) == 0
"""


def test_without_a_display_a_picture_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    path = write(tmp_path / "r.memrec")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), str(path)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == f"opened {tmp_path / 'run' / 'trends.png'}\n"
