"""A real service whose C library keeps freed memory: advised about, freed, and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import Memtray
from tests.desktop.desktop import wait_until
from tests.domain.building import MIB
from trayapp.domain.records.run_program import PROGRAM, program_of
from trayapp.history.reader import HistoryReader

SETTINGS = """
[sampling]
interval = "0.5s"

[advice]
evidence = "1s"

[[targets]]
name = "service"
match = "FOLDER/advised_service.py"
limit = "1GiB"
"""
SERVICE = """
import time, trayapp.probe
trayapp.probe.start()
blocks = [bytes(2000) for _ in range(60_000)]
kept = blocks[::100]
del blocks
print("up", flush=True)
time.sleep(600)
"""
REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the C library of GNU")


@pytest.fixture
def memtray(tmp_path: Path) -> Iterator[Memtray]:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS.replace("FOLDER", str(tmp_path)))
    file = tmp_path / "advised_service.py"
    file.write_text(SERVICE)
    service = subprocess.Popen(
        [sys.executable, str(file)],
        stdout=subprocess.PIPE,
        env=os.environ | {"MEMTRAY_HOME": str(memtray.home), "PYTHONPATH": str(REPOSITORY)},
    )
    assert service.stdout and service.stdout.readline() == b"up\n"
    applet = memtray.start("start", "--headless")
    yield memtray
    for process in (applet, service):
        process.terminate()
        process.communicate(timeout=60)


def advised(memtray: Memtray) -> dict[str, Any]:
    """Wait for advice about the service, and return it."""

    def found() -> dict[str, Any]:
        told: list[dict[str, Any]] = memtray.json("advice")["advice"]
        return next((each for each in told if each["target"] == "service"), {})

    return wait_until(found, timeout=60, what="advice")


def test_what_the_library_keeps_is_given_back_and_measured(memtray: Memtray) -> None:
    told = advised(memtray)
    assert (told["id"], told["kind"]) == ("trim:target:service", "trim")
    assert told["actions"][0]["automatic"] is True
    low, high = told["expected_saving_bytes"]
    assert told["from"] == "recorded programs"
    done = memtray.run("advice", "apply", "trim:target:service")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("service: freed ")
    after = memtray.json("advice")
    assert [each for each in after["advice"] if each["target"] == "service"] == []
    (deed,) = after["done"]
    assert low <= deed["saved_bytes"] <= high + MIB
    assert deed["held"] is None  # a minute is not over
    said = "Free memory of service that it no longer uses"
    wait_until(lambda: said in memtray.run("alerts", "log").stdout, timeout=60, what="journal")
    code, error = memtray.one_line_error("advice", "apply", "trim:target:service")
    assert code != 0
    assert "advice" in error


def test_a_limit_is_written_into_the_settings_with_its_comments(memtray: Memtray) -> None:
    file = memtray.home / "memtray.toml"
    file.write_text(file.read_text().replace('limit = "1GiB"', 'limit = "1GiB"  # roomy'))
    size = str(300 * MIB)
    done = memtray.run("set-limit", "--config", str(file), "--", "service", size)
    assert done.returncode == 0, done.stderr
    assert f'limit = "{size}"  # roomy' in file.read_text()
    code, error = memtray.one_line_error("set-limit", "--config", str(file), "--", "nobody", size)
    assert code != 0
    assert "nobody" in error


def test_an_alert_acknowledged_a_third_time_is_made_an_exception(memtray: Memtray) -> None:
    """Two were before this one, which is real: the service is larger than it may be."""
    file = memtray.home / "memtray.toml"
    file.write_text(file.read_text().replace('"1GiB"', '"1GiB"\nwarning_size = "8MiB"'))
    key, identity = "size:service", "exception:size:service"
    wait_until(
        lambda: key in [one["key"] for one in memtray.json("status")["incidents"]],
        timeout=60,
        what="an alert",
    )
    quitted = memtray.run("quit")
    assert quitted.returncode == 0, quitted.stderr
    wait_until(lambda: memtray.run("status").returncode == 3, timeout=60, what="its end")
    before = [[time.time() - hours * 3600, hours * 3600, 1] for hours in (30, 20)]
    known = {key: ["target:service", "service", "service is large", before]}
    kept = {"silent_until": {}, "delays": {}, "deeds": [], "acknowledged": known}
    (memtray.home / "advice.json").write_text(json.dumps(kept))
    applet = memtray.start("start", "--headless")
    try:

        def proposed() -> list[str]:
            return [one["id"] for one in memtray.json("advice")["advice"]]

        assert identity not in proposed()
        wait_until(
            lambda: key in [one["key"] for one in memtray.json("status")["incidents"]],
            timeout=60,
            what="the alert",
        )
        acknowledged = memtray.run("alerts", "ack", key)
        assert acknowledged.returncode == 0, acknowledged.stderr
        wait_until(lambda: identity in proposed(), timeout=60, what="a proposal")
        done = memtray.run("advice", "apply", identity)
        assert done.returncode == 0, done.stderr
        assert "not reported any more" in done.stdout
        assert f'exceptions = ["{key}"]' in file.read_text()
        assert identity not in proposed()
        undone = memtray.run("advice", "undo", identity)
        assert undone.returncode == 0, undone.stderr
        assert f'"{key}"]' not in file.read_text()
    finally:
        applet.terminate()
        applet.communicate(timeout=60)


def test_what_the_service_runs_is_kept_with_its_run(memtray: Memtray, tmp_path: Path) -> None:
    wait_until(lambda: (memtray.home / "program.key").exists(), timeout=60, what="a look at it")
    assert memtray.run("quit").returncode == 0
    wait_until(lambda: memtray.run("status").returncode == 3, timeout=60, what="its end")
    with HistoryReader(memtray.home / "history.sqlite3") as reader:
        (event,) = reader.events(0.0, time.time() + 60.0, (PROGRAM,))
    program = program_of(event)
    script = tmp_path / "advised_service.py"
    assert program is not None
    assert program.version is not None
    assert (program.version.file, program.version.size_bytes) == (script.name, len(SERVICE))
    assert str(tmp_path) not in repr(event)
