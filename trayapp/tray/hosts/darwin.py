"""macOS's menu bar, by pystray: everything in the main thread, or the system ends the process."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from typing import Any

from PIL import Image

from trayapp.dataclass import replace
from trayapp.domain.showing.menu import IconPicture
from trayapp.language.catalogue import _
from trayapp.log import Log
from trayapp.platforms.panel_background import macos_menu_bar
from trayapp.tray.drawing import draw_icon, draw_template
from trayapp.tray.hosts.session import Backend, Session, load_pystray
from trayapp.tray.hosts.toolkit import LABEL_SECONDS, BasicToolkit
from trayapp.tray.text import plain_line

_log = Log(__name__)


def offer(_session: Session, *, is_asked_for: bool) -> Backend:  # noqa: ARG001 - there is no other
    icon_class = load_pystray("darwin")
    return Backend(name="darwin", icon_class=icon_class, visible=True, reason=_("the system's own"))


class Toolkit(BasicToolkit):
    """An icon whose every update runs in the main thread."""

    label_seconds = LABEL_SECONDS

    _text = ""

    def prepare(self, icon: Any) -> None:
        """Show the image with all its pixels: pystray would shrink it to one per point."""
        super().prepare(icon)

        def show_image() -> None:
            if icon._icon_image is None:
                icon._icon_image = _as_nsimage(icon.icon)
                icon._status_item.button().setImage_(icon._icon_image)

        icon._assert_image = show_image

    def match_background(self, picture: IconPicture) -> IconPicture:
        """Ask the menu bar, whose colour the wallpaper decides."""
        if picture.panel != "auto" or _is_template(picture):
            return picture
        return replace(picture, panel=macos_menu_bar(self.icon._status_item.button()))

    def draw(self, picture: IconPicture) -> Any:
        """Draw for the menu bar's thickness, in the pixels of the sharpest screen."""
        import AppKit

        points = max(16, int(AppKit.NSStatusBar.systemStatusBar().thickness()))
        draw = draw_template if _is_template(picture) else draw_icon
        return draw(picture, points * _pixels_per_point())

    def set_template(self, picture: IconPicture) -> None:
        """Let the menu bar colour a template; pystray makes a new image for each picture."""
        image = self.icon._icon_image
        if _is_template(picture) and image is not None and not image.isTemplate():
            image.setTemplate_(True)
            # The button may have drawn it already.
            self.icon._status_item.button().setImage_(image)

    def set_label(self, text: str) -> None:
        """Show it at the right of the image, in digits of one width."""
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

    def on_started(self) -> None:
        """Pass signals on: the system's loop runs no Python code, and pystray takes SIGINT."""
        from PyObjCTools import AppHelper, MachSignals

        def install() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                handler = signal.getsignal(number)
                if callable(handler):
                    MachSignals.signal(number, lambda caught, run=handler: run(caught, None))

        AppHelper.callAfter(install)

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        from PyObjCTools import AppHelper

        AppHelper.callAfter(action)

    def is_menu_open(self) -> bool:
        """Return whether a menu tracks the mouse: its entries are known by number only."""
        import AppKit

        mode = AppKit.NSRunLoop.currentRunLoop().currentMode()
        return bool(mode == AppKit.NSEventTrackingRunLoopMode)

    def notify(self, title: str, text: str) -> bool:
        """Show it by osascript, and wait for that."""
        try:
            self.icon.notify(plain_line(text, 255), plain_line(title, 63))
        except Exception as error:  # noqa: BLE001 - it runs osascript, which fails in its own ways
            _log.warning("macOS did not show a notification: %s", error)
            return False
        return True


def _pixels_per_point() -> int:
    """Return 2 where any screen is a Retina one: others show every second pixel then."""
    import AppKit

    scales = (screen.backingScaleFactor() for screen in AppKit.NSScreen.screens())
    return max(1, min(3, round(max(scales, default=1.0))))


def _as_nsimage(image: Image.Image) -> Any:
    """Return an image as thick as the menu bar, whatever its pixels."""
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
    """Return whether macOS is to colour the icon, as it does its own."""
    return picture.palette == "mono"
