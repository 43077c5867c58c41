"""What a person is told at the first start, and not again."""

from __future__ import annotations

import os
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.desktop.applet import REPOSITORY
from tests.desktop.desktop import Notification, VirtualDesktop, wait_until

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]


class Person:
    """Somebody without MEMTRAY_HOME, whose folders are the desktop's own."""

    def __init__(self, desktop: VirtualDesktop, home: Path, **variables: str) -> None:
        self.desktop = desktop
        self.data = Path(desktop.env["XDG_DATA_HOME"])
        hidden = {"MEMTRAY_HOME", "XDG_DATA_DIRS"}
        kept = {name: value for name, value in desktop.env.items() if name not in hidden}
        self.env = kept | {"HOME": str(home), "XDG_DATA_DIRS": str(home)} | variables

    def start(self) -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", "trayapp", "start")
        return self.desktop.launch(
            *command, env=self.env, cwd=REPOSITORY, stdout=subprocess.DEVNULL
        )

    def tray(self) -> str:
        """What `memtray status` says of the tray; empty while none runs."""
        command = (sys.executable, "-m", "trayapp", "status", "--json")
        done = subprocess.run(command, env=self.env, cwd=REPOSITORY, capture_output=True, text=True)
        return done.stdout

    def told(self) -> list[Notification]:
        return self.desktop.notifications()


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    assert process.wait(60) == 0


def test_once_it_says_where_the_icon_is_and_comes_among_the_applications(tmp_path: Path) -> None:
    with VirtualDesktop() as desktop:
        person = Person(desktop, tmp_path)
        process = person.start()
        wait_until(person.told, 60, "greeting")
        assert "tray" in person.told()[0].body
        entry = person.data / "applications" / "memtray.desktop"
        wait_until(entry.exists, 60, "entry")
        keys = RawConfigParser(strict=True)
        keys.optionxform = str  # type: ignore[assignment,method-assign]
        keys.read(entry, encoding="utf-8")
        said = keys["Desktop Entry"]
        assert said["Exec"].endswith("-m trayapp trends")
        assert os.access(said["TryExec"], os.X_OK)
        assert Path(said["Icon"]).is_file()
        assert keys["Desktop Action start"]["Exec"].endswith("-m trayapp start")
        end(process)
        entry.unlink()
        process = person.start()
        desktop.find_tray_icon(20)
        wait_until(lambda: '"visible": true' in person.tray(), 60, "status")
        assert len(person.told()) == 1
        assert not entry.exists()
        end(process)


def test_without_a_tray_it_says_what_to_enable_and_takes_one_that_comes(tmp_path: Path) -> None:
    with VirtualDesktop(tray=None) as desktop:
        person = Person(desktop, tmp_path, XDG_CURRENT_DESKTOP="GNOME")
        process = person.start()
        wait_until(person.told, 30, "hint")
        (told,) = person.told()
        assert "AppIndicator" in told.body
        assert "memtray trends" in told.body
        desktop.tray = "trayer"
        desktop.start_tray()
        wait_until(lambda: '"visible": true' in person.tray(), 30, "icon in the older tray")
        end(process)
