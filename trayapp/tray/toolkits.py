"""What differs between the kinds of tray icon once one is chosen: sizes, limits, threads."""

from __future__ import annotations

import collections
import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PIL import Image

from trayapp.domain.showing.menu import IconPicture
from trayapp.platforms.panel_background import macos_menu_bar, windows_taskbar
from trayapp.tray.drawing import draw_icon, draw_template
from trayapp.tray.text import cut_utf16, plain_line, plain_lines

_LABEL_LIMIT = 200
_TOOLTIP_LIMIT = 2000
_LABEL_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Toolkit:
    """How to treat an icon of one of pystray's backends; this one fits X11's."""

    label_seconds: float | None = None
    """At least so long between menu updates that only change texts; None: never for texts alone."""

    shows_pictures = False
    """Whether entries of its menu can have one."""

    icon: Any = None

    def prepare(self, icon: Any) -> None:
        """Take the icon, before it runs. The thread that will run it."""
        self.icon = icon

    def fit(self, picture: IconPicture) -> IconPicture:
        """The picture for what is behind it now, where that is to be found out. UI thread."""
        return picture

    def image(self, picture: IconPicture) -> Any:
        """What to set as the icon. UI thread."""
        return draw_icon(picture, 22)

    def tint(self, picture: IconPicture) -> None:
        """Let the system colour the icon that it shows now, or not. UI thread."""

    def tooltip(self, text: str) -> str:
        """The tooltip as this kind can show it."""
        return plain_lines(text, _TOOLTIP_LIMIT)

    def label(self, text: str) -> str:
        """A menu entry's text as this kind can show it."""
        return plain_line(text, _LABEL_LIMIT)

    def started(self) -> None:
        """The icon's loop runs now. Any thread."""

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        """Run `action` where this kind wants its updates; returns before or after. Any thread."""
        action()

    def attend(self, attention: bool) -> None:
        """Pass on whether the icon must not be hidden. UI thread."""

    def write(self, text: str) -> None:
        """Have `text` stand beside the icon, where this kind has a place for it. UI thread."""

    def resize_menu(self) -> None:
        """Entries of the menu have come or gone. UI thread."""

    def is_menu_open(self) -> bool:
        """Whether a menu is open that an update would spoil. UI thread."""
        return False

    def notify(self, title: str, text: str) -> bool:  # noqa: ARG002 - most kinds are not asked
        """Show a notification through the icon; False: this kind is not the way. Any thread."""
        return False


class SniToolkit(Toolkit):
    """Our own backend: takes everything from any thread, and sends a menu that is looked at."""

    label_seconds = 0.0
    shows_pictures = True

    def image(self, picture: IconPicture) -> Any:
        """The picture itself: it is drawn at several sizes, when a host asks."""
        return picture

    def tooltip(self, text: str) -> str:
        """The text itself: the backend makes it plain, for whoever uses it."""
        return text

    def label(self, text: str) -> str:
        """The text itself: the backend makes it plain, for whoever uses it."""
        return text

    def attend(self, attention: bool) -> None:
        """Pass on whether the icon must not be hidden."""
        self.icon.attention = attention

    def write(self, text: str) -> None:
        """Pass it on: some hosts have a place for it."""
        self.icon.label = text

    def resize_menu(self) -> None:
        """Let hosts know before the menu is opened, in which size they will show it."""
        self.icon.resize_menu()


class XembedToolkit(Toolkit):
    """Our own backend for X11's older trays."""

    label_seconds = 0.0

    def image(self, picture: IconPicture) -> Any:
        """The picture itself: it is drawn in the size that the tray gives it."""
        return picture


class AppIndicatorToolkit(Toolkit):
    """GTK by AppIndicator: each menu update closes the menu the person has open."""

    def image(self, picture: IconPicture) -> Any:
        """Draw for a slot of 22: trays leave a small image as it is, and shrinking blurs bars."""
        scale = os.environ.get("GDK_SCALE")
        return draw_icon(picture, 22 * (int(scale) if scale in ("2", "3", "4") else 1))

    def prepare(self, icon: Any) -> None:
        """Remember the handler of SIGINT, which pystray resets when the loop starts."""
        super().prepare(icon)
        self._interrupt = signal.getsignal(signal.SIGINT)

    def started(self) -> None:
        """Put back the handler of SIGINT; the loop's thread, the main one, may do that."""
        from gi.repository import GLib

        def restore() -> bool:
            signal.signal(signal.SIGINT, self._interrupt)
            return False

        GLib.idle_add(restore)


class GtkToolkit(AppIndicatorToolkit):
    """GTK's own icon: an open menu stays as it is, the next one is new."""

    label_seconds = _LABEL_SECONDS


class DarwinToolkit(Toolkit):
    """macOS: everything in the main thread, or the system ends the process."""

    label_seconds = _LABEL_SECONDS

    _text = ""

    def prepare(self, icon: Any) -> None:
        """Have the image shown with all its pixels: pystray would shrink it to one per point."""
        super().prepare(icon)

        def show_image() -> None:
            if icon._icon_image is None:
                icon._icon_image = _as_nsimage(icon.icon)
                icon._status_item.button().setImage_(icon._icon_image)

        icon._assert_image = show_image

    def fit(self, picture: IconPicture) -> IconPicture:
        """Ask the menu bar, whose colour the wallpaper decides."""
        if picture.panel != "auto" or _is_template(picture):
            return picture
        return replace(picture, panel=macos_menu_bar(self.icon._status_item.button()))

    def image(self, picture: IconPicture) -> Any:
        """Draw for the menu bar's thickness, in the pixels of the sharpest screen."""
        import AppKit

        points = max(16, int(AppKit.NSStatusBar.systemStatusBar().thickness()))
        draw = draw_template if _is_template(picture) else draw_icon
        return draw(picture, points * _pixels_per_point())

    def tint(self, picture: IconPicture) -> None:
        """Have the menu bar give a template its colour; pystray makes a new image for each."""
        image = self.icon._icon_image
        if _is_template(picture) and image is not None and not image.isTemplate():
            image.setTemplate_(True)
            # The button may have drawn it already.
            self.icon._status_item.button().setImage_(image)

    def write(self, text: str) -> None:
        """Have the button show it at the image's right, in digits of one width."""
        if text == self._text:
            return
        import AppKit

        button = self.icon._status_item.button()
        if not self._text:
            size = AppKit.NSFont.menuBarFontOfSize_(0).pointSize()
            weight = AppKit.NSFontWeightRegular
            font = AppKit.NSFont.monospacedDigitSystemFontOfSize_weight_(size, weight)
            button.setFont_(font)
            button.setImagePosition_(AppKit.NSImageLeft)
        button.setTitle_(text)
        if not text:
            button.setImagePosition_(AppKit.NSImageOnly)
        self._text = text

    def started(self) -> None:
        """Let signals through: the system's loop runs no Python code, and pystray takes SIGINT."""
        from PyObjCTools import AppHelper, MachSignals

        def install() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                handler = signal.getsignal(number)
                if callable(handler):
                    MachSignals.signal(number, lambda caught, run=handler: run(caught, None))

        AppHelper.callAfter(install)

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        """Queue it for the main thread."""
        from PyObjCTools import AppHelper

        AppHelper.callAfter(action)

    def is_menu_open(self) -> bool:
        """Entries of an open menu are told apart by number: in a new menu they mean others."""
        import AppKit

        mode = AppKit.NSRunLoop.currentRunLoop().currentMode()
        return bool(mode == AppKit.NSEventTrackingRunLoopMode)

    def notify(self, title: str, text: str) -> bool:
        """Run osascript and wait for it."""
        try:
            self.icon.notify(plain_line(text, 255), plain_line(title, 63))
        except Exception as error:  # noqa: BLE001 - it runs osascript, which fails in its own ways
            _log.warning("macOS did not show a notification: %s", error)
            return False
        return True


class WindowsToolkit(Toolkit):
    """Windows: updates go through the icon's window, and texts have fixed places."""

    label_seconds = _LABEL_SECONDS
    _WM_RUN = 0x0400 + 64  # WM_USER and more; pystray uses 10 and 11

    def __init__(self) -> None:
        self._actions: collections.deque[Callable[[], None]] = collections.deque()
        self._menu_open = False
        # Nobody else is to carry what only Windows needs.
        from trayapp.tray import windows_calls

        self._calls = windows_calls
        self._calls.become_dpi_aware()

    def prepare(self, icon: Any) -> None:
        """Have icons made in memory: pystray would write and read a file for each."""
        super().prepare(icon)
        make_by_file = getattr(icon, "_assert_icon_handle", None)

        def make() -> None:
            if icon._icon_handle is None:
                icon._icon_handle = self._calls.make_icon(icon.icon)
            if icon._icon_handle is None and make_by_file:
                make_by_file()

        icon._assert_icon_handle = make

    def fit(self, picture: IconPicture) -> IconPicture:
        """Ask the taskbar."""
        return replace(picture, panel=windows_taskbar()) if picture.panel == "auto" else picture

    def image(self, picture: IconPicture) -> Any:
        """Draw for the size of icons in the taskbar: whole pixels stay whole."""
        return draw_icon(picture, self._calls.tray_icon_px())

    def tooltip(self, text: str) -> str:
        """At most 127 UTF-16 units: more raise ValueError."""
        return cut_utf16(super().tooltip(text), 127)

    def label(self, text: str) -> str:
        """A single ampersand would underline what follows it."""
        return super().label(text).replace("&", "&&")

    def started(self) -> None:
        """Hook into the window's messages."""
        from pystray._util import win32

        handlers = self.icon._message_handlers
        on_notify = handlers[win32.WM_NOTIFY]

        def notice_menu(wparam: int, lparam: int) -> Any:
            # It returns when the menu has closed; the window goes on getting messages meanwhile.
            self._menu_open = True
            try:
                return on_notify(wparam, lparam)
            finally:
                self._menu_open = False

        def run_actions(_wparam: int, _lparam: int) -> None:
            while self._actions:
                self._actions.popleft()()

        handlers[win32.WM_NOTIFY] = notice_menu
        handlers[self._WM_RUN] = run_actions

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        """Queue it for the thread of the icon's window."""
        from pystray._util import win32

        self._actions.append(action)
        win32.PostMessage(self.icon._hwnd, self._WM_RUN, 0, 0)

    def is_menu_open(self) -> bool:
        """An update would destroy the menu that is on the screen."""
        return self._menu_open

    def notify(self, title: str, text: str) -> bool:
        """Show a balloon; longer texts would raise ValueError."""
        title, text = cut_utf16(title, 63), cut_utf16(text, 255)

        def show() -> None:
            try:
                self.icon.notify(text, title)
            except OSError as error:
                _log.warning("Windows did not show a notification: %s", error)

        self.in_ui_thread(show)
        return True


def _pixels_per_point() -> int:
    """2 where any screen is a Retina one: others show every second pixel of a doubled one."""
    import AppKit

    scales = (screen.backingScaleFactor() for screen in AppKit.NSScreen.screens())
    return max(1, min(3, round(max(scales, default=1.0))))


def _as_nsimage(image: Image.Image) -> Any:
    """An image for the menu bar, as thick as that is, whatever pixels it has."""
    import io

    import AppKit

    stream = io.BytesIO()
    image.save(stream, "PNG")
    data = stream.getvalue()
    made = AppKit.NSImage.alloc().initWithData_(
        AppKit.NSData.dataWithBytes_length_(data, len(data))
    )
    points = AppKit.NSStatusBar.systemStatusBar().thickness()
    made.setSize_((points, points))
    return made


def _is_template(picture: IconPicture) -> bool:
    """Whether macOS is to give the icon its colour, as it does for icons of its own."""
    return picture.palette == "mono"


TOOLKITS: dict[str, type[Toolkit]] = {
    "sni": SniToolkit,
    "xembed": XembedToolkit,
    "appindicator": AppIndicatorToolkit,
    "gtk": GtkToolkit,
    "xorg": Toolkit,
    "darwin": DarwinToolkit,
    "win32": WindowsToolkit,
}
"""By the name of the backend."""
