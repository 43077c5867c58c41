"""Windows' taskbar, by pystray, with tray icons of the right size and without files.

Calls beyond pystray's may be missing on older Windows.
"""

from __future__ import annotations

import collections
import contextlib
import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from trayapp.dataclass import replace
from trayapp.domain.showing.menu import IconPicture
from trayapp.language.catalogue import _
from trayapp.log import Log
from trayapp.platforms.panel_background import windows_taskbar
from trayapp.tray.drawing import draw_icon
from trayapp.tray.hosts.session import Backend, Session, load_pystray
from trayapp.tray.hosts.toolkit import LABEL_SECONDS, BasicToolkit
from trayapp.tray.text import cut_utf16

_WM_RUN = 0x0400 + 64
"""WM_USER and more; pystray uses 10 and 11."""
_SM_CXSMICON = 49
_PER_MONITOR_AWARE_V2 = -4
_ICON_VERSION = 0x00030000
_DPI_OF_100_PERCENT = 96
_SMALLEST_PX, _LARGEST_PX = 16, 64
_log = Log(__name__)


def offer(_session: Session, *, is_asked_for: bool) -> Backend:  # noqa: ARG001 - there is no other
    icon_class = load_pystray("win32")
    return Backend(name="win32", icon_class=icon_class, visible=True, reason=_("the system's own"))


class Toolkit(BasicToolkit):
    """An icon whose updates go through its window, and whose texts have fixed lengths."""

    label_seconds = LABEL_SECONDS

    def __init__(self) -> None:
        self._actions: collections.deque[Callable[[], None]] = collections.deque()
        self._menu_open = False
        _become_dpi_aware()

    def prepare(self, icon: Any) -> None:
        """Make icons in memory: pystray would write and read a file for each."""
        super().prepare(icon)
        make_by_file = getattr(icon, "_assert_icon_handle", None)

        def make() -> None:
            if icon._icon_handle is None:
                icon._icon_handle = _make_icon(icon.icon)
            if icon._icon_handle is None and make_by_file:
                make_by_file()

        icon._assert_icon_handle = make

    def match_background(self, picture: IconPicture) -> IconPicture:
        return replace(picture, panel=windows_taskbar()) if picture.panel == "auto" else picture

    def draw(self, picture: IconPicture) -> Any:
        """Draw for the size of icons in the taskbar: whole pixels stay whole."""
        return draw_icon(picture, _tray_icon_px())

    def fit_tooltip(self, text: str) -> str:
        """Cut to 127 UTF-16 units: more raise ValueError."""
        return cut_utf16(super().fit_tooltip(text), 127)

    def fit_label(self, text: str) -> str:
        """Double ampersands: a single one would underline what follows it."""
        return super().fit_label(text).replace("&", "&&")

    def on_started(self) -> None:
        """Hook into the window's messages."""
        from pystray._util import win32

        handlers = self.icon._message_handlers
        on_notify = handlers[win32.WM_NOTIFY]

        def notice_menu(wparam: int, lparam: int) -> Any:
            # It returns when the menu has closed; the window still gets messages meanwhile.
            self._menu_open = True
            try:
                return on_notify(wparam, lparam)
            finally:
                self._menu_open = False

        def run_actions(_wparam: int, _lparam: int) -> None:
            while self._actions:
                self._actions.popleft()()

        handlers[win32.WM_NOTIFY] = notice_menu
        handlers[_WM_RUN] = run_actions

    def in_ui_thread(self, action: Callable[[], None]) -> None:
        from pystray._util import win32

        self._actions.append(action)
        win32.PostMessage(self.icon._hwnd, _WM_RUN, 0, 0)

    def is_menu_open(self) -> bool:
        """Return whether an update would destroy a menu on the screen."""
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


def _user32() -> Any:
    # Half a mebibyte that only Windows needs.
    import ctypes

    return ctypes.windll.user32  # type: ignore[attr-defined]


def _become_dpi_aware() -> None:
    """Ask for true sizes: else Windows claims 16 pixels on every screen and enlarges icons."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        context = ctypes.c_void_p(_PER_MONITOR_AWARE_V2)
        _user32().SetProcessDpiAwarenessContext(context)


def _tray_icon_px() -> int:
    """Return the edge of a tray icon in pixels, on the taskbar's screen."""
    user32 = _user32()
    try:
        taskbar = user32.FindWindowW("Shell_TrayWnd", None)
        dpi = user32.GetDpiForWindow(taskbar) or _DPI_OF_100_PERCENT
        size_px = user32.GetSystemMetricsForDpi(_SM_CXSMICON, dpi)
    except (AttributeError, OSError):  # before Windows 10
        size_px = user32.GetSystemMetrics(_SM_CXSMICON)
    return min(_LARGEST_PX, max(_SMALLEST_PX, int(size_px)))


def _make_icon(image: Image.Image) -> int | None:
    """Make an icon of an image, pixel by pixel; the caller destroys it.

    Returns: its handle; None if Windows would not.
    """
    import ctypes

    with io.BytesIO() as stream:
        image.save(stream, "PNG")
        data = stream.getvalue()
    try:
        create = _user32().CreateIconFromResourceEx
    except AttributeError:
        return None
    create.argtypes = (
        ctypes.c_char_p,
        *(ctypes.c_uint32,) * 3,
        *(ctypes.c_int,) * 2,
        ctypes.c_uint32,
    )
    create.restype = ctypes.c_void_p  # wider than the number that is the default
    handle = create(data, len(data), True, _ICON_VERSION, image.width, image.height, 0)
    return int(handle) if handle else None
