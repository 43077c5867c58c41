"""A program gets too large under the real applet, which writes a dump of it as the settings say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_main import Memtray
from tests.desktop.desktop import wait_until
from tests.readers.children import running_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROBED = """
import pathlib, sys, trayapp.probe
class Order: pass
kept = [Order() for _ in range(5000)], bytearray(b"x") * (40 << 20)
assert trayapp.probe.start(pathlib.Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""
SILENT = """
import sys
kept = bytearray(b"x") * (40 << 20)
print("up", flush=True)
sys.stdin.read()
"""
SETTINGS = """
[sampling]
adaptive = false

[diagnosis]
python_dumps = true

[[targets]]
name = "-orders"
match = "class Order"
limit = "32MiB"
on_emergency = ["dump"]

[[targets]]
name = "silent"
match = "import sys\\nkept"
limit = "32MiB"
on_emergency = ["dump", "snapshot"]
"""


def test_a_dump_is_written_once_a_program_gets_too_large(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    applet = memtray.start("start", "--headless", "--interval", "1s")
    try:
        with running_python(PROBED, str(memtray.home / "run")), running_python(SILENT):
            wait_until(lambda: len(ended(memtray)) >= 3, timeout=90, what="three actions")
    finally:
        applet.terminate()
        applet.communicate(timeout=20)
    steps = {(row["subject"], row["action"]): row for row in ended(memtray)}
    assert steps["-orders", "dump"]["what"] == "done"
    (file,) = (memtray.home / "dumps").iterdir()
    assert json.loads(file.read_text())["types"]["__main__.Order"] == 5000
    assert str(file) in steps["-orders", "dump"]["title"]
    # One that has no probe cannot be dumped, which is said and keeps nothing else from being done.
    assert steps["silent", "dump"]["what"] == "failed"
    assert "can be dumped" in steps["silent", "dump"]["title"]
    assert steps["silent", "snapshot"]["what"] == "done"


def ended(memtray: Memtray) -> list[dict[str, Any]]:
    """What was begun and came to an end."""
    rows = memtray.json("alerts", "log")
    return [row for row in rows if row["kind"] == "action" and row["what"] in ("done", "failed")]
