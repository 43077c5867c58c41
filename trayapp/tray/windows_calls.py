"""What Windows is asked beyond pystray: the size of tray icons, and icons without files.

Every call is made where it is needed and may be missing, as on older Windows.
"""

from __future__ import annotations

import contextlib
import io
from typing import Any

from PIL import Image

_SM_CXSMICON = 49
_PER_MONITOR_AWARE_V2 = -4
_ICON_VERSION = 0x00030000
_DPI_OF_100_PERCENT = 96
_SMALLEST_PX, _LARGEST_PX = 16, 64


def _user32() -> Any:
    # Half a mebibyte that only Windows needs.
    import ctypes

    return ctypes.windll.user32  # type: ignore[attr-defined]


def become_dpi_aware() -> None:
    """Be told true sizes: else Windows says 16 pixels on every screen and enlarges what it gets."""
    import ctypes

    with contextlib.suppress(AttributeError, OSError):
        context = ctypes.c_void_p(_PER_MONITOR_AWARE_V2)
        _user32().SetProcessDpiAwarenessContext(context)


def tray_icon_px() -> int:
    """The edge of a tray icon in pixels, on the screen that the taskbar is on."""
    user32 = _user32()
    try:
        taskbar = user32.FindWindowW("Shell_TrayWnd", None)
        dpi = user32.GetDpiForWindow(taskbar) or _DPI_OF_100_PERCENT
        size_px = user32.GetSystemMetricsForDpi(_SM_CXSMICON, dpi)
    except (AttributeError, OSError):  # before Windows 10
        size_px = user32.GetSystemMetrics(_SM_CXSMICON)
    return min(_LARGEST_PX, max(_SMALLEST_PX, int(size_px)))


def make_icon(image: Image.Image) -> int | None:
    """Make an icon of an image, pixel by pixel; whoever asks destroys it.

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
