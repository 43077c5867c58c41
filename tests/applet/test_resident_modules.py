"""What the resident process has loaded at rest: every module costs memory as long as it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_main import REPOSITORY, Memtray
from tests.desktop.desktop import VirtualDesktop, wait_until

PROGRAM = """
import signal, sys
from trayapp.cli.main import main
signal.signal(signal.SIGUSR1, lambda *_: print(*sys.modules, flush=True))
sys.exit(main(sys.argv[1:]))
"""
UNNEEDED = {
    "PIL", "_bz2", "_lzma", "argparse", "asyncio", "base64", "dataclasses", "difflib", "email",
    "gettext", "http", "inspect", "locale", "logging", "psutil", "pystray", "shutil", "subprocess",
    "tempfile", "textwrap", "traceback",
}  # fmt: skip
UNNEEDED_HEADLESS = {
    "jeepney", "trayapp.applet.menu", "trayapp.delivery.sinks.freedesktop",
    "trayapp.domain.showing.tray", "trayapp.domain.showing.tray_menu",
    "trayapp.platforms.session_bus",
}  # fmt: skip
DESKTOP = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="psutil is the reader elsewhere")


def modules_at_rest(memtray: Memtray, *arguments: str) -> set[str]:
    """The names of all modules that an applet has once it has taken some samples."""
    (memtray.home / "memtray.toml").write_text('[sampling]\ninterval = "0.2s"\n')
    command = [sys.executable, "-c", PROGRAM, *arguments]
    output = memtray.home / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(command, env=memtray.env, cwd=REPOSITORY, stdout=file)
    try:
        wait_until(lambda: _samples(memtray) >= 5, timeout=60, what="samples")
        os.kill(process.pid, signal.SIGUSR1)
        wait_until(lambda: b"\nsys builtins " in b"\n" + output.read_bytes(), what="the modules")
        wait_until(lambda: output.read_bytes().endswith(b"\n"), what="all of them")
    finally:
        process.terminate()
        process.wait(20)
    text = "\n" + output.read_text()
    return set(text.partition("\nsys builtins ")[2].partition("\n")[0].split())


def _samples(memtray: Memtray) -> int:
    done = memtray.run("status", "--json")
    return int(memtray.json("status")["sample_count"]) if done.returncode == 0 else 0


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize(
    "arguments",
    [("--headless",), ("start", "--interval=0.2s", "--headless", "--config", "other.toml")],
)
def test_the_resident_process_holds_nothing_that_it_does_not_need(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    settled = tmp_path / "other.toml"
    settled.touch()
    given = [str(settled) if each == "other.toml" else each for each in arguments]
    loaded = modules_at_rest(Memtray(tmp_path / "home"), *given)
    assert "trayapp.applet.sampler" in loaded
    # The settings of the other run set something.
    unneeded = UNNEEDED | ({"tomllib"} if "--config" in arguments else set())
    surplus = packages(loaded) & unneeded | loaded & UNNEEDED_HEADLESS
    assert not surplus


@pytest.mark.desktop
def test_nor_does_it_with_an_icon_in_the_tray(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    with VirtualDesktop() as desktop:
        memtray.env |= {name: desktop.env[name] for name in DESKTOP}
        loaded = modules_at_rest(memtray)
    assert "trayapp.tray.hosts.status_notifier_icon" in loaded
    # Pillow draws the icon, by its core alone.
    assert not loaded & {"PIL.Image", "PIL.ImageDraw"}
    surplus = packages(loaded) & (UNNEEDED - {"PIL"}) | loaded & {"jeepney.io"}
    assert not surplus
