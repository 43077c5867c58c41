"""What goes before growth, read from real stores."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.windows.stores import MIB, START, Curve, write_store
from trayapp.cli.main import main
from trayapp.domain.judging.advice.past import past_of
from trayapp.domain.judging.causes import Causes
from trayapp.domain.records.run_program import RunProgram, Version, program_event
from trayapp.domain.records.series import ApplicationMinute, Event, Series
from trayapp.export.report.facts import Background
from trayapp.export.report.gathering import gather_report
from trayapp.export.source import open_source
from trayapp.history.causes import read_causes
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter

DAYS, DAY, HOUR = 5, 86_400.0, 3600.0
TASK_AT = 7.2 * HOUR
KEPT = 12.0 * MIB
STEP = 100.0


def growing(after: float) -> float:
    """Keeps 12 MiB each day when its task has run, and hums meanwhile."""
    days = sum(after > day * DAY + TASK_AT + 60 for day in range(DAYS))
    return 200.0 * MIB + days * KEPT + MIB * (after % 700) / 700


def events() -> list[Event]:
    found = []
    for day in range(DAYS):
        begin = START + day * DAY
        for name, at in (("import", TASK_AT), ("mail", 2.0 * HOUR), ("mail", 15.0 * HOUR)):
            found.append(Event(wall_seconds=begin + at, kind="task", subject="web", text=name))
        started = RunProgram(None, "", begin + TASK_AT - 30)
        found.append(program_event("importer", started, begin + TASK_AT + 5))
    return found


def causes_in(store: Path, name: str = "web") -> Causes:
    with HistoryReader(store) as reader:
        return read_causes(reader, name, START + DAYS * DAY, 0.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("causes") / "history.sqlite3"
    sizes: dict[str, Curve] = {"web": growing, "flat": 80.0 * MIB}
    write_store(file, sizes, seconds=DAYS * DAY, step=STEP, events=events())
    # Another program, which nobody tracks, starts before each of these, and one at other times.
    writer = HistoryWriter(file, Retention())
    for name, at in (("backup", TASK_AT - 120), ("editor", 11.0 * HOUR)):
        series = Series("application", name, "rss_bytes")
        for day in range(DAYS):
            first = START + day * DAY + at
            writer.add_minutes(
                [
                    ApplicationMinute(int((first + 60 * n) // 60 * 60), series, 40 * MIB, 40 * MIB)
                    for n in range(20)
                ]
            )
            assert writer.flush()
    writer.close()
    return file


def test_task_start_and_hour_before_growth_are_found_and_the_others_are_not(store: Path) -> None:
    found = causes_in(store)
    assert found.growth_count == DAYS
    told = {(cause.kind, cause.name or cause.number) for cause in found.found}
    hour = int((START + TASK_AT) // HOUR) % 24
    assert told == {("task", "import"), ("start", "importer"), ("start", "backup"), ("hour", hour)}
    assert {cause.counts.hits for cause in found.found} == {DAYS}


def test_a_program_that_does_not_grow_has_no_causes(store: Path) -> None:
    found = causes_in(store, "flat")
    assert (found.found, found.growth_count, found.run_count) == ((), 0, 1)
    assert causes_in(store, "nobody").found == ()


@pytest.mark.parametrize("rises_at", [TASK_AT - 100, 15 * HOUR])
def test_load_that_rises_before_growth_is_found(tmp_path: Path, rises_at: float) -> None:
    file = write_store(tmp_path / "h", {"web": growing}, seconds=DAYS * DAY, step=STEP)
    writer = HistoryWriter(file, Retention())
    for number in range(int(DAYS * DAY / STEP)):
        is_busy = 0 <= number * STEP % DAY - rises_at < 1800
        values = [(Series("target", "web", "cpu_percent"), 90.0 if is_busy else 2.0)]
        writer.add(START + number * STEP, values)
        if number % 500 == 0:
            assert writer.flush()
    writer.close()
    found = {cause.kind: cause for cause in causes_in(file).found}
    if rises_at > TASK_AT:
        assert "load" not in found
    else:
        assert found["load"].counts.hits == found["load"].counts.exposed == DAYS


def test_the_versions_of_runs_are_compared(tmp_path: Path) -> None:
    """Sixteen runs of an hour; those of the second version grow."""
    old, new = Version("app.py", 1_700_000_000, 10), Version("app.py", 1_750_000_000, 11)

    def sizes(after: float) -> float | None:
        into = after % HOUR
        if into > 3400:
            return None
        return (100.0 + (into / 60 if after >= 8 * HOUR else 0.0)) * MIB

    programs = [
        program_event(
            "web",
            RunProgram(new if run >= 8 else old, "0a", START + run * HOUR),
            START + run * HOUR + 8,
        )
        for run in range(16)
    ]
    file = write_store(
        tmp_path / "h", {"web": sizes}, seconds=16 * HOUR, step=20.0, events=programs
    )
    with HistoryReader(file) as reader:
        found = read_causes(reader, "web", START + 16 * HOUR, 0.0)
    (cause,) = found.found
    assert (cause.kind, cause.version) == ("version", new)
    assert cause.counts.hits == cause.counts.exposed
    assert cause.counts.other_hits == 0


def test_the_past_that_advice_goes_by_tells_the_versions(tmp_path: Path) -> None:
    old, new = Version("app.py", 1_700_000_000, 10), Version("app.py", 1_750_000_000, 11)
    programs = [
        program_event("web", RunProgram(version, "", START + at), START + at + 8)
        for version, at in ((old, 0.0), (new, 12 * HOUR))
    ]

    def sizes(after: float) -> float:
        return (100.0 + max(0.0, after / HOUR - 12) * 8) * MIB

    file = write_store(
        tmp_path / "h", {"web": sizes}, seconds=24 * HOUR, step=60.0, events=programs
    )
    with HistoryReader(file) as reader:
        past = past_of(reader, "web", START + 24 * HOUR)
    assert past.version is not None
    assert (past.version.now.file, past.version.now.runs) == ("app.py", 1)
    assert past.version.now.rate * HOUR == pytest.approx(8 * MIB, rel=0.05)
    assert past.version.before.grown_bytes == 0
    assert past.version.chance < 0.01


def test_memtray_runs_tells_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The history of the last five days, up to now."""
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path))
    start = (time.time() - DAYS * DAY) // 60 * 60
    moved = [replace(event, wall_seconds=event.wall_seconds - START + start) for event in events()]
    file = tmp_path / "history.sqlite3"
    write_store(file, {"web": growing}, seconds=DAYS * DAY, step=STEP, start=start, events=moved)
    assert main(["runs", "web", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (run,) = told["runs"]
    assert (run["target"], list(told["causes"])) == ("web", ["web"])
    causes = told["causes"]["web"]
    assert ("task", "import") in [(one["kind"], one["name"]) for one in causes["found"]]
    assert causes["lines"] == [one["line"] for one in causes["found"]]
    assert main(["runs"]) == 0
    output = capsys.readouterr().out
    assert "Before growth of web:" in output
    assert "After the task import: it began to grow 5 of 5 times" in output


def test_a_report_has_them_as_findings_unless_it_is_private(store: Path) -> None:
    with HistoryReader(store) as reader:
        source = open_source(reader, [], None, None, lambda _share: None)
        report = gather_report(source, Background(title="t", made_wall_seconds=START))
        private = gather_report(
            source, Background(title="t", made_wall_seconds=START, is_private=True)
        )
    title = "What goes before growth of web"
    found = [one for one in report.findings if one.title == title]
    assert any("After the task import" in one.text for one in found)
    assert {one.weight for one in found} == {"note"}
    assert title not in [one.title for one in private.findings]
