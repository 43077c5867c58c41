"""A throw-away Linux desktop for testing tray applications.

``VirtualDesktop`` starts a virtual X screen, a D-Bus session bus, a window
manager, a panel with a notification area, and a notification daemon.  They are
the programs that people really use, so a test sees what a user would see and
clicks what a user would click::

    with VirtualDesktop() as desktop:
        desktop.launch(sys.executable, "-m", "myapp")
        icon = desktop.find_tray_icon()
        menu = desktop.window_after(lambda: desktop.click(*icon.center, button=3))
        desktop.screenshot("menu.png")

Every desktop has its own display, bus and directories, so several can run side
by side.  Only the standard library is needed, and the command line tools that
``setup.sh`` installs.

All coordinates and sizes are physical pixels, counted from the top left corner
of the screen; all times are seconds.  What goes wrong raises ``DesktopError``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar

__all__ = [
    "Box",
    "DesktopError",
    "Notification",
    "Screenshot",
    "Variant",
    "VirtualDesktop",
    "wait_until",
]

T = TypeVar("T")


class DesktopError(RuntimeError):
    """The desktop did not start, or did not show in time what it should show."""


def wait_until(condition: Callable[[], T], timeout: float = 40.0, what: str = "condition") -> T:
    """Call ``condition`` again and again until its result is true; return that result.

    Raises ``DesktopError``, which names ``what`` was awaited, after ``timeout``
    seconds.
    """
    deadline = time.monotonic() + timeout
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise DesktopError(f"{what}: not within {timeout:g} s")
        time.sleep(0.05)
    return result


def _settled(observe: Callable[[], T | None], timeout: float, what: str) -> T:
    """Wait until ``observe`` returns the same true value twice in a row."""
    earlier: T | None = None

    def unchanged() -> T | None:
        nonlocal earlier
        latest = observe()
        same, earlier = latest == earlier, latest
        return latest if same else None

    result = wait_until(unchanged, timeout, what)
    assert result is not None
    return result


# ---------------------------------------------------------------------------
# What is on the screen


class Box(NamedTuple):
    """A rectangle on the screen."""

    x: int
    y: int
    width: int
    height: int

    @property
    def center(self) -> tuple[int, int]:
        """The point in the middle."""
        return self.x + self.width // 2, self.y + self.height // 2

    def row(self, index: int, of: int) -> tuple[int, int]:
        """The middle of row ``index``, from 0, if ``of`` equal rows fill the box.

        This is where to click for an entry of a menu without separators.
        """
        return self.center[0], self.y + self.height * (2 * index + 1) // (2 * of)


@dataclass(frozen=True)
class Screenshot:
    """What was on the screen at one moment; ``rgb`` holds three bytes per pixel."""

    width: int
    height: int
    rgb: bytes = field(repr=False)

    def pixel(self, x: int, y: int) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255 each, of the pixel at ``x``, ``y``."""
        start = 3 * (y * self.width + x)
        red, green, blue = self.rgb[start : start + 3]
        return red, green, blue

    def crop(self, box: Box) -> Screenshot:
        """The part inside ``box``, which must not reach beyond the screen."""
        starts = (3 * (y * self.width + box.x) for y in range(box.y, box.y + box.height))
        rows = (self.rgb[start : start + 3 * box.width] for start in starts)
        return Screenshot(box.width, box.height, b"".join(rows))

    def changed(self, before: Screenshot) -> Box | None:
        """The smallest box around all pixels that differ from those ``before``.

        ``None`` if there is no difference.  Both pictures must have the same size.
        """
        stride = 3 * self.width
        rows, columns = [], 0
        for y in range(self.height):
            row = slice(y * stride, (y + 1) * stride)
            difference = int.from_bytes(self.rgb[row]) ^ int.from_bytes(before.rgb[row])
            if difference:
                rows.append(y)
                columns |= difference
        if not rows:
            return None
        # The leftmost byte of a row is the most significant one of the number.
        left = (8 * stride - columns.bit_length()) // 24
        right = (8 * stride - (columns & -columns).bit_length()) // 24
        return Box(left, rows[0], right - left + 1, rows[-1] - rows[0] + 1)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to ``path`` as PNG."""

        def chunk(kind: bytes, data: bytes) -> bytes:
            check = zlib.crc32(kind + data)
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

        stride = 3 * self.width
        rows = (b"\0" + self.rgb[at : at + stride] for at in range(0, len(self.rgb), stride))
        header = struct.pack(">2I5B", self.width, self.height, 8, 2, 0, 0, 0)
        Path(path).write_bytes(
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(b"".join(rows)))
            + chunk(b"IEND", b"")
        )


def _read_framebuffer(path: Path) -> Screenshot:
    """Read the file, an X window dump, into which Xvfb maps its screen."""
    dump = path.read_bytes()
    header = struct.unpack_from(">25I", dump)
    header_size, width, height, colors = header[0], header[4], header[5], header[19]
    start = header_size + 12 * colors
    pixels = dump[start : start + 4 * width * height]  # blue, green, red, unused
    rgb = bytearray(3 * width * height)
    rgb[0::3], rgb[1::3], rgb[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
    return Screenshot(width, height, bytes(rgb))


# ---------------------------------------------------------------------------
# What goes over the session bus


class Variant(NamedTuple):
    """A value whose type is part of the message; ``type`` is a D-Bus type code."""

    type: str
    value: Any


#: Codes of the ``struct`` module for the D-Bus types of fixed size.
_FIXED = dict(y="B", b="I", n="h", q="H", i="i", u="I", x="q", t="Q", d="d", h="I")


class _Unmarshaller:
    """Reads values out of one D-Bus message."""

    def __init__(self, message: bytes) -> None:
        self.message = message
        self.order = "<" if message[:1] == b"l" else ">"
        self.position = 0

    def read(self, kind: str) -> Any:
        """Read the next value, which has the single complete type ``kind``."""
        if kind in _FIXED:
            self.align(self.alignment(kind))
            code = self.order + _FIXED[kind]
            (value,) = struct.unpack_from(code, self.message, self.position)
            self.position += struct.calcsize(code)
            return value
        if kind in ("s", "o", "g"):
            length = self.read("y" if kind == "g" else "u")
            start, self.position = self.position, self.position + length + 1
            return self.message[start : start + length].decode()
        if kind == "v":
            inner = self.read("g")
            return Variant(inner, self.read(inner))
        if kind[0] == "a":
            items = list(self.array(kind[1:]))
            return dict(items) if kind[1] == "{" else items
        self.align(8)
        return tuple(self.read(part) for part in self.split(kind[1:-1]))

    def array(self, kind: str) -> Iterator[Any]:
        """Read the elements, of type ``kind``, of an array."""
        length = self.read("u")
        self.align(self.alignment(kind))
        end = self.position + length
        while self.position < end:
            yield self.read(kind)

    def align(self, size: int) -> None:
        """Skip the padding before a value that starts at a multiple of ``size`` bytes."""
        self.position += -self.position % size

    def alignment(self, kind: str) -> int:
        """The multiple of bytes at which a value of type ``kind`` starts."""
        if kind in _FIXED:
            return struct.calcsize("=" + _FIXED[kind])
        return {"s": 4, "o": 4, "a": 4, "(": 8, "{": 8}.get(kind[0], 1)

    @staticmethod
    def split(signature: str) -> Iterator[str]:
        """Split a signature into single complete types: "ua{sv}" into "u", "a{sv}"."""
        start = depth = 0
        for end, char in enumerate(signature, 1):
            depth += (char in "({") - (char in ")}")
            if depth == 0 and char != "a":
                yield signature[start:end]
                start = end


class _Message(NamedTuple):
    """What matters here of a D-Bus message."""

    member: str | None
    """Method or signal; ``None`` for a reply."""
    call: tuple[Any, Any]
    """Sender and serial number of the call which this is, or to which this replies."""
    arguments: tuple[Any, ...]


def _messages(stream: IO[bytes]) -> Iterator[_Message]:
    """Decode what ``dbus-monitor --binary`` prints: messages, one after the other."""
    while len(start := stream.read(16)) == 16:
        order = "<" if start[:1] == b"l" else ">"
        body_size, _, fields_size = struct.unpack_from(order + "3I", start, 4)
        message = start + stream.read(fields_size + -fields_size % 8 + body_size)
        reader = _Unmarshaller(message)
        *_, serial, header = reader.read("(yyyyuua(yv))")
        fields = {code: variant.value for code, variant in header}
        reader.align(8)
        arguments = tuple(reader.read(kind) for kind in reader.split(fields.get(8, "")))
        member, reply_to, destination, sender = map(fields.get, (3, 5, 6, 7))
        call = (destination, reply_to) if reply_to else (sender, serial)
        yield _Message(member, call, arguments)


@dataclass(frozen=True)
class Notification:
    """A notification as the notification daemon accepted it."""

    id: int
    """Number given by the daemon; a replacement has the number of what it replaces."""
    app_name: str
    replaces: int
    """Number of the notification that the application asked to replace, or 0."""
    icon: str
    """Icon name, path or URI, or the empty string."""
    title: str
    body: str
    """Text as it was sent, including any markup."""
    actions: dict[str, str]
    """Labels of the buttons by key, in order; key "default" means the pop-up itself."""
    hints: dict[str, Variant]
    timeout_ms: int
    """Milliseconds to show it; -1 leaves that to the daemon, 0 means for ever."""
    closed: str | None = None
    """``None`` while it is shown, then "expired", "dismissed" (by the user),
    "withdrawn" (by the application), "replaced" or "undefined"."""
    invoked: tuple[str, ...] = ()
    """Keys of the actions that the user chose."""

    @property
    def urgency(self) -> str:
        """Either "low", "normal" or "critical".

        An urgency hint that is not a byte counts as none, as it does for daemons.
        """
        hint = self.hints.get("urgency", Variant("y", 1))
        return {("y", 0): "low", ("y", 2): "critical"}.get(hint, "normal")


#: The messages, between applications and the notification daemon, to listen to.
_RULES = (
    "type='method_call',interface='org.freedesktop.Notifications',member='Notify'",
    "type='method_return',sender='org.freedesktop.Notifications'",
    "type='signal',interface='org.freedesktop.Notifications'",
)
_CLOSED = {1: "expired", 2: "dismissed", 3: "withdrawn"}


class _NotificationLog:
    """Collects notifications from what ``dbus-monitor`` prints."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.listens = threading.Event()
        self._lock = threading.Lock()
        self._entries: list[Notification] = []
        threading.Thread(target=self._follow, args=(stream,), daemon=True).start()

    def entries(self) -> list[Notification]:
        with self._lock:
            return list(self._entries)

    def _follow(self, stream: IO[bytes]) -> None:
        pending: dict[tuple[str, int], tuple[Any, ...]] = {}
        with stream:
            for member, call, arguments in _messages(stream):
                with self._lock:
                    if member == "NameLost":  # A listener is nobody on the bus.
                        self.listens.set()
                    elif member == "Notify":
                        pending[call] = arguments
                    elif member is None and call in pending:
                        self._add(arguments[0], *pending.pop(call))
                    elif member == "NotificationClosed":
                        id, reason = arguments
                        self._change(id, closed=_CLOSED.get(reason, "undefined"))
                    elif member == "ActionInvoked":
                        id, key = arguments
                        self._change(id, invoked=(key,))

    def _add(self, id: int, *sent: Any) -> None:
        self._change(id, closed="replaced")
        app_name, replaces, icon, title, body, pairs, hints, timeout_ms = sent
        actions = dict(zip(pairs[0::2], pairs[1::2]))
        self._entries.append(
            Notification(id, app_name, replaces, icon, title, body, actions, hints, timeout_ms)
        )

    def _change(self, id: int, closed: str | None = None, invoked: tuple[str, ...] = ()) -> None:
        for index, entry in enumerate(self._entries):
            if entry.id == id and entry.closed is None:
                invoked = entry.invoked + invoked
                self._entries[index] = replace(entry, closed=closed, invoked=invoked)


# ---------------------------------------------------------------------------
# The desktop

_BUS_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
"""

_GTK_CONFIG = """\
[Settings]
gtk-theme-name = Adwaita
gtk-font-name = DejaVu Sans 10
gtk-enable-animations = false
"""

_PANEL_CONFIG = """\
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="{thickness}"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="icon-size" type="int" value="{icon_size}"/>
    </property>
  </property>
</channel>
"""

_DUNST_CONFIG = """\
[global]
origin = bottom-right
width = 400
font = DejaVu Sans 11
markup = full
sort = false
idle_threshold = 0
mouse_left_click = do_action, close_current
mouse_right_click = close_current
"""

_NOTIFYD_CONFIG = """\
<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-notifyd" version="1.0">
  <property name="notify-location" type="uint" value="3"/>
  <property name="do-fadeout" type="bool" value="false"/>
  <property name="do-slideout" type="bool" value="false"/>
  <property name="initial-opacity" type="double" value="1.0"/>
</channel>
"""

#: What can be chosen as tray.
_TRAYS = ("xfce4-panel", "trayer")

#: What can be chosen as notifier, with the name of its D-Bus service file.
_NOTIFIERS = {
    "dunst": "org.knopwob.dunst",
    "xfce4-notifyd": "org.xfce.xfce4-notifyd.Notifications",
}

#: Variables that tie a program to the desktop, if any, of the person running the tests.
_FOREIGN = re.compile(
    r"DISPLAY|XAUTHORITY|SESSION_MANAGER"
    r"|(WAYLAND|DBUS|DESKTOP|GTK|GDK|QT|GNOME|KDE|PYSTRAY)_.*|XDG_(?!CACHE).*"
)

#: The variable by which any process of a desktop can be recognized.
_MARK = "VIRTUAL_DESKTOP_ID"


class VirtualDesktop:
    """A desktop for tests; use it in a ``with`` statement, or call ``start`` and ``stop``.

    ``size``: width and height of the screen.

    ``tray``: the program that shows tray icons.  "xfce4-panel" understands both
    tray protocols of Linux, StatusNotifierItem and XEmbed; "trayer" only the older
    XEmbed.  With ``None`` nobody shows tray icons, as on plain GNOME.

    ``notifier``: the program that shows notifications.  "dunst" shows plain pop-ups;
    "xfce4-notifyd" shows action buttons, too.  With ``None`` nobody does, and sending
    a notification fails.

    ``icon_size``: edge length of a tray icon before scaling.

    ``scale``: 2 for a HiDPI screen, where everything has twice as many pixels.

    Its programs end, at the latest, with the thread that called ``start``; so a test
    run that is killed leaves none behind.  Mind that when you start it in a thread.
    """

    env: dict[str, str]
    """The environment for programs that shall run in this desktop."""

    def __init__(
        self,
        *,
        size: tuple[int, int] = (1280, 800),
        tray: str | None = "xfce4-panel",
        notifier: str | None = "dunst",
        icon_size: int = 22,
        scale: int = 1,
    ) -> None:
        for choice, known in ((tray, _TRAYS), (notifier, tuple(_NOTIFIERS))):
            if choice not in (*known, None):
                raise ValueError(f"{choice!r} is neither None nor one of {known}")
        self.size = size
        self.tray = tray
        self.notifier = notifier
        self.icon_size = icon_size
        self.scale = scale
        self._cleanup = contextlib.ExitStack()
        self._empty_strip: Screenshot | None = None

    # -- life cycle

    def __enter__(self) -> VirtualDesktop:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all programs and wait until they are ready.

        Raises ``DesktopError`` if a program is not installed or does not come up.
        """
        self._prepare()
        try:
            self._start_screen()
            self._start_bus()
            self._start_part("openbox", "--sm-disable")
            managed = ("xdotool", "get_num_desktops")  # fails without a window manager
            wait_until(lambda: self._run(*managed, check=False), what="window manager")
            if {self.tray, self.notifier} & {"xfce4-panel", "xfce4-notifyd"}:
                self._start_service("org.xfce.Xfconf")
            if self.notifier:
                self._start_service(_NOTIFIERS[self.notifier])
            if self.tray:
                self.start_tray()
            self._cleanup.callback(_kill_all_with, f"{_MARK}={self._id}/application")
        except BaseException as error:
            error.add_note(self.logs())
            self.stop()
            raise

    def stop(self) -> None:
        """End all programs that run in the desktop, and remove its files.

        First to go are programs started by ``launch``, with all that they started
        themselves.  Does nothing if the desktop is not running.
        """
        self._cleanup.close()

    def start_tray(self) -> None:
        """Start the tray again after ``stop_tray``."""
        if self.tray == "trayer":
            self._panel = self._start_part(
                *("trayer", "--edge", "top", "--align", "right", "--expand", "true"),
                *("--widthtype", "percent", "--width", "100"),
                *("--heighttype", "pixel", "--height", str(self._strip.height)),
            )
        else:
            self._panel = self._start_part("xfce4-panel", "--disable-wm-check")
            self._await_service("org.kde.StatusNotifierWatcher")
        strip = _settled(self._painted_strip, 10.0, "tray")
        if self._empty_strip is None:  # After a restart, icons may be back already.
            self._empty_strip = strip

    def stop_tray(self) -> None:
        """End the tray, as if the panel of the user had crashed."""
        _end(self._panel)

    def launch(self, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Start a program in the desktop; ``stop`` will end it.

        ``options`` are those of ``subprocess.Popen``.  Unless they say otherwise, the
        program runs with the environment ``env``, and prints where the test prints.
        """
        guard = ("setpriv", "--pdeathsig", "KILL", "--")
        process = subprocess.Popen([*guard, *command], **{"env": self.env} | options)
        self._cleanup.callback(_end, process)
        return process

    def logs(self) -> str:
        """All that the programs of the desktop itself have printed."""
        return "\n".join(
            f"--- {log.stem}\n{log.read_text(errors='replace')}"
            for log in sorted(self._home.glob("*.log"))
        )

    # -- looking

    def screenshot(self, path: str | os.PathLike[str] | None = None) -> Screenshot:
        """Take a picture of the whole screen; save it as PNG if ``path`` is given.

        There is no mouse pointer in it.
        """
        picture = _read_framebuffer(self._home / "Xvfb_screen0")
        if path is not None:
            picture.save(path)
        return picture

    def tray_box(self) -> Box | None:
        """The box around all that is drawn in the tray now; ``None`` if it is empty."""
        strip = self._painted_strip()
        return strip.changed(self._empty_strip) if strip and self._empty_strip else None

    def find_tray_icon(self, timeout: float = 40.0) -> Box:
        """Wait for a tray icon and return the box around its visible pixels.

        The box encloses all icons if there are several, and the highlight that a
        panel may draw around an icon under the mouse pointer.  Raises
        ``DesktopError`` if the tray is still empty after ``timeout`` seconds.
        """
        return _settled(self.tray_box, timeout, "tray icon")

    def find_window(self, title: str, timeout: float = 40.0) -> Box:
        """Wait for a window whose title matches ``title``, a regular expression.

        Returns the box of its content, without the frame.  Raises ``DesktopError``
        if there is no such window after ``timeout`` seconds.
        """

        def box() -> Box | None:
            return next(iter(self._windows("--name", title).values()), None)

        return _settled(box, timeout, f"window {title!r}")

    def window_after(self, action: Callable[[], object], timeout: float = 40.0) -> Box:
        """Call ``action`` and return the box of the window that opens thereupon.

        That may be any kind of window: a menu, a tooltip, a notification, a dialog.
        The box includes its frame.  Raises ``DesktopError`` if none has opened after
        ``timeout`` seconds.
        """
        criteria = ("--maxdepth", "1", "--name", "")
        before = self._windows(*criteria)
        action()

        def box() -> Box | None:
            new = (box for id, box in self._windows(*criteria).items() if id not in before)
            return max(new, key=lambda box: box.width * box.height, default=None)

        return _settled(box, timeout, "new window")

    def notifications(self) -> list[Notification]:
        """All notifications that the notifier has accepted, oldest first.

        They get here a moment after they were sent; so better wait for them::

            notifications = wait_until(desktop.notifications)
        """
        return self._log.entries()

    # -- acting

    def hover(self, x: int, y: int) -> None:
        """Move the mouse pointer to ``x``, ``y``."""
        # In two steps, so that it moves even if it is there already.
        self._run("xdotool", "mousemove", str(x + 1), str(y), "mousemove", str(x), str(y))

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Click at ``x``, ``y``; ``button`` 1 is left, 2 is middle, 3 is right."""
        self.hover(x, y)
        self._run("xdotool", "click", str(button))

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by X name: "Down", "Return", "ctrl+q"."""
        self._run("xdotool", "key", "--delay", "50", *keys)

    # -- internals

    def _prepare(self) -> None:
        """Write the configuration of all programs into a new directory."""
        directory = tempfile.TemporaryDirectory(
            prefix="virtual-desktop-", ignore_cleanup_errors=True
        )
        self._home = home = Path(self._cleanup.enter_context(directory))
        thickness = self.icon_size + 10
        self._strip = Box(0, 0, self.size[0], thickness * self.scale)
        self._empty_strip = None

        self._id = uuid.uuid4().hex
        self._cleanup.callback(_kill_all_with, f"{_MARK}={self._id}/desktop")
        kept = {name: value for name, value in os.environ.items() if not _FOREIGN.fullmatch(name)}
        self.env = kept | {
            _MARK: f"{self._id}/application",
            "XDG_RUNTIME_DIR": str(home / "runtime"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_SESSION_TYPE": "x11",
            "GDK_SCALE": str(self.scale),
            "QT_SCALE_FACTOR": str(self.scale),
            # Do without services that do not matter here.
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
            "GIO_USE_VFS": "local",
        }

        for name in ("runtime", "data", "state"):
            (home / name).mkdir(mode=0o700)
        xfce = "config/xfce4/xfconf/xfce-perchannel-xml"
        panel = _PANEL_CONFIG.format(thickness=thickness, icon_size=self.icon_size)
        for name, text in {
            "bus.conf": _BUS_CONFIG.format(socket=home / "bus"),
            "config/gtk-3.0/settings.ini": _GTK_CONFIG,
            "config/dunst/dunstrc": _DUNST_CONFIG,
            f"{xfce}/xfce4-notifyd.xml": _NOTIFYD_CONFIG,
            f"{xfce}/xfce4-panel.xml": panel,
        }.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)

    def _start_screen(self) -> None:
        width, height = self.size
        number = self._start_and_read(
            *("Xvfb", "-displayfd", "{}", "-screen", "0", f"{width}x{height}x24"),
            *("-dpi", str(96 * self.scale), "-fbdir", str(self._home)),
            *("-nolisten", "tcp", "-noreset", "-nocursor"),
        )
        self.env["DISPLAY"] = f":{number}"

    def _start_bus(self) -> None:
        configuration = f"--config-file={self._home / 'bus.conf'}"
        address = self._start_and_read(
            *("dbus-daemon", configuration, "--nofork", "--nopidfile", "--print-address={}"),
        )
        self.env["DBUS_SESSION_BUS_ADDRESS"] = address
        command = ("dbus-monitor", "--address", address, "--binary", *_RULES)
        monitor = self._start_part(*command, stdout=subprocess.PIPE)
        assert monitor.stdout is not None
        self._log = _NotificationLog(monitor.stdout)
        wait_until(self._log.listens.is_set, what="listener on the bus")

    def _start_and_read(self, *command: str) -> str:
        """Start a program that tells, on the file descriptor "{}", that it is ready.

        Returns the line it writes there.
        """
        readable, writable = os.pipe()
        with open(readable) as answer:
            with open(writable, "w"):
                numbered = (part.replace("{}", str(writable)) for part in command)
                self._start_part(*numbered, pass_fds=(writable,))
            line = answer.readline().strip()
        if not line:
            raise DesktopError(f"{command[0]} did not start")
        return line

    def _start_service(self, service: str) -> None:
        """Start a D-Bus service now; the bus itself starts none on demand."""
        file = Path(f"/usr/share/dbus-1/services/{service}.service")
        if not file.exists():
            raise DesktopError(f"not installed: {service}")
        entry = dict(re.findall(r"^(\w+)=(.*)$", file.read_text(), re.MULTILINE))
        self._start_part(*shlex.split(entry["Exec"]))
        self._await_service(entry["Name"])

    def _await_service(self, name: str) -> None:
        """Wait until a program offers the service ``name`` on the bus."""
        command = (
            *("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"),
            *("org.freedesktop.DBus.NameHasOwner", f"string:{name}"),
        )
        wait_until(lambda: "boolean true" in self._run(*command), what=f"service {name}")

    def _start_part(self, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Start a program of the desktop itself; its output goes to a log file."""
        if not shutil.which(command[0]):
            raise DesktopError(f"not installed: {command[0]}")
        with (self._home / f"{Path(command[0]).name}.log").open("ab") as log:
            defaults = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            environment = self.env | {_MARK: f"{self._id}/desktop"}
            return self.launch(
                *command, env=environment, start_new_session=True, **defaults | options
            )

    def _run(self, *command: str, check: bool = True) -> str:
        """Run a command line tool to its end and return what it printed.

        If it fails, raise ``DesktopError``, or return an empty string without ``check``.
        """
        try:
            done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=10)
        except subprocess.TimeoutExpired as error:
            # Most likely, some program has grabbed the whole screen, and hangs.
            raise DesktopError(f"the desktop is frozen: {shlex.join(command)}") from error
        if done.returncode and check:
            raise DesktopError(f"{shlex.join(command)}: {done.stderr.strip()}")
        return "" if done.returncode else done.stdout

    def _windows(self, *criteria: str) -> dict[int, Box]:
        """The visible windows, by X id, that a search by xdotool finds."""
        windows = {}
        search = ("xdotool", "search", "--onlyvisible", *criteria)
        for id in self._run(*search, check=False).split():
            # xdotool itself would misplace a window that has a frame.
            report = self._run("xwininfo", "-id", id, check=False)
            numbers = re.findall(r"(?:Absolute.* [XY]|Width|Height): +(-?\d+)", report)
            if numbers:  # otherwise it has closed meanwhile
                windows[int(id)] = Box(*map(int, numbers))
        return windows

    def _painted_strip(self) -> Screenshot | None:
        """A picture of the tray; ``None`` while only the black background is there."""
        strip = self.screenshot().crop(self._strip)
        return strip if any(strip.rgb) else None


def _end(process: subprocess.Popen[Any]) -> None:
    """Ask a process to end; kill it if that takes more than two seconds."""
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kill_all_with(variable: str) -> None:
    """Kill all processes that have this "NAME=value" in their environment."""
    for _ in range(100):
        found = False
        for file in Path("/proc").glob("[0-9]*/environ"):
            # A process may end meanwhile, or belong to somebody else.
            with contextlib.suppress(OSError):
                if variable.encode() in file.read_bytes():
                    os.kill(int(file.parent.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(0.02)
