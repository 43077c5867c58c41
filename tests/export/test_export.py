"""What is exported is what was recorded, whole or not at all, and no stranger's text acts."""

from __future__ import annotations

import csv
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pyarrow import parquet

from tests.desktop.desktop import wait_until
from tests.windows.stores import GIB, MIB, START, Curve, target, write_store
from trayapp.domain.records.series import Event, JsonValue, Series
from trayapp.errors import ExportError, HistoryError, UsageError
from trayapp.export import EXPORTS, REPORTS, FileKind
from trayapp.export.export import ExportOptions, main
from trayapp.export.sheets import series_column
from trayapp.export.source import Cell, Row, open_source
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter
from trayapp.language.catalogue import use_catalogue
from trayapp.language.moments import Moment, parse_moment
from trayapp.recording.files import read_recording

REPOSITORY = Path(__file__).parent.parent.parent
SAMPLES = REPOSITORY / "tests" / "recording" / "samples"
HOSTILE = ("=cmd|'/c calc'!A0", "a/b:c*d?[x]", "A/B:C*D?[X]", "session", "n" * 60, "\ud800\x00\n")


def event(kind: str, subject: str, after: float, text: str = "", **data: JsonValue) -> Event:
    return Event(wall_seconds=START + after, kind=kind, subject=subject, text=text, data=data)


EVENTS = (
    event("alert", "web", 100, "=1+1", what="raised", body="two\nlines"),
    event("alert", "web", 160, "web is well again", what="resolved"),
    event("restart", "web", 300, "web restarted"),
    event("cleanup", "web", 310, "web: freed", before_bytes=5 * MIB, freed_bytes=MIB),
    event("task", "web", 201, "=2+2", task="=2+2", seconds=30.5, growth_bytes=3 * MIB),
    event(
        "task",
        "web",
        220.5,
        "b",
        task="b",
        seconds=0.0,
        growth_bytes=None,
        failed="KeyError",
        kept_bytes=2 * MIB,
        peak_growth_bytes=7 * MIB,
    ),
)


def write(path: Path, *, seconds: float = 600.0, **targets: Curve) -> Path:
    curves: dict[str, Curve] = {"web": lambda after: (100 + after / 10) * MIB, **targets}
    curves |= dict.fromkeys(HOSTILE, 10.0 * MIB)
    return write_store(path / "history.sqlite3", curves, seconds=seconds, events=EVENTS)


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return write(tmp_path)


def export(history: Path, name: str, *targets: str, since: float | None = None) -> Path:
    output = history.parent / name
    options = ExportOptions(
        history_file=history,
        output=output,
        targets=targets,
        since=None if since is None else Moment(ago_seconds=since),
    )
    shares: list[float] = []
    assert main(options, shares.append) == 0
    assert all(0 <= share <= 1 for share in shares)
    return output


@contextmanager
def read_back(path: Path) -> Iterator[Any]:
    with closing(load_workbook(path)) as book:
        yield book


def rows(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_the_workbook_holds_the_session_and_all_timelines(history: Path) -> None:
    with read_back(export(history, "out.xlsx")) as book:
        assert book.sheetnames[:3] == ["Session", "System timeline", "Programs timeline"]
        assert book.sheetnames[-3:] == ["Alerts", "Freed memory", "Tasks"]
        assert len(book.sheetnames) == 6 + 1 + len(HOSTILE)
        session = rows(book["Session"])
        headings = next(row for row in session if row[0] == "Program")
        web = dict(zip(headings, next(r for r in session if r[0] == "web"), strict=True))
        assert web["Current, MiB"] == pytest.approx(160)
        assert web["Peak, MiB"] == pytest.approx(160)
        assert web["Minimum, MiB"] == pytest.approx(100)
        assert web["Growth, MiB"] == pytest.approx(60)
        assert (web["Restarts"], web["Alerts"]) == (1, 1)
        first, *system = rows(book["System timeline"])
        assert first[:2] == ["Time", "Used, MiB"]
        assert len(system) == 301
        assert system[0][:2] == [datetime.fromtimestamp(START), 6 * GIB / MIB]
        assert rows(book["Alerts"])[1][1:] == ["web", None, "=1+1", "raised", None, "two lines"]
        assert rows(book["Freed memory"])[1][2:5] == [5, None, 1]
        headings, *tasks = rows(book["Tasks"])
        assert headings[:4] == ["Time", "Program", "Task", "Seconds"]
        assert headings[4:] == ["Kept, MiB", "Peak above start, MiB", "Growth, MiB", "Error"]
        # In records of earlier versions the resident set is all there is.
        assert tasks[0][1:] == ["web", "=2+2", 30.5, 3, None, 3, None]
        assert tasks[1][2:] == ["b", 0, 2, 7, None, "KeyError"]


def test_what_is_outside_of_programs_is_exported_beside_the_machine(tmp_path: Path) -> None:
    history = tmp_path / "history.sqlite3"
    writer = HistoryWriter(history, Retention())
    for second in range(5):
        values = [
            (Series("system", "", "used_bytes"), 5.0 * GIB),
            (Series("system", "", "shared_bytes"), 3.0 * MIB),
            (Series("outside", "tmpfs:/run", "used_bytes"), 2.0 * MIB),
        ]
        writer.add(START + second, values)
    assert writer.flush()
    writer.close()
    with read_back(export(history, "out.xlsx")) as book:
        headings, first, *_others = rows(book["System timeline"])
    told = dict(zip(headings, first, strict=True))
    assert told["Shared memory and files in memory, MiB"] == 3
    assert told["tmpfs:/run, MiB"] == 2
    samples = json.loads(export(history, "out.json").read_text())["samples"]
    assert samples[0]["outside_bytes"] == {"tmpfs:/run": 2 * MIB}
    assert "tmpfs:/run used_bytes" in export(history, "out.csv").read_text().splitlines()[0]


def test_a_target_has_a_sheet_with_deltas_and_the_change_from_its_start(history: Path) -> None:
    with read_back(export(history, "out.xlsx", "web")) as book:
        sheet = book["web"]
        headings = [cell.value for cell in sheet[5]]
        assert headings[:2] == ["Time", "Memory (RSS), MiB"]
        last = dict(zip(headings, [cell.value for cell in sheet[sheet.max_row]], strict=True))
        assert last["Time"] == datetime.fromtimestamp(START + 600)
        assert last["Memory (RSS), MiB"] == pytest.approx(160)
        assert last["Change, MiB"] == pytest.approx(0.2)
        assert last["Change from start, MiB"] == pytest.approx(60)
        assert last["Change from start, %"] == pytest.approx(0.6)
        assert sheet.freeze_panes == "B6"
        assert sheet["A6"].is_date
        assert sheet["B6"].number_format == "#,##0.0"
        assert len(sheet._charts) == 1
        assert len(book["Session"]._charts) == 2


@pytest.mark.parametrize("longer", ["", " in the words of another language"])
def test_every_heading_of_the_workbook_can_be_read_whole(history: Path, longer: str) -> None:
    """Also where the words for it are long."""
    use_catalogue(singular=lambda text: text + longer * (text == "Processes"))
    try:
        path = export(history, "out.xlsx")
    finally:
        use_catalogue()
    with read_back(path) as book:
        for sheet in book:
            row = next(
                cells for cells in sheet.iter_rows() if cells[0].font.bold and cells[1].font.bold
            )
            for cell in row:
                width = sheet.column_dimensions[cell.column_letter].width - 2
                lines = -(-len(str(cell.value)) // int(width))
                assert lines * 14 <= sheet.row_dimensions[cell.row].height, cell.value


@pytest.mark.parametrize("seconds", [600.0, 7200.0])
def test_a_chart_of_the_workbook_has_round_times_and_lines_told_apart(
    tmp_path: Path, seconds: float
) -> None:
    many = {f"t{number}": number * 1.0 * MIB for number in range(10)}
    history = write(tmp_path / "history.sqlite3", seconds=seconds, **many)
    with read_back(export(history, "out.xlsx")) as book:
        charts = book["Session"]._charts
    lines = [
        (one.graphicalProperties.line.solidFill.srgbClr, one.graphicalProperties.line.prstDash)
        for one in charts[1].series
    ]
    assert len({*lines}) == len(lines) == 10
    axis = charts[0].x_axis
    step = round(axis.majorUnit * 86_400)
    assert (axis.scaling.max - axis.scaling.min) * 86_400 / step <= 10
    for end in (axis.scaling.min, axis.scaling.max):
        assert end * 86_400 / step == pytest.approx(round(end * 86_400 / step), abs=1e-3)


def test_no_name_of_a_stranger_becomes_a_formula(history: Path) -> None:
    with read_back(export(history, "out.xlsx")) as book:
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert not [cell.value for cell in cells if cell.data_type == "f"]
        names = [name.casefold() for name in book.sheetnames]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_a_time_in_which_a_target_did_not_run_is_an_empty_row(tmp_path: Path) -> None:
    """So that a chart draws no line across it."""
    history = write(tmp_path, shy=lambda after: None if 100 < after < 400 else MIB)
    with read_back(export(history, "out.xlsx", "shy")) as book:
        sizes = [row[1] for row in rows(book["shy"])[5:]]
    assert sizes.count(None) == 1
    assert sizes.index(None) == 51


def test_a_long_history_gets_wider_rows_and_keeps_its_peaks(tmp_path: Path) -> None:
    with closing(HistoryWriter(tmp_path / "history.sqlite3", Retention())) as writer:
        for number in range(60_000):
            size = 900.0 * MIB if number == 31_415 else 100.0 * MIB
            writer.add(START + number, [(target("web"), size)])
            if number % 4000 == 0:
                writer.flush()
    with read_back(export(tmp_path / "history.sqlite3", "out.xlsx")) as book:
        values = [row[1] for row in rows(book["Programs timeline"])[1:]]
    assert 20_000 < len(values) <= 50_000
    assert max(values) == 900


def test_the_table_holds_every_sample_and_is_harmless(history: Path) -> None:
    with export(history, "out.csv").open(encoding="utf-8", newline="") as file:
        headings, *table = csv.reader(file)
    assert headings[:3] == ["unix_s", "time (local)", "system used_bytes"]
    assert len(set(headings)) == len(headings)
    assert not [text for text in headings if text.startswith(("=", "+", "-", "@"))]
    assert len(table) == 301
    place = headings.index("web rss_bytes")
    assert float(table[0][0]) == START
    assert float(table[-1][place]) == pytest.approx(160 * MIB)


def test_the_table_names_the_tasks_that_ran_since_the_row_before(history: Path) -> None:
    """Also those that began and ended between two rows; and it stays a table of memory."""
    with export(history, "out.csv", "web").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    ran = {float(row["unix_s"]) - START: row["web task"] for row in table}
    assert (ran[200.0], ran[202.0], ran[218.0]) == ("", "'=2+2", "'=2+2")
    assert (ran[222.0], ran[224.0]) == ("'=2+2; b", "'=2+2")
    assert (ran[232.0], ran[234.0]) == ("'=2+2", "")
    tracks = read_recording(history.parent / "out.csv").tracks
    assert "web" in {track.name for track in tracks}
    assert not [track.name for track in tracks if "task" in track.name]
    assert "web task" not in export(history, "out.csv", "session").read_text()


def test_the_document_holds_samples_events_and_a_summary(history: Path) -> None:
    document = json.loads(export(history, "out.json").read_text())
    assert len(document["samples"]) == 301
    assert document["samples"][0]["at_unix_s"] == START
    assert document["samples"][0]["targets"]["web"]["rss_bytes"] == 100 * MIB
    assert document["samples"][0]["system"]["used_bytes"] == 6 * GIB
    assert [alert["what"] for alert in document["alerts"]] == ["raised", "resolved"]
    assert document["cleanups"][0]["freed_bytes"] == MIB
    summary = {one["name"]: one for one in document["targets"]}
    assert set(summary) == {"web", *HOSTILE}
    assert summary["web"]["peak_rss_bytes"] == 160 * MIB
    assert (summary["web"]["restarts"], summary["web"]["alerts"]) == (1, 1)


def test_since_and_targets_narrow_it_down(history: Path) -> None:
    document = json.loads(export(history, "out.json", "session", since=60).read_text())
    assert [sample["at_unix_s"] for sample in document["samples"]] == [
        START + 540 + 2 * number for number in range(31)
    ]
    assert all(set(sample["targets"]) == {"session"} for sample in document["samples"])


def test_a_stretch_between_two_moments(history: Path) -> None:
    output = history.with_name("out.json")
    until = datetime.fromtimestamp(START + 100).isoformat(" ")
    options = ExportOptions(
        history_file=history,
        output=output,
        since=parse_moment("20s"),
        until=parse_moment(until),
    )
    assert main(options, lambda _: None) == 0
    moments = [sample["at_unix_s"] for sample in json.loads(output.read_text())["samples"]]
    assert (moments[0], moments[-1]) == (START + 80, START + 100)
    with pytest.raises(UsageError, match="nothing was recorded in that range"):
        main(replace(options, until=parse_moment("1999-12-31")), lambda _: None)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01", "-5s"])
def test_what_is_not_a_time_is_reported(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; use 24h or 2026-03-01 08:30"):
        parse_moment(text)


def test_the_columnar_file_keeps_least_mean_and_greatest(history: Path) -> None:
    table = parquet.read_table(export(history, "out.parquet"))
    assert table.column_names == [
        "time", "stretch_s", "kind", "name", "metric", "minimum", "mean", "maximum", "samples",
    ]  # fmt: skip
    web = [row for row in table.to_pylist() if (row["name"], row["metric"]) == ("web", "rss_bytes")]
    assert len(web) == 301
    assert web[0]["time"].timestamp() == START
    assert (web[-1]["mean"], web[-1]["kind"]) == (pytest.approx(160 * MIB), "target")


@pytest.mark.parametrize(
    ("name", "package"), [("out.xlsx", "xlsxwriter"), ("out.parquet", "pyarrow")]
)
def test_what_needs_one_more_package_says_which(
    history: Path, name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        ExportError, match=r"needs the package (XlsxWriter|pyarrow); install it with: .*pip install"
    ):
        export(history, name)
    assert not list(history.parent.glob("*out*"))


def count_rows(output: Path) -> int:
    """How many moments are told."""
    if output.suffix == ".xlsx":
        with read_back(output) as book:
            return len(rows(book["Programs timeline"])) - 1
    if output.suffix == ".csv":
        return len(output.read_text().splitlines()) - 1
    if output.suffix == ".json":
        return len(json.loads(output.read_text())["samples"])
    return len(set(parquet.read_table(output)["time"].to_pylist()))


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv", "out.json", "out.parquet"])
def test_recordings_are_exported_as_the_history_is(tmp_path: Path, name: str) -> None:
    files = tuple(sorted(SAMPLES.glob("procpath*.sqlite")))
    output = tmp_path / name
    options = ExportOptions(history_file=tmp_path / "none", output=output, files=files)
    assert main(options, lambda _: None) == 0
    assert count_rows(output) == 16


def test_an_alert_of_an_application_is_exported_too(tmp_path: Path) -> None:
    told = event("alert", "firefox", 100, "firefox keeps growing", what="raised")
    history = write_store(tmp_path / "history.sqlite3", {"web": 1.0 * MIB}, events=[told])
    document = json.loads(export(history, "all.json").read_text())
    assert [alert["subject"] for alert in document["alerts"]] == ["firefox"]
    document = json.loads(export(history, "one.json", "web").read_text())
    assert document["alerts"] == []


def test_minutes_and_hours_stand_in_for_samples_that_are_gone(tmp_path: Path) -> None:
    """Nothing twice, nothing missing, in order of time."""
    path = tmp_path / "history.sqlite3"
    keep = Retention(raw_seconds=1800.0, minute_seconds=4 * 3600.0)
    with closing(HistoryWriter(path, keep)) as writer:
        for number in range(10 * 360):
            writer.add(START + 10 * number, [(target("web"), 1.0 + number)])
            if number % 60 == 0:
                writer.flush()
                writer.maintain(START + 10 * number)
        for late in range(600):
            writer.maintain(START + 36_000 + 10 * late)
    with HistoryReader(path) as reader:
        buckets = list(reader.stream([target("web")], START, START + 36_000))
        again = list(
            reader.stream([Series("target", "?", "x"), target("web")], START, START + 36_000)
        )
    assert {bucket.stretch_seconds for bucket in buckets} == {0, 60, 3600}
    assert sum(bucket.samples for bucket in buckets) == 3600
    assert math.fsum(b.mean * b.samples for b in buckets) == pytest.approx(3600 * 3601 / 2)
    assert [b.start_ms for b in buckets] == sorted({b.start_ms for b in buckets})
    assert {bucket.place for bucket in again} == {1}


def test_wide_rows_tell_the_same_whatever_they_were_made_of(tmp_path: Path) -> None:
    """From buckets where those are up to date; at both ends and where something came late, not."""
    path = tmp_path / "history.sqlite3"
    keep = Retention(raw_seconds=4 * 3600.0, minute_seconds=8 * 3600.0)
    size = random.Random(7).random
    with closing(HistoryWriter(path, keep)) as writer:
        for number in range(10 * 360):
            writer.add(START + 10 * number, [(target("web"), size()), (target("db"), size())])
            if number % 60 == 0:
                writer.flush()
                writer.maintain(START + 10 * number)
        for late in range(600):
            writer.maintain(START + 36_000 + 10 * late)
        writer.add(START + 20_005, [(target("web"), 50.0)])
        writer.flush()
    with HistoryReader(path) as reader:
        since, until = Moment(wall_seconds=START + 12_345), Moment(wall_seconds=START + 34_567)
        source = open_source(reader, (), since, until, lambda _: None)
        for step in (60.0, 600.0, 3600.0):
            compare(list(source.rows(step)), source.rows(), step)


def compare(wide: list[Row], every: Iterable[Row], step: float) -> None:
    fine: dict[float, dict[int, list[Cell]]] = {}
    for row in every:
        cells = fine.setdefault(row.wall_seconds // step * step, {})
        for place, cell in row.cells.items():
            cells.setdefault(place, []).append(cell)
    assert [row.wall_seconds for row in wide] == list(fine)
    assert max(cell.maximum for row in wide for cell in row.cells.values()) == 50
    for row in wide:
        for place, cell in row.cells.items():
            parts = fine[row.wall_seconds][place]
            assert cell.count == sum(part.count for part in parts)
            assert cell.minimum == min(part.minimum for part in parts)
            assert cell.maximum == max(part.maximum for part in parts)
            total = math.fsum(part.mean * part.count for part in parts)
            assert cell.mean == pytest.approx(total / cell.count)


@pytest.mark.parametrize("name", ["out.ods", "out.xls", "out"])
def test_an_unknown_ending_is_told_with_those_that_work(history: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"use one of \.xlsx, \.csv, \.json, \.parquet") as caught:
        export(history, name)
    assert caught.value.exit_code == 2


def test_an_unknown_target_is_told_with_the_nearest(history: Path) -> None:
    with pytest.raises(UsageError, match=r"^no program is called 'wep'; did you mean 'web'"):
        export(history, "out.csv", "wep")
    with pytest.raises(UsageError, match=r"^no program in the history is called 'xyzzy'"):
        export(history, "out.csv", "xyzzy")


def test_a_heading_of_the_workbook_has_its_unit_once() -> None:
    assert series_column(Series("target", "web", "cpu_percent")).heading == "CPU, % of a core"
    assert series_column(Series("target", "web", "rss_bytes")).heading == "Memory (RSS), MiB"


def test_without_a_history_nothing_is_written(tmp_path: Path) -> None:
    history = tmp_path / "history.sqlite3"
    with pytest.raises(HistoryError, match="There is no history"):
        export(history, "out.csv")
    HistoryWriter(history, Retention()).close()
    with pytest.raises(HistoryError, match="still empty"):
        export(history, "out.csv")
    assert not list(tmp_path.glob("*out*"))


def test_a_goal_that_may_not_be_written_is_told(history: Path) -> None:
    with pytest.raises(ExportError, match="No such file or directory"):
        export(history, "nowhere/out.csv")
    history.with_name("folder.csv").mkdir()
    with pytest.raises(ExportError, match="not a file"):
        export(history, "folder.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of file sizes there")
@pytest.mark.parametrize(
    "name", ["out.xlsx", "out.csv", "out.json", "out.parquet", "report.html", "report.pdf"]
)
def test_where_no_room_is_left_the_old_file_stays_and_no_half_one(
    tmp_path: Path, name: str
) -> None:
    # Nothing makes noise small.
    history = write(
        tmp_path, seconds=6000, noise=lambda after: random.Random(after).uniform(1, GIB)
    )
    output = history.parent / name
    output.write_text("old")
    # 36 KiB: what SQLite needs beside the history fits, no export does.
    verb = "report" if name.startswith("report") else "export"
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (36864, 36864));"
        "from trayapp.cli.main import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, verb, "-o", str(output)],
        env={**os.environ, "MEMTRAY_HOME": str(history.parent)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == f"memtray: cannot write {output}: File too large\n"
    assert output.read_text() == "old"
    assert not list(history.parent.glob(".memtray-*"))


@pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="Linux alone has tmpfs")
@pytest.mark.parametrize("name", ["out.xlsx", "out.parquet", "report.html", "report.pdf"])
def test_a_full_disk_is_told_and_nothing_half_is_left(tmp_path: Path, name: str) -> None:
    """A real one, as far as this user may make one."""
    history = write(
        tmp_path, seconds=6000, noise=lambda after: random.Random(after).uniform(1, GIB)
    )
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount")
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "trayapp", "export" if "out" in name else "report"),
                *("-o", str(disk / name)),
            ],
            env={**os.environ, "MEMTRAY_HOME": str(history.parent)},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1
        assert done.stderr == f"memtray: cannot write {disk / name}: No space left on device\n"
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv"])
def test_a_history_that_is_damaged_further_on_is_told(tmp_path: Path, name: str) -> None:
    history = write(tmp_path, seconds=6000.0)
    with history.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 2)
        file.write(b"\xff" * (size // 2 - 8192))
    with pytest.raises(HistoryError, match="is damaged, or is not a history"):
        export(history, name)
    assert not list(tmp_path.glob(".memtray-*"))
    assert not (tmp_path / name).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_cancelling_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    write(tmp_path, seconds=20_000.0)
    process = subprocess.Popen(
        [sys.executable, "-m", "trayapp", "export", "-o", str(tmp_path / "out.xlsx")],
        env={**os.environ, "MEMTRAY_HOME": str(tmp_path)},
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: list(tmp_path.glob(".memtray-*/*")), what="the export to begin")
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == ""
    assert not list(tmp_path.glob(".memtray-*"))
    assert not (tmp_path / "out.xlsx").exists()


PEAK = """
import resource, sys
from trayapp.cli.main import main
assert main() == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such figures there")
@pytest.mark.parametrize("name", ["out.xlsx", "out.csv", "out.json", "out.html"])
def test_memory_does_not_grow_with_the_length_of_the_history(tmp_path: Path, name: str) -> None:
    peaks = []
    for seconds in (4_000.0, 40_000.0):
        folder = tmp_path / str(seconds)
        folder.mkdir()
        write_store(
            folder / "history.sqlite3", {"web": 1.0 * GIB, "db": 2.0 * GIB}, seconds=seconds
        )
        verb = "report" if name.endswith("html") else "export"
        done = subprocess.run(
            [sys.executable, "-c", PEAK, verb, "-o", str(folder / name)],
            env={**os.environ, "MEMTRAY_HOME": str(folder)},
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        peaks.append(int(done.stdout.split()[-1]))
    # KiB on Linux, bytes on macOS.
    assert peaks[1] < 1.15 * peaks[0]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_workbook(history: Path) -> None:
    output = export(history, "out.xlsx")
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(history.parent / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "csv",
            "--outdir",
            str(history.parent / "converted"),
            str(output),
        ],
        check=True,
        capture_output=True,
        timeout=100,
    )
    assert "web" in (history.parent / "converted" / "out.csv").read_text()


def test_a_name_with_separators_is_no_formula_for_any_spreadsheet(tmp_path: Path) -> None:
    """Where the decimal sign is a comma, spreadsheets split at semicolons."""
    history = write_store(
        tmp_path / "history.sqlite3", {"a;=1+1;b": 1.0 * MIB, "＝1+1": 1.0 * MIB}, seconds=60.0
    )
    made = tmp_path / "table.csv"
    main(ExportOptions(history_file=history, output=made), lambda _: None)
    text = made.read_text(encoding="utf-8")
    heading = text.splitlines()[0]
    assert '"a;\'=1+1;b rss_bytes"' in heading
    assert '"\'＝1+1 rss_bytes"' in heading
    for separator in ";\t,":
        cells = [cell.strip('" ') for line in text.splitlines() for cell in line.split(separator)]
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@＝＋－＠"))]
    # Read again, it is the name that it was.
    names = {track.name for track in read_recording(made).tracks}
    assert any("a;=1+1;b" in name for name in names)


@pytest.mark.parametrize("kind", [*EXPORTS, *REPORTS], ids=lambda kind: kind.module)
def test_each_kind_of_file_has_a_writer(kind: FileKind) -> None:
    assert callable(kind.load().write)
