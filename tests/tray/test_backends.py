"""Which tray icon is chosen, and what is said where there is none."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jeepney import DBusAddress
from jeepney.io.blocking import open_dbus_connection
from jeepney.wrappers import new_method_call

from trayapp.errors import TrayError
from trayapp.tray.backends import choose_backend
from trayapp.tray.hosts.status_notifier import WATCHER, SniIcon

BUS = DBusAddress("/", "org.freedesktop.DBus", "org.freedesktop.DBus")


def test_with_a_watcher_it_is_ours_and_can_be_seen(bus_address: str) -> None:
    with contextlib.closing(open_dbus_connection(bus_address)) as panel:
        panel.send_and_get_reply(new_method_call(BUS, "RequestName", "su", (WATCHER, 0)))
        backend = choose_backend({"DBUS_SESSION_BUS_ADDRESS": bus_address}, "linux")
    assert (backend.name, backend.icon_class, backend.visible) == ("sni", SniIcon, True)


# python-xlib does not close its sockets when it cannot connect.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("env", [{}, {"DISPLAY": ":99999"}, {"MEMTRAY_TRAY": "sni"}])
def test_without_any_tray_it_is_ours_and_waits(bus_address: str, env: dict[str, str]) -> None:
    backend = choose_backend({"DBUS_SESSION_BUS_ADDRESS": bus_address} | env, "linux")
    assert (backend.name, backend.visible) == ("sni", False)
    assert "\n" not in backend.reason


@pytest.mark.parametrize("wanted", [None, "sni", "appindicator", "gtk"])
def test_without_a_bus_there_is_one_line(tmp_path: Path, wanted: str | None) -> None:
    with pytest.raises(TrayError, match="session bus") as caught:
        choose_backend({"XDG_RUNTIME_DIR": str(tmp_path)}, "linux", wanted)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(TrayError, match=r"'kde'.*sni, xembed, appindicator, gtk, xorg"):
        choose_backend({"MEMTRAY_TRAY": "kde"}, "linux")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_a_backend_that_cannot_be_loaded_is_one_line(platform: str) -> None:
    if sys.platform == platform:
        pytest.skip("here it can be loaded")
    with pytest.raises(TrayError, match=f"pystray's {platform} backend"):
        choose_backend({}, platform)


def test_importing_the_tray_loads_no_toolkit_and_leaves_the_environment_alone() -> None:
    code = (
        "import os, sys; before = dict(os.environ)\n"
        "import trayapp.tray.host, trayapp.tray.backends, trayapp.tray.hosts.status_notifier\n"
        "unwanted = {'gi', 'Xlib', 'asyncio', 'psutil', 'PIL.ImageDraw', 'PIL.ImageFont', 'numpy',"
        " 'subprocess', 'argparse', 'urllib.request', 'http', 'multiprocessing', 'concurrent'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)\n"
        "assert dict(os.environ) == before"
    )
    for extra in ({}, {"PYSTRAY_BACKEND": "xorg"}):
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "PYSTRAY_BACKEND")}
        subprocess.run([sys.executable, "-c", code], env=env | extra, check=True)
