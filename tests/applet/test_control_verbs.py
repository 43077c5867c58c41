"""What the windows ask of the applet, asked of a real one over its socket."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import EATER, Memtray
from tests.desktop.desktop import wait_until
from trayapp.applet.control_verbs import matching_incidents
from trayapp.control.client import call
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.records.levels import Level
from trayapp.errors import ControlError
from trayapp.history.reader import HistoryReader
from trayapp.paths import find_paths

SETTINGS = """
# mine
[sampling]
interval = "0.2s"

[[targets]]
name = "eater"
match = "answered_eater"
limit = "1GiB"
"""


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """One that the settings name; and a shell with one in it that nobody has named."""
    commands = {}
    for name in ("answered_eater", "nobody_knows_me"):
        program = tmp_path / f"{name}.py"
        program.write_text(EATER)
        commands[name] = [sys.executable, str(program)]
    eater = subprocess.Popen(commands["answered_eater"], start_new_session=True)
    # What a person types into a shell is an application; what a test starts belongs to the test.
    shell = subprocess.Popen(["sh"], stdin=subprocess.PIPE, start_new_session=True)
    assert shell.stdin is not None
    shell.stdin.write(f"{shlex.join(commands['nobody_knows_me'])}\n".encode())
    shell.stdin.flush()
    yield {"answered_eater": eater, "shell": shell}
    shell.stdin.close()
    for process in (eater, shell):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def applet(tmp_path: Path, programs: dict[str, subprocess.Popen[bytes]]) -> Iterator[Memtray]:
    assert programs
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    process = memtray.start("start", "--headless")
    yield memtray
    process.terminate()
    process.communicate(timeout=10)


def ask(applet: Memtray, verb: str, **arguments: object) -> Any:
    return call(applet.home / "run", verb, arguments)


def rows(applet: Memtray, **arguments: object) -> dict[tuple[str, str], Any]:
    return {(row["kind"], row["name"]): row for row in ask(applet, "table", **arguments)["rows"]}


def target_names(applet: Memtray) -> list[str]:
    return [name for kind, name in rows(applet) if kind == "target"]


def test_the_table_tells_of_everything_that_uses_memory(
    applet: Memtray, programs: dict[str, subprocess.Popen[bytes]]
) -> None:
    told = ask(applet, "table", all=True)
    assert told["complete"] is True
    assert told["system"]["total_bytes"] > told["system"]["available_bytes"] > 0
    found = rows(applet, all=True)
    target = found["target", "eater"]
    assert target["pids"] == [programs["answered_eater"].pid]
    assert target["limit_bytes"] == 2**30
    assert target["limit_share"] == pytest.approx(target["size_bytes"] / 2**30)
    assert found["application", "nobody_knows_me.py"]["rss_bytes"] > 1_000_000
    assert found["app", "memtray"]["rss_bytes"] > 1_000_000
    # Targets are nobody's application.
    assert ("application", "answered_eater.py") not in found
    assert ask(applet, "table")["complete"] is False


def test_details_and_the_process_behind_a_row(
    applet: Memtray, programs: dict[str, subprocess.Popen[bytes]]
) -> None:
    pid = programs["answered_eater"].pid
    row = ask(applet, "detail", kind="target", name="eater")["row"]
    assert row["processes"][0][0] == pid
    assert row["evidence"]
    assert ask(applet, "detail", kind="target", name="nobody")["row"] is None
    process = ask(applet, "describe", kind="target", name="eater")
    assert process["pid"] == pid
    assert process["arguments"][1].endswith("answered_eater.py")
    with pytest.raises(ControlError, match="exited"):
        ask(applet, "describe", kind="target", name="nobody")
    with pytest.raises(ControlError):
        ask(applet, "describe", kind=1)


def test_an_application_becomes_a_target_and_is_one_no_more(applet: Memtray) -> None:
    name = ask(applet, "track", kind="application", name="nobody_knows_me.py")["name"]
    wait_until(lambda: target_names(applet) == ["eater", name], what="new target")
    assert len(rows(applet)["target", name]["pids"]) == 1
    ask(applet, "untrack", kind="target", name=name)
    ask(applet, "untrack", kind="target", name="eater")
    wait_until(lambda: target_names(applet) == [], what="no target")
    assert (applet.home / "memtray.toml").read_text().startswith(SETTINGS[:35])
    with pytest.raises(ControlError, match="no tracked program"):
        ask(applet, "untrack", kind="target", name=name)


def test_what_was_recorded_of_a_target_is_forgotten(applet: Memtray) -> None:
    def first() -> float | None:
        with HistoryReader(applet.home / "history.sqlite3") as reader:
            moments = [
                point.wall_seconds
                for series in reader.series()
                if (series.name, series.metric) == ("eater", "rss_bytes")
                for point in reader.points(series, 0.0, 1e11)
            ]
        return min(moments, default=None)

    before = wait_until(first, timeout=20, what="history")
    assert ask(applet, "forget", kind="target", name="eater") == {"name": "eater"}
    assert first() is None
    after = wait_until(first, timeout=20, what="history anew")
    assert before is not None
    assert after is not None
    assert after > before


def test_without_a_display_the_table_is_printed(applet: Memtray) -> None:
    done = applet.run("table")
    assert done.returncode == 0
    assert done.stderr.startswith("Cannot show a window here")
    line = next(line for line in done.stdout.splitlines() if line.startswith("eater "))
    assert " PSS " in line
    assert " of 1.00 GiB " in line


def test_what_the_disk_does_not_take_is_said(applet: Memtray) -> None:
    """A folder in the way is refused like a full disk."""
    paths = find_paths({"MEMTRAY_HOME": str(applet.home)})
    paths.state_file.with_name("state.json.new").mkdir()
    paths.snapshots.touch()
    code, line = applet.one_line_error("alerts", "snooze", "1h")
    assert code == 1
    assert "only until Memtray restarts: Is a directory" in line
    code, line = applet.one_line_error("snapshot")
    assert code == 1
    assert "Cannot save a snapshot in" in line
    assert line.endswith("File exists")
    assert ask(applet, "status")["alerts"]["snoozed_until"] is not None


def test_an_incident_is_found_by_a_part_of_its_key_if_only_one_has_it() -> None:
    incidents = [
        Incident(
            key=key,
            subject=key.partition(":")[2] or key,
            level=Level.WARNING,
            title="title",
            body="body",
            since_wall_seconds=0.0,
        )
        for key in ("oom:web", "growth:web", "growth:mail", "pressure")
    ]

    def found(wanted: str) -> list[str]:
        return [each.key for each in matching_incidents(incidents, wanted)]

    assert found("oom") == ["oom:web"]
    assert found("PRESS") == ["pressure"]
    assert found("mai") == ["growth:mail"]
    assert found("growth:web") == ["growth:web"]
    assert found("growth") == ["growth:web", "growth:mail"]
    assert found("nobody") == found("") == []
