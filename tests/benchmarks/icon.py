"""What an icon update costs: `python -m tests.benchmarks.icon [--updates 20000]`.

The real backend on a session bus of its own, and a host in another process that asks for the
pictures after each change, as panels do: nine sizes, 48 pixels among them. CPU is the process's
own, so other work on the machine matters little. Prints figures; asserts nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks.costs import read_uss_bytes
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import IconPicture
from trayapp.language.units import format_size

SIZE_PX = 48
DRAWN_COUNT = 2000
SENT_COUNT = 1000
WARM_UP_COUNT = 1000
"""Until caches have taken their room."""


def pictures() -> Iterator[IconPicture]:
    """Pictures without end, each unlike the one before, in every level."""
    for number in count():
        heights = tuple((number * step + 7 * step) % 101 for step in range(1, 11))
        yield IconPicture(heights, Level(number // 50 % 4), percent=number % 100)


def cpu_ms(times: int, action: Callable[[], object]) -> float:
    """CPU time of this process for each of so many calls."""
    started = time.process_time()
    for _ in range(times):
        action()
    return 1000 * (time.process_time() - started) / times


def measure_drawing() -> None:
    """Print what drawing alone costs."""
    from trayapp.tray.drawing import draw_argb
    from trayapp.tray.hosts.pixmaps import ICON_SIZES_PX

    source = pictures()

    def draw_next(sizes_px: Sequence[int]) -> None:
        draw_argb(next(source), sizes_px)

    for label, sizes in ((f"{SIZE_PX} px", (SIZE_PX,)), ("all sizes", ICON_SIZES_PX)):
        took = cpu_ms(DRAWN_COUNT, partial(draw_next, sizes))
        print(f"  drawing, {label:<10} {took:.3f} ms CPU")


class Shown:
    """An icon that a host in another process shows."""

    def __init__(self, host: subprocess.Popen[bytes]) -> None:
        from trayapp.tray.hosts.status_notifier_icon import SniIcon

        assert host.stdout
        self._host = host.stdout
        self._source = pictures()
        self.icon = SniIcon("memtray", icon=next(self._source), title="Memtray")
        self._thread = threading.Thread(target=self.icon.run, daemon=True)
        self._thread.start()
        self._host.read(1)

    def update(self) -> None:
        """Change the picture and wait until the host has got it."""
        self.icon.icon = next(self._source)
        self._host.read(1)

    def repeat(self) -> None:
        """Set a picture that is equal to the one that is shown."""
        same = self.icon.icon
        self.icon.icon = IconPicture(same.heights, same.level, percent=same.percent)

    def end(self) -> None:
        """Take it away."""
        self.icon.stop()
        self._thread.join(5)
        self.icon.visible = False


@contextmanager
def session_bus() -> Iterator[None]:
    """A session bus of our own."""
    with tempfile.TemporaryDirectory() as folder:
        command = ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
        place = f"--address=unix:path={folder}/bus"
        with subprocess.Popen((*command, place), stdout=subprocess.PIPE, text=True) as daemon:
            assert daemon.stdout
            os.environ["DBUS_SESSION_BUS_ADDRESS"] = daemon.stdout.readline().strip()
            try:
                yield
            finally:
                daemon.terminate()


@contextmanager
def shown() -> Iterator[Shown]:
    """An icon, and its host."""
    command = (sys.executable, "-m", "tests.benchmarks.icon", "--host")
    with session_bus(), subprocess.Popen(command, stdout=subprocess.PIPE) as host:
        assert host.stdout
        host.stdout.read(1)
        made = Shown(host)
        try:
            yield made
        finally:
            made.end()
            host.terminate()


def measure_updates(icon: Shown, updates: int) -> None:
    """Print what updates cost, what equal pictures cost, and what is left of many of them."""
    for _ in range(WARM_UP_COUNT):
        icon.update()
    print(f"  drawing all sizes and sending them  {cpu_ms(SENT_COUNT, icon.update):.3f} ms CPU")
    print(f"  setting an equal picture            {cpu_ms(SENT_COUNT, icon.repeat):.3f} ms CPU")
    descriptors, files = open_descriptors(), files_in_temp()
    sizes = [read_uss_bytes(os.getpid())]
    for number in range(1, updates + 1):
        icon.update()
        if number % 200 == 0:
            sizes.append(read_uss_bytes(os.getpid()))
    quarter = max(1, len(sizes) // 4)
    growth = min(sizes[-quarter:]) - min(sizes[:quarter])
    print(f"{updates} updates:")
    print(f"  private memory            {format_size(min(sizes))} to {format_size(max(sizes))}")
    print(f"  growth of its floor       {growth / 1024:+.0f} KiB")
    print(f"  more open descriptors     {open_descriptors() - descriptors}")
    print(f"  files left behind         {len(files_in_temp() - files)}")


def open_descriptors() -> int:
    """How many this process has."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def files_in_temp() -> set[str]:
    """What is in the folder for temporary files that has to do with us."""
    return {file.name for file in Path(tempfile.gettempdir()).iterdir() if "memtray" in file.name}


def run_host() -> None:
    """Show icons as a panel does; writes a byte when ready, and for each picture it has got."""
    from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call, new_method_return
    from jeepney.io.blocking import open_dbus_connection

    from trayapp.tray.hosts.session import WATCHER

    def tell() -> None:
        sys.stdout.buffer.write(b".")
        sys.stdout.buffer.flush()

    bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
    item, interface = "", "org.kde.StatusNotifierItem"
    with contextlib.closing(open_dbus_connection()) as connection:
        for method, kind, body in (
            ("AddMatch", "s", (f"type='signal',interface='{interface}',member='NewIcon'",)),
            ("RequestName", "su", (WATCHER, 0)),
        ):
            connection.send_and_get_reply(new_method_call(bus, method, kind, body))
        tell()
        while True:
            message = connection.receive()
            member = message.header.fields.get(HeaderFields.member)
            if member == "RegisterStatusNotifierItem":
                (item,) = message.body
                connection.send(new_method_return(message))
            elif member == "Get":
                connection.send(new_method_return(message, "v", (("b", True),)))
            if member in ("RegisterStatusNotifierItem", "NewIcon"):
                properties = "org.freedesktop.DBus.Properties"
                at = DBusAddress("/StatusNotifierItem", item, properties)
                call = new_method_call(at, "Get", "ss", (interface, "IconPixmap"))
                connection.send(call)
            elif message.header.message_type is MessageType.method_return and message.body:
                tell()


def main() -> None:
    """Measure, or be the host."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--host", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.host:
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            run_host()
        return
    print("one update:")
    measure_drawing()
    with shown() as icon:
        measure_updates(icon, options.updates)


if __name__ == "__main__":
    main()
