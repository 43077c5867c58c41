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
from trayapp.tray.hosts import HOSTS, HostKind, choose_backend, choose_best
from trayapp.tray.hosts.session import WATCHER, Session
from trayapp.tray.hosts.status_notifier_icon import SniIcon
from trayapp.tray.hosts.toolkit import BasicToolkit

LINUX_HOSTS = [kind for kind in HOSTS if kind.platform == "linux"]
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


@pytest.mark.parametrize("kind", HOSTS, ids=lambda kind: kind.name)
def test_each_host_has_an_offer_and_a_toolkit(kind: HostKind) -> None:
    host = kind.load()
    assert callable(host.offer)
    assert issubclass(host.Toolkit, BasicToolkit)


class Told(Session):
    """A session with what the test says."""

    def __init__(self, watcher: bool | None, x_tray: bool | None, popups: bool) -> None:
        super().__init__({})
        no_bus = TrayError("no tray icon: no bus")
        # In place of what is asked once and kept.
        told = {"_watcher": no_bus if watcher is None else watcher}
        self.__dict__ |= told | {"has_x_tray": x_tray, "has_popups": popups}


WAITS = "this session has no tray; the icon appears when there is one"
OLD = "this session's tray supports only the older X11 protocol"


@pytest.mark.parametrize(
    ("watcher", "x_tray", "popups", "chosen"),
    [
        (True, True, True, ("sni", True, "this session has a StatusNotifierItem tray")),
        (False, None, True, ("sni", False, WAITS)),
        (False, False, True, ("sni", False, WAITS)),
        (False, False, False, ("sni", False, WAITS)),
        (False, True, True, ("xembed", True, OLD)),
        (False, True, False, ("sni", False, f"{OLD}; install python3-tk to use it")),
        (None, True, True, ("xembed", True, OLD)),
        (None, False, True, ("xembed", False, WAITS)),
        (None, False, False, None),
        (None, True, False, None),
        (None, None, True, None),
    ],
)
def test_the_best_that_can_be_seen_comes_first(
    watcher: bool | None,
    x_tray: bool | None,
    popups: bool,
    chosen: tuple[str, bool, str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As where GTK is missing.
    monkeypatch.setitem(sys.modules, "gi", None)
    session = Told(watcher, x_tray, popups)
    if chosen is None:
        with pytest.raises(TrayError, match="no bus"):
            choose_best(LINUX_HOSTS, session)
        return
    backend = choose_best(LINUX_HOSTS, session)
    assert (backend.name, backend.visible, backend.reason) == chosen


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_a_backend_that_cannot_be_loaded_is_one_line(platform: str) -> None:
    if sys.platform == platform:
        pytest.skip("here it can be loaded")
    with pytest.raises(TrayError, match=f"pystray's {platform} backend"):
        choose_backend({}, platform)


def test_importing_the_tray_loads_no_toolkit_and_leaves_the_environment_alone() -> None:
    code = (
        "import os, sys; before = dict(os.environ)\n"
        "import trayapp.tray.icon, trayapp.tray.hosts, trayapp.tray.hosts.status_notifier_icon\n"
        "unwanted = {'gi', 'Xlib', 'asyncio', 'psutil', 'PIL.ImageDraw', 'PIL.ImageFont', 'numpy',"
        " 'subprocess', 'argparse', 'urllib.request', 'http', 'multiprocessing', 'concurrent'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)\n"
        "assert dict(os.environ) == before"
    )
    for extra in ({}, {"PYSTRAY_BACKEND": "xorg"}):
        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "PYSTRAY_BACKEND")}
        subprocess.run([sys.executable, "-c", code], env=env | extra, check=True)
