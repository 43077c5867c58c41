"""The common part of our own icons: any thread sets values, one loop is woken and shows them."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from trayapp.log import Log
from trayapp.tray import menus

FIRST_RETRY_SECONDS = 1.0
LAST_RETRY_SECONDS = 10.0
_SETUP_SECONDS = 5.0
_log = Log(__name__)


class LoopingIcon:
    """What has the interface of pystray's `Icon`, and more than that asks.

    It is no subclass, which would load `inspect`, `logging` and Pillow. `icon` may be an
    `IconPicture`, which is drawn at the size that is wanted. `attention` says that nobody must hide
    the icon, `label` is what is to stand beside it. In the loop's thread are called: `on_seen` with
    whether the icon can be seen, whenever that changes; `on_scroll` with 1 or -1 for a turn of the
    wheel up or down; `on_middle_click` for a click by the middle button; `on_menu_opening` when the
    menu is about to show, which waits for it.
    """

    menus = menus
    """The module with the classes that its menu is made of."""
    _connects_to: str
    """For the log, as the next one."""
    _connection_errors: tuple[type[Exception], ...] = (Exception,)
    """Raised when a connection cannot be made, or breaks."""

    def __init__(
        self, name: str, icon: Any = None, title: str = "", menu: menus.Menu | None = None
    ) -> None:
        self.name = name
        self._icon = icon
        self._title = title
        self._menu = menu
        self._visible = False
        self._setup: threading.Thread | None = None
        self._ready = threading.Event()
        self.on_seen: Callable[[bool], None] = lambda _: None
        self.on_scroll: Callable[[int], None] = lambda _: None
        self.on_middle_click: Callable[[], None] = lambda: None
        self.on_menu_opening: Callable[[], None] = lambda: None
        self.counting: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
        """Surrounds what is done because somebody opened the menu."""
        self._attention = False
        self._label = ""
        self._wanted = False
        self._menu_stale = False
        self._stopping = False
        self._wake_end: socket.socket | None = None
        self._seen: bool | None = None
        self._answers: list[Callable[[], None]] = []

    def __call__(self) -> None:
        """Do what a click on the icon does. The loop's thread."""
        if self._menu is not None:
            self._menu(self)
            self.update_menu()

    @property
    def icon(self) -> Any:
        """What is shown: an `IconPicture` or a Pillow image; None: nothing yet. Any thread."""
        return self._icon

    @icon.setter
    def icon(self, value: Any) -> None:
        self._icon = value
        if self._visible:
            self._wake()

    @property
    def title(self) -> str:
        """The tooltip. Any thread."""
        return self._title

    @title.setter
    def title(self, value: str) -> None:
        if value != self._title:
            self._title = value
            if self._visible:
                self._wake()

    @property
    def menu(self) -> menus.Menu | None:
        return self._menu

    @property
    def visible(self) -> bool:
        """Whether it is to be shown, which a host may not do. Any thread."""
        return self._visible

    @visible.setter
    def visible(self, value: bool) -> None:
        if value != self._visible:
            self._wanted = self._visible = value
            self._wake()

    @property
    def attention(self) -> bool:
        """Whether something is so wrong that nobody must hide the icon. Any thread."""
        return self._attention

    @attention.setter
    def attention(self, value: bool) -> None:
        if value != self._attention:
            self._attention = value
            self._wake()

    @property
    def label(self) -> str:
        """A few characters beside the icon, where the tray has a place for them. Any thread."""
        return self._label

    @label.setter
    def label(self, value: str) -> None:
        if value != self._label:
            self._label = value
            self._wake()

    def resize_menu(self) -> None:
        """Note that the menu has other entries. Any thread."""
        self.update_menu()

    def update_menu(self) -> None:
        """Note that the menu has changed. Any thread."""
        self._menu_stale = True
        self._wake()

    def knock(self, answer: Callable[[], None]) -> None:
        """Have the loop call this when it turns next. Any thread."""
        self._answers.append(answer)
        self._wake()

    def run(self, setup: Callable[[Any], object] | None = None) -> None:
        """Show the icon and serve it until `stop`. Blocks; once.

        setup: called with the icon in a thread of its own once the loop runs; without it, the icon
            is made visible.
        """

        def begin() -> None:
            self._ready.wait()
            if setup is not None:
                setup(self)
            else:
                self.visible = True

        self._setup = threading.Thread(target=begin)
        self._setup.start()
        self._run()

    def stop(self) -> None:
        """Let `run` return, if it runs; waits for `setup` if that takes its time. Any thread."""
        if self._ready.is_set():
            self._stopping = True
            self._wake()
            if self._setup is not None and self._setup is not threading.current_thread():
                self._setup.join(_SETUP_SECONDS)

    def _wake(self) -> None:
        # If it is full, the loop wakes anyway; if it is closed, the loop has ended.
        if self._wake_end:
            with contextlib.suppress(OSError):
                self._wake_end.send(b"\0")

    def _run(self) -> None:
        self._wake_end, self._loop_end = socket.socketpair()
        for end in (self._wake_end, self._loop_end):
            end.setblocking(False)
        self._menu_stale = True
        self._ready.set()
        try:
            self._loop()
        finally:
            self._wake_end.close()
            self._loop_end.close()

    # The loop. Its thread only, from here on.

    def _loop(self) -> None:
        """Serve one connection after another until told to stop, with longer and longer pauses."""
        delay_seconds = FIRST_RETRY_SECONDS
        while not self._stopping:
            try:
                with contextlib.closing(self._connect()) as connection:
                    delay_seconds = FIRST_RETRY_SECONDS
                    self._serve(connection)
            except self._connection_errors as error:
                note = _log.warning if delay_seconds == FIRST_RETRY_SECONDS else _log.debug
                note("the tray icon has no %s: %s", self._connects_to, error)
            self._on_disconnected()
            self._sleep(delay_seconds)
            delay_seconds = min(2 * delay_seconds, LAST_RETRY_SECONDS)

    def _connect(self) -> Any:
        raise NotImplementedError

    def _serve(self, connection: Any) -> None:
        """Serve one connection until told to stop, or until it breaks."""
        raise NotImplementedError

    def _on_disconnected(self) -> None:
        raise NotImplementedError

    def _sleep(self, seconds: float) -> None:
        """Wait, but not beyond a request to stop."""
        deadline = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._loop_end, select.POLLIN)
        while not self._stopping and (left := deadline - time.monotonic()) > 0:
            poll.poll(1000 * left)
            self._drain_wakes()

    def _drain_wakes(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._loop_end.recv(4096):
                pass
        while self._answers:
            self._answers.pop()()

    def _run_action(self, action: Callable[[Any], object]) -> None:
        try:
            action(self)
        except Exception:  # noqa: BLE001 - whatever an action raises, the icon stays
            _log.exception("an action of the tray menu failed")

    def _set_seen(self, seen: bool) -> None:
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self.on_seen(seen)
        except Exception:  # noqa: BLE001 - whatever a listener raises, the icon stays
            _log.exception("on_seen failed")


def milliseconds_until(monotonic_seconds: float | None) -> float | None:
    """Return the time left for `poll`, which takes None for no limit."""
    if monotonic_seconds is None:
        return None
    return max(0.0, 1000 * (monotonic_seconds - time.monotonic()))
