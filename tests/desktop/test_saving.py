"""Exporting and reporting by window: choose, name the file, see it done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.desktop.desktop import VirtualDesktop, wait_until
from tests.desktop.kept import keep
from tests.windows.stores import MIB, write_store

pytestmark = pytest.mark.desktop

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("verb", "ending"), [("export", "xlsx"), ("report", "html")])
def test_a_file_is_named_and_written(tmp_path: Path, verb: str, ending: str) -> None:
    write_store(tmp_path / "history.sqlite3", {"web": 100.0 * MIB})
    output = tmp_path / f"mine.{ending}"
    with VirtualDesktop(tray=None, notifier=None) as desktop:
        process = desktop.launch(
            sys.executable, "-m", "trayapp", verb,
            env=desktop.env | {"MEMTRAY_HOME": str(tmp_path)}, cwd=REPOSITORY,
        )  # fmt: skip
        desktop.find_window("Memtray .*", timeout=60)
        # "Save as…" has the focus, and in the dialog the name, marked.
        wait_until(lambda: opened_dialog(desktop), timeout=60, what="dialog")
        wait_until(lambda: typed(desktop, output), timeout=60, what="file")
        # The window stays, offers to open the file, and goes by a key.
        desktop.find_window("Memtray .*", timeout=5)
        wait_until(lambda: closed(desktop, process), timeout=60, what="end of the window")
        assert process.returncode == 0


def test_the_folder_of_the_last_time_is_proposed(tmp_path: Path) -> None:
    write_store(tmp_path / "history.sqlite3", {"web": 100.0 * MIB})
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    (chosen / ".hidden").mkdir()
    with VirtualDesktop(tray=None, notifier=None) as desktop:
        for name in (str(chosen / "one.html"), "two.html"):
            process = desktop.launch(
                sys.executable, "-m", "trayapp", "report",
                env=desktop.env | {"MEMTRAY_HOME": str(tmp_path)}, cwd=REPOSITORY,
            )  # fmt: skip
            desktop.find_window("Memtray .*", timeout=60)
            wait_until(lambda: opened_dialog(desktop), timeout=60, what="dialog")
            keep(desktop, "save-dialog")
            subprocess.run(["xdotool", "type", name], env=desktop.env, check=True)
            desktop.press("Return")
            written = chosen / Path(name).name
            wait_until(written.exists, timeout=60, what="file")
            wait_until(lambda: closed(desktop, process), timeout=60, what="end of the window")  # noqa: B023


def opened_dialog(desktop: VirtualDesktop) -> bool:
    desktop.press("Return")
    return bool(desktop.find_window("Save as", timeout=60))


def typed(desktop: VirtualDesktop, output: Path) -> bool:
    if not output.exists():
        subprocess.run(["xdotool", "type", str(output)], env=desktop.env, check=True)
        desktop.press("Return")
        wait_until(output.exists, timeout=25, what="file")
    return True


def closed(desktop: VirtualDesktop, process: subprocess.Popen[bytes]) -> bool:
    desktop.press("Escape")
    return process.poll() is not None
