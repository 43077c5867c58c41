"""A guarded program outgrows its limit under the real applet: restarted, and every step is kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import Memtray
from tests.desktop.desktop import wait_until
from tests.test_run import children, guarded
from trayapp.domain.records.series import GUARDED_RUN
from trayapp.history.reader import HistoryReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

HOG = """
import time
keep = [bytearray(b"x") * (120 << 20)]
print("up", flush=True)
while True:
    keep.append(bytearray(b"x") * (3 << 20))
    time.sleep(1)
"""
SETTINGS = """
[sampling]
adaptive = false

[alerts]
enabled = false

[[targets]]
name = "hog"
match = "memory_hog.py"
limit = "200MiB"
on_warning = ["snapshot"]
on_critical = ["restart"]

[[hooks]]
name = "note"
command = {hook}
target = "hog"
"""
HOOK = "import os, sys; open(sys.argv[1], 'a').write(os.environ['MEMTRAY_LEVEL'] + '\\n')"


def test_a_guarded_program_that_outgrows_its_limit_is_restarted_though_alerts_are_off(
    tmp_path: Path,
) -> None:
    memtray = Memtray(tmp_path / "home")
    program, noted = tmp_path / "memory_hog.py", tmp_path / "noted"
    program.write_text(HOG)
    hook = json.dumps([sys.executable, "-c", HOOK, str(noted)])
    (memtray.home / "memtray.toml").write_text(SETTINGS.format(hook=hook))
    applet = memtray.start("start", "--headless", "--interval", "1s")
    try:
        with guarded(memtray.home, "--", sys.executable, str(program)) as run:
            (first,) = children(run.pid)
            wait_until(
                lambda: any(pid != first for pid in children(run.pid)), timeout=90, what="a restart"
            )
            wait_until(lambda: _step(memtray, "action", "done", "restart"), what="the journal")
    finally:
        applet.terminate()
        applet.communicate(timeout=20)
    limits = [row for row in memtray.json("alerts", "log") if row.get("incident") == "limit:hog"]
    steps = [
        (row["kind"], row["level"], row["what"], row.get("action") or row.get("hook"))
        for row in limits
    ]
    for step in (
        ("alert", "warning", "held", None),
        ("level", "warning", "reached", None),
        ("action", "warning", "begun", "snapshot"),
        ("hook", "warning", "done", "note"),
        ("level", "critical", "reached", None),
        ("action", "critical", "begun", "restart"),
        ("action", "critical", "done", "restart"),
    ):
        assert step in steps
    at = {(row["kind"], row["level"], row["what"]): row["at"] for row in reversed(limits)}
    reached = at["level", "critical", "reached"]
    assert at["action", "critical", "begun"] == reached, "at the very sample"
    assert reached - at["level", "warning", "reached"] < 20
    assert noted.read_text().splitlines()[:2] == ["warning", "critical"]
    (held,) = [row for row in limits if row["what"] == "held" and row["level"] == "critical"]
    assert held["reason"] == "alerts are off"
    with HistoryReader(memtray.home / "history.sqlite3") as reader:
        (ended, *_) = reader.events(0.0, 1e12, (GUARDED_RUN,), subject="hog")
    assert ended.data["restarted"] is True
    assert int(str(ended.data["peak_bytes"])) > 120 << 20


def _step(memtray: Memtray, kind: str, what: str, action: str) -> bool:
    return any(
        (row["kind"], row["what"], row.get("action")) == (kind, what, action)
        for row in memtray.json("alerts", "log")
    )
