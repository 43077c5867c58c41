"""A backend to pystray's `Icon` for trays that know only X11's older protocol (XEmbed).

The icon is a small window of ours inside the tray's. X11 offers nothing for menus and tooltips:
a short-lived child process shows each, so that no toolkit stays in memory here. The loop runs in
the thread that calls `run`, the only one to talk to the X server, and never grabs the server: a
tray that ends at the wrong moment is an error to ignore, a desktop that freezes is not.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

from PIL import Image
from Xlib import X, Xatom, Xutil, ext
from Xlib.display import Display
from Xlib.error import XError
from Xlib.protocol import event as xevent

from trayapp.domain.showing.menu import IconPicture
from trayapp.log import Log
from trayapp.tray.drawing import draw_icon
from trayapp.tray.hosts.looping_icon import LoopingIcon, milliseconds_until
from trayapp.tray.menus import Menu, MenuItem

_REQUEST_DOCK = 0
_XEMBED_MAPPED = 1
_FIRST_SIZE_PX = 22
# Some trays begin with a single pixel; ten bars need as many.
_SMALLEST_PX = 10
_LARGEST_PX = 128
_TOOLTIP_SECONDS = 0.6
_MOST_UNREAD = 3
_LEFT, _MIDDLE, _RIGHT, _WHEEL_UP, _WHEEL_DOWN = 1, 2, 3, 4, 5
_SOLID = 128
_EVENTS = (
    X.ExposureMask
    | X.StructureNotifyMask
    | X.ButtonPressMask
    | X.ButtonReleaseMask
    | X.EnterWindowMask
    | X.LeaveWindowMask
)
_log = Log(__name__)
# None of them is needed here; together they are a mebibyte.
ext.__extensions__ = []

Rectangles = dict[tuple[int, int, int, int], list[tuple[int, int, int, int]]]
"""By colour (red, green, blue, alpha): left, top, width and height of each."""


class XembedIcon(LoopingIcon):
    """An icon in a tray of X11.

    `open_popup` starts a process that shows what it reads from standard input (see
    `trayapp.windows.popup`), and must be set before `run`.
    """

    open_popup: Callable[[], Any]
    # Xlib's errors have no common ancestor: it keeps `Exception` for those of connections.
    _connects_to = "X server"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._display: Any = None
        self._window: Any = None
        self._tray: Any = None
        self._gc: Any = None
        self._depth = 0
        self._size_px = _FIRST_SIZE_PX
        self._drawn: Any = None
        self._popup: Any = None
        self._popup_answer = b""
        self._popup_unread = 0
        self._entries: dict[str, Any] = {}
        self._tooltip: Any = None
        self._tooltip_place = (0, 0)
        self._tooltip_due_seconds: float | None = None

    def _connect(self) -> Any:
        return Display()

    def _on_disconnected(self) -> None:
        self._close_popup()
        self._close_tooltip()
        self._window = self._tray = None
        if not self._stopping:
            self._set_seen(False)

    def _serve(self, display: Any) -> None:
        self._display = display
        # What fails is about windows that have gone meanwhile.
        display.set_error_handler(lambda error, _request: _log.debug("X11: %s", error))
        display.screen().root.change_attributes(event_mask=X.StructureNotifyMask)
        self._find_tray()
        poll = select.poll()
        poll.register(display.fileno(), select.POLLIN)
        poll.register(self._loop_end, select.POLLIN)
        while not self._stopping:
            while display.pending_events():
                self._handle(display.next_event())
            self._show_newest()
            display.flush()
            answers = self._popup.stdout.fileno() if self._popup else None
            if answers is not None:
                poll.register(answers, select.POLLIN)
            # What came in answer to a request is no longer there to be polled.
            if not display.pending_events():
                due_seconds = self._tooltip_due_seconds
                ready = {each for each, _ in poll.poll(milliseconds_until(due_seconds))}
                if self._loop_end.fileno() in ready:
                    self._drain_wakes()
                if answers in ready:
                    self._read_popup()
            if answers is not None:
                poll.unregister(answers)

    # The tray and our window in it.

    def _atom(self, name: str) -> int:
        return int(self._display.get_atom(name))

    def _find_tray(self) -> None:
        """Dock with the present tray, or wait for one."""
        selection = self._atom(f"_NET_SYSTEM_TRAY_S{self._display.get_default_screen()}")
        while (tray := self._display.get_selection_owner(selection) or None) != self._tray:
            # Listen before believing: it may have ended before that.
            self._tray = tray
            if tray:
                tray.change_attributes(event_mask=X.StructureNotifyMask)
        if self._tray is None:
            self._set_seen(False)
        elif self._wanted:
            self._dock()

    def _dock(self) -> None:
        self._make_window()
        request = (X.CurrentTime, _REQUEST_DOCK, self._window.id, 0, 0)
        self._tray.send_event(
            xevent.ClientMessage(
                window=self._tray,
                client_type=self._atom("_NET_SYSTEM_TRAY_OPCODE"),
                data=(32, request),
            )
        )

    def _make_window(self) -> None:
        screen = self._display.screen()
        visual = self._tray.get_full_property(self._atom("_NET_SYSTEM_TRAY_VISUAL"), Xatom.VISUALID)
        visual_id = visual.value[0] if visual else screen.root_visual
        self._depth = _depth_of(screen, visual_id)
        look: dict[str, Any] = {"background_pixmap": X.ParentRelative}
        if self._depth == 32:
            colormap = screen.root.create_colormap(visual_id, X.AllocNone)
            look = {"background_pixel": 0, "border_pixel": 0, "colormap": colormap}
        elif self._depth != screen.root_depth:
            look = {"background_pixel": screen.black_pixel}
        self._window = window = screen.root.create_window(
            *(0, 0, _FIRST_SIZE_PX, _FIRST_SIZE_PX, 0, self._depth),
            window_class=X.InputOutput,
            visual=visual_id,
            event_mask=_EVENTS,
            **look,
        )
        self._gc = window.create_gc()
        self._drawn = None
        window.set_wm_name(self.name.capitalize())
        window.set_wm_class(self.name, self.name.capitalize())
        self._ask_for_size(_FIRST_SIZE_PX)
        info = self._atom("_XEMBED_INFO")
        window.change_property(info, info, 32, [0, _XEMBED_MAPPED])

    def _ask_for_size(self, size_px: int) -> None:
        """Ask for a square: some trays give as much height as they have, and as little width."""
        self._window.set_wm_normal_hints(
            flags=Xutil.PMinSize, min_width=size_px, min_height=size_px
        )

    def _remove_window(self) -> None:
        if self._window:
            self._window.destroy()
        self._window = None

    def _handle(self, event: Any) -> None:
        window = getattr(event, "window", None)  # that of a keyboard's events is missing
        if event.type == X.ClientMessage:
            if event.client_type == self._atom("MANAGER"):
                self._find_tray()
        elif event.type == X.DestroyNotify and self._tray and window == self._tray:
            # Unless the tray has taken it along: it must not lie about on the desktop.
            self._remove_window()
            self._tray = None
            self._find_tray()
        elif not self._window or window != self._window:
            return
        elif event.type == X.DestroyNotify:
            self._window = None
            self._set_seen(False)
        elif event.type == X.ReparentNotify:
            is_docked = event.parent != self._display.screen().root
            self._set_seen(is_docked)
            if not is_docked:
                # Thrown out, most likely since the tray ends: the next one announces itself.
                self._remove_window()
                self._tray = None
        elif event.type == X.ConfigureNotify:
            self._size_px = min(event.width, event.height)
            self._drawn = None
            if event.width < event.height <= _LARGEST_PX:
                self._ask_for_size(event.height)
        elif event.type == X.Expose:
            self._drawn = None
        elif event.type in _POINTER_EVENTS:
            self._follow_pointer(event)

    def _show_newest(self) -> None:
        """Update the screen to what was set."""
        if self._tray and self._wanted and not self._window:
            self._dock()
        elif self._window and not self._wanted:
            self._remove_window()
            self._set_seen(False)
        can_draw = self._window and self._size_px >= _SMALLEST_PX and self.icon is not None
        if can_draw and self.icon != self._drawn:
            self._drawn = self.icon
            self._draw(_as_image(self.icon, self._size_px))
        if self._menu_stale:
            self._menu_stale = False
            # One that hangs must not fill its pipe, at which this loop would wait.
            if self._popup and self._popup_unread < _MOST_UNREAD:
                self._popup_unread += 1
                self._send_line(self._popup, {"menu": self._listed(self.menu or ())})
        if self._tooltip_due_seconds and time.monotonic() >= self._tooltip_due_seconds:
            self._tooltip_due_seconds = None
            self._tooltip = self.open_popup()
            x, y = self._tooltip_place
            self._send_line(self._tooltip, {"tooltip": self.title, "x": x, "y": y})

    def _draw(self, image: Image.Image) -> None:
        self._window.clear_area()
        place = self._window.get_geometry()
        left = max(0, (place.width - image.width) // 2)
        top = max(0, (place.height - image.height) // 2)
        can_mix = self._depth == 32
        if not can_mix and (behind := self._color_behind()):
            image = _on_panel(image, behind)
        for color, rectangles in _rectangles(image, left, top, can_mix=can_mix).items():
            self._gc.change(foreground=_pixel(color, self._depth))
            self._window.poly_fill_rectangle(self._gc, rectangles)

    def _color_behind(self) -> tuple[int, int, int] | None:
        """Return the panel's colour, as it shines through; None: it cannot be read."""
        try:
            blue, green, red = self._window.get_image(0, 0, 1, 1, X.ZPixmap, 0xFFFFFFFF).data[:3]
        except (XError, ValueError):  # hidden, or not docked yet
            return None
        return red, green, blue

    # The pointer: clicks and the wheel, tooltip and menu.

    def _follow_pointer(self, event: Any) -> None:
        self._tooltip_due_seconds = None
        if event.type == X.EnterNotify and not self._popup:
            self._tooltip_place = event.root_x, event.root_y
            self._tooltip_due_seconds = time.monotonic() + _TOOLTIP_SECONDS
            return
        self._close_tooltip()
        if event.type == X.ButtonPress and event.detail in (_WHEEL_UP, _WHEEL_DOWN):
            step = 1 if event.detail == _WHEEL_UP else -1
            self._run_action(lambda _: self.on_scroll(step))
        # Not when it is pressed: until it is let go, the pointer is ours, and no menu can have it.
        elif event.type == X.ButtonRelease and event.detail == _LEFT:
            self._run_action(lambda icon: icon())
        elif event.type == X.ButtonRelease and event.detail == _MIDDLE:
            self._run_action(lambda _: self.on_middle_click())
        elif event.type == X.ButtonRelease and event.detail == _RIGHT:
            self._open_menu(event.root_x, event.root_y)

    def _open_menu(self, x: int, y: int) -> None:
        self._close_popup()
        self._run_action(lambda _: self.on_menu_opening())
        self._popup_answer, self._popup_unread = b"", 1
        self._popup = self.open_popup()
        self._send_line(self._popup, {"menu": self._listed(self.menu or ()), "x": x, "y": y})

    def _listed(self, menu: Iterable[MenuItem]) -> list[dict[str, object]]:
        """Return the menu as the popup reads it, remembering entries by key."""
        return [self._as_entry(item) for item in menu]

    def _as_entry(self, item: MenuItem) -> dict[str, object]:
        if item is Menu.SEPARATOR:
            return {"kind": "separator"}
        key = item.text if item.key is None else item.key
        self._entries[key] = item
        entry: dict[str, object] = {"key": key, "label": item.text, "enabled": item.enabled}
        if item.submenu:
            return entry | {"kind": "submenu", "children": self._listed(item.submenu)}
        if item.checked is not None:
            kind = "radio" if item.radio else "check"
            return entry | {"kind": kind, "checked": bool(item.checked)}
        return entry | {"kind": "action"}

    def _read_popup(self) -> None:
        """Read from the popup the key that was chosen, once it has closed."""
        data = os.read(self._popup.stdout.fileno(), 4096)
        self._popup_answer += data
        self._popup_unread -= data.count(b"\n")
        if data:
            return
        key = self._popup_answer.decode("utf-8", "replace").strip()
        chosen = self._entries.get(key)
        self._close_popup()
        if chosen is not None and chosen.enabled:
            self._run_action(chosen)

    def _send_line(self, child: Any, line: dict[str, object]) -> None:
        # A child that has ended has nothing to show any more.
        with contextlib.suppress(OSError):
            child.stdin.write(json.dumps(line).encode() + b"\n")
            child.stdin.flush()

    def _close_popup(self) -> None:
        _end(self._popup)
        self._popup = None
        self._entries.clear()

    def _close_tooltip(self) -> None:
        _end(self._tooltip)
        self._tooltip = None


_POINTER_EVENTS = (X.EnterNotify, X.LeaveNotify, X.ButtonPress, X.ButtonRelease)


def _end(child: Any) -> None:
    """Kill a process that shows something, and release it."""
    if child is None:
        return
    child.kill()  # It holds nothing that could be lost.
    child.wait()
    for stream in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):
            stream.close()


def _depth_of(screen: Any, visual_id: int) -> int:
    for depth in screen.allowed_depths:
        if any(visual["visual_id"] == visual_id for visual in depth["visuals"]):
            return int(depth["depth"])
    return int(screen.root_depth)


def _as_image(icon: Any, size_px: int) -> Image.Image:
    if isinstance(icon, IconPicture):
        return draw_icon(icon, size_px)
    image: Image.Image = icon.convert("RGBA")
    return image.resize((size_px, size_px)) if max(image.size) > size_px else image


def _on_panel(image: Image.Image, behind: tuple[int, int, int]) -> Image.Image:
    """Return the image with what is half transparent mixed into a colour; nothing is drawn else."""
    mixed = Image.alpha_composite(Image.new("RGBA", image.size, (*behind, 255)), image)
    mixed.putalpha(image.getchannel("A").point(lambda alpha: 255 if alpha else 0))
    return mixed


def _rectangles(image: Image.Image, left: int, top: int, *, can_mix: bool) -> Rectangles:
    """Return all there is to see as rows of one colour: icons of bars have few.

    What is half transparent has every second row where the screen cannot mix it into the panel.
    """
    found: Rectangles = {}
    pixels = struct.iter_unpack("4B", image.tobytes())
    for y in range(image.height):
        row = zip(range(image.width), pixels, strict=False)
        for color, run in itertools.groupby(row, key=lambda pixel: pixel[1]):
            places = [x for x, _ in run]
            if color[3] and (can_mix or color[3] >= _SOLID or y % 2):
                found.setdefault(color, []).append((left + places[0], top + y, len(places), 1))
    return found


def _pixel(color: tuple[int, int, int, int], depth: int) -> int:
    """Return a colour as the number that true-colour screens take, which mix it if they can."""
    red, green, blue, alpha = color
    if depth != 32:
        return red << 16 | green << 8 | blue
    red, green, blue = (part * alpha // 255 for part in (red, green, blue))
    return alpha << 24 | red << 16 | green << 8 | blue
