"""A Memtray that was installed anew while it runs starts again, as the same process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import trayapp
from tests.desktop.desktop import wait_until
from trayapp.applet.update_watch import UpdateWatch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def later(self) -> None:
        self.now += 5.0


def replace(mark: Path, text: str) -> None:
    new = mark.with_name("new")
    new.write_text(text)
    new.replace(mark)


def test_what_was_replaced_is_started_once_it_is_left_alone(tmp_path: Path) -> None:
    mark, clock = tmp_path / "mark", Clock()
    mark.write_text("1")
    watch = UpdateWatch(mark, clock)
    clock.later()
    assert not watch.is_due()
    mark.unlink()
    clock.later()
    assert not watch.is_due()
    replace(mark, "2")
    clock.later()
    assert not watch.is_due(), "it may still be under way"
    replace(mark, "3 ")
    clock.later()
    assert not watch.is_due()
    clock.later()
    assert watch.is_due()


def test_what_is_as_it_was_is_left_alone(tmp_path: Path) -> None:
    mark, clock = tmp_path / "mark", Clock()
    mark.write_text("1")
    watch = UpdateWatch(mark, clock)
    for _number in range(20):
        clock.later()
        assert not watch.is_due()
    nowhere = UpdateWatch(tmp_path / "none", clock)
    clock.later()
    assert not nowhere.is_due()


@pytest.mark.skipif(os.name != "posix", reason="Windows has installers close what runs")
def test_an_update_is_followed_by_the_running_applet(tmp_path: Path) -> None:
    installed = tmp_path / "installed" / "trayapp"
    ours = Path(trayapp.__file__).parent
    shutil.copytree(ours, installed, ignore=shutil.ignore_patterns("__pycache__"))
    env = os.environ | {"MEMTRAY_HOME": str(tmp_path / "home"), "PYTHONPATH": ""}
    command = (sys.executable, "-m", "trayapp")
    applet = subprocess.Popen(
        [*command, "start", "--headless"],
        cwd=installed.parent, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip

    def told() -> tuple[str, int]:
        asked = subprocess.run(
            [*command, "status", "--json"], cwd=installed.parent, env=env,
            capture_output=True, check=False,
        )  # fmt: skip
        if asked.returncode:
            return "", 0
        status = json.loads(asked.stdout)
        return status["version"], (status["app"] or {}).get("pid", 0)

    try:
        wait_until(lambda: told() == (trayapp.__version__, applet.pid), timeout=60, what="start")
        mark = installed / "__init__.py"
        replace(mark, mark.read_text().replace(trayapp.__version__, "99.0"))
        wait_until(lambda: told() == ("99.0", applet.pid), timeout=60, what="the new version")
    finally:
        applet.terminate()
        _out, complaints = applet.communicate(timeout=60)
    assert complaints == b""
    assert applet.returncode == 0
