"""The calls of Windows that a tray icon makes, kept to what Microsoft documents of them.

pystray's own Windows backend runs on it: handles are counted, windows get messages in the thread
that made them, and the taskbar forgets its icons when Explorer restarts.
"""

from __future__ import annotations

import ctypes
import importlib
import itertools
import queue
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NIM_ADD, NIM_MODIFY, NIM_DELETE = 0, 1, 2
_NIF_ICON, _NIF_TIP = 2, 4
_SM_CXSMICON = 49
_FIRST_REGISTERED_MESSAGE = 0xC000
_ON_100_PERCENT = 96


class Function:
    """One exported function, as ctypes gives it: types may be set, `errcheck` is called."""

    errcheck: Callable[..., Any] | None = None

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run

    def __call__(self, *arguments: Any) -> Any:
        result = self._run(*arguments)
        return self.errcheck(result, self, arguments) if self.errcheck else result


class FakeWindows:
    """One session with a taskbar."""

    def __init__(self, dpi: int = 96) -> None:
        self.dpi = dpi
        self.aware = False
        self.icons: set[int] = set()
        self.menus: dict[int, list[int]] = {}
        self.windows: dict[int, Any] = {}
        self.taskbar: dict[int, tuple[int, str]] = {}
        """The icon's handle and the tooltip, by the window that owns the icon."""
        self.sizes: list[tuple[int, int]] = []
        self.files_read = 0
        self.refuses = 0
        """How many calls of Shell_NotifyIcon fail next, as when Explorer is busy."""
        self._handles = itertools.count(0x10001)
        self._messages: dict[str, int] = {}
        self._queue: queue.SimpleQueue[tuple[int, int, int, int] | None] = queue.SimpleQueue()
        self._classes: dict[int, Any] = {}
        self.user32 = self._library()
        self.kernel32 = self.shell32 = self.user32

    def restart_explorer(self) -> None:
        """End Explorer and start it: the new taskbar is empty and says that it is there."""
        self.taskbar.clear()
        for window in list(self.windows):
            self._queue.put((window, self._messages["TaskbarCreated"], 0, 0))

    def _library(self) -> Any:
        library = type("Library", (), {})()
        for name in dir(self):
            if name.startswith("do_"):
                setattr(library, name.removeprefix("do_"), Function(getattr(self, name)))
        return library

    def _size_at(self, dpi: int) -> int:
        return 16 * dpi // _ON_100_PERCENT

    # DPI

    def do_SetProcessDpiAwarenessContext(self, context: Any) -> int:  # noqa: N802
        self.aware = ctypes.c_void_p(-4).value == context.value
        return 1

    def do_FindWindowW(self, name: str, _title: None) -> int:  # noqa: N802
        return 0x77 if name == "Shell_TrayWnd" else 0

    def do_GetDpiForWindow(self, window: int) -> int:  # noqa: N802
        return 0 if window != 0x77 else self.dpi if self.aware else _ON_100_PERCENT

    def do_GetSystemMetricsForDpi(self, what: int, dpi: int) -> int:  # noqa: N802
        return self._size_at(dpi) if what == _SM_CXSMICON else 0

    def do_GetSystemMetrics(self, what: int) -> int:  # noqa: N802
        return self._size_at(_ON_100_PERCENT) if what == _SM_CXSMICON else 0

    # Icons and the taskbar

    def do_CreateIconFromResourceEx(  # noqa: N802
        self, data: bytes, size: int, is_icon: int, version: int, width: int, height: int, _: int
    ) -> int:
        assert data.startswith(b"\x89PNG")
        assert (size, is_icon, version) == (len(data), True, 0x00030000)
        self.sizes.append((width, height))
        self.icons.add(handle := next(self._handles))
        return handle

    def do_LoadImageW(self, *_: Any) -> int:  # noqa: N802
        self.files_read += 1
        self.icons.add(handle := next(self._handles))
        return handle

    def do_DestroyIcon(self, handle: int) -> int:  # noqa: N802
        self.icons.remove(handle)
        return 1

    def do_Shell_NotifyIconW(self, what: int, data: Any) -> int:  # noqa: N802
        if self.refuses:
            self.refuses -= 1
            raise OSError("the shell is busy")
        if what == NIM_DELETE:
            return int(self.taskbar.pop(data.hWnd, None) is not None)
        if what == NIM_MODIFY and data.hWnd not in self.taskbar:
            return 0
        icon, tip = self.taskbar.get(data.hWnd, (0, ""))
        if data.uFlags & _NIF_ICON:
            assert data.hIcon in self.icons
            icon = data.hIcon
        if data.uFlags & _NIF_TIP:
            tip = data.szTip
        self.taskbar[data.hWnd] = icon, tip
        return 1

    # Menus

    def do_CreatePopupMenu(self) -> int:  # noqa: N802
        self.menus[handle := next(self._handles)] = []
        return handle

    def do_InsertMenuItemW(self, menu: int, _at: int, _by: bool, item: Any) -> int:  # noqa: N802
        if item._obj.hSubMenu:
            self.menus[menu].append(item._obj.hSubMenu)
        return 1

    def do_DestroyMenu(self, menu: int) -> int:  # noqa: N802
        for below in self.menus.pop(menu):
            self.do_DestroyMenu(below)
        return 1

    # Windows and their messages

    def do_RegisterWindowMessageW(self, name: str) -> int:  # noqa: N802
        return self._messages.setdefault(name, _FIRST_REGISTERED_MESSAGE + len(self._messages))

    def do_RegisterClassExW(self, made: Any) -> int:  # noqa: N802
        self._classes[atom := next(self._handles) & 0xFFFF] = made.lpfnWndProc
        return atom

    def do_UnregisterClassW(self, atom: int, _module: int) -> int:  # noqa: N802
        del self._classes[atom]
        return 1

    def do_GetModuleHandleW(self, _name: None) -> int:  # noqa: N802
        return 1

    def do_CreateWindowExW(self, _style: int, atom: int, *_: Any) -> int:  # noqa: N802
        self.windows[handle := next(self._handles)] = self._classes[atom]
        return handle

    def do_DestroyWindow(self, window: int) -> int:  # noqa: N802
        del self.windows[window]
        return 1

    def do_ChangeWindowMessageFilterEx(self, *_: Any) -> int:  # noqa: N802
        return 1

    def do_DefWindowProcW(self, *_: Any) -> int:  # noqa: N802
        return 0

    def do_PeekMessageW(self, *_: Any) -> int:  # noqa: N802
        return 0

    def do_PostMessageW(self, window: int, message: int, w: int, low: int) -> int:  # noqa: N802
        self._queue.put((window, message, w, low))
        return 1

    def do_PostQuitMessage(self, _status: int) -> None:  # noqa: N802
        self._queue.put(None)

    def do_GetMessageW(self, message: Any, *_: Any) -> int:  # noqa: N802
        if (got := self._queue.get()) is None:
            return 0
        into = message._obj
        into.hWnd, into.message, into.wParam, into.lParam = got
        return 1

    def do_TranslateMessage(self, _message: Any) -> int:  # noqa: N802
        return 0

    def do_DispatchMessageW(self, message: Any) -> int:  # noqa: N802
        got = message._obj
        if run := self.windows.get(got.hWnd):
            run(got.hWnd, got.message, got.wParam, got.lParam)
        return 0

    def do_SetForegroundWindow(self, _window: int) -> int:  # noqa: N802
        return 1

    def do_GetCursorPos(self, _point: Any) -> int:  # noqa: N802
        return 1

    def do_TrackPopupMenuEx(self, *_: Any) -> int:  # noqa: N802
        return 0


@contextmanager
def windows_icon_class(windows: FakeWindows, patch: pytest.MonkeyPatch) -> Iterator[type[Any]]:
    """Pystray's own `Icon` for Windows, loaded on top of `windows`."""
    patch.setattr(ctypes, "windll", windows, raising=False)
    patch.setattr(ctypes, "WinDLL", lambda name: getattr(windows, name), raising=False)
    patch.setattr(ctypes, "LibraryLoader", lambda _: windows)
    patch.setattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE, raising=False)
    patch.setattr(ctypes, "HRESULT", ctypes.c_long, raising=False)
    patch.setattr(
        ctypes, "WinError", lambda: OSError("a call of Windows has failed"), raising=False
    )
    names = ("pystray._util.win32", "pystray._win32")
    try:
        yield importlib.import_module(names[1]).Icon
    finally:
        for name in names:
            sys.modules.pop(name, None)
        for parent, child in (("pystray._util", "win32"), ("pystray", "_win32")):
            vars(sys.modules[parent]).pop(child, None)
