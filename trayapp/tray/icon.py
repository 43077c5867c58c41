"""The tray as the rest of Memtray knows it: it shows states and reports clicks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any

from trayapp.domain.records.levels import Level
from trayapp.domain.showing.menu import TEXT_MARK, IconPicture, MenuEntry, TrayState
from trayapp.errors import TrayError
from trayapp.language.catalogue import _
from trayapp.log import Log
from trayapp.tray.hosts import load_host
from trayapp.tray.hosts.session import Backend

_SHORTEST_SECONDS = 0.2
_NOTHING_YET = TrayState(picture=IconPicture(heights=(None,) * 10), tooltip="Memtray", menu=tuple)
_log = Log(__name__)


class TrayIcon:
    """The icon in the tray, whatever the host."""

    def __init__(
        self,
        backend: Backend,
        on_action: Callable[[str], None],
        on_visible: Callable[[bool], None] | None = None,
        on_menu_opening: Callable[[], None] | None = None,
        open_popup: Callable[[], Any] | None = None,
        pictures: Mapping[Level, bytes] = MappingProxyType({}),
        counting: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Prepare an icon; `run` shows it.

        on_action: gets the key of the menu entry that was clicked, or of the default entry for a
            click on the icon; "middle" for one by the middle button, "scroll:1" and "scroll:-1"
            for turns of the wheel. Called in the tray's thread; must return soon.
        on_visible: gets whether the icon can be seen, each time that changes; the first time after
            `run` has looked. Called in the tray's thread. Only our own icons can tell.
        on_menu_opening: called when the menu is about to show, which waits for it: the moment to
            `show` fresh figures. Called in the tray's thread. Only our own icons can tell.
        open_popup: starts the process that shows menus and tooltips for the backend "xembed".
        pictures: the mark of each level as a PNG, for menus that show pictures.
        counting: surrounds what is done because somebody opened or clicked the menu.
        """
        self._backend = backend
        self._on_action = on_action
        self._on_visible = on_visible
        self._on_menu_opening = on_menu_opening
        self._open_popup = open_popup
        self._pictures = pictures
        self._counting = counting
        self._toolkit = load_host(backend.name).Toolkit()
        self._menus = _menus_of(backend.icon_class)
        self._visible = backend.visible
        self._icon: Any = None
        self._running = False
        self._stopping = False
        # Reentrant, because a signal handler may call in between.
        self._lock = threading.RLock()
        self._state = _NOTHING_YET
        self._timer: threading.Timer | None = None
        self._updated_seconds = -_SHORTEST_SECONDS
        self._updating = threading.RLock()
        self._picture: IconPicture | None = None
        self._outline: tuple[tuple[str, ...] | None, tuple[object, ...]] = (None, ())
        """The rows and marks of the menu that was sent last."""
        self._menu_updated_seconds = 0.0
        self._complaint = ""

    @property
    def visible(self) -> bool | None:
        """Whether the icon can be seen now; None where that cannot be told. Any thread."""
        return self._visible

    def run(self) -> None:
        """Show the icon and serve it until `stop`. Main thread, once.

        Raises: TrayError if the system's tray fails.
        """
        state = self._state
        self._icon = icon = self._backend.icon_class(
            "memtray",
            icon=self._toolkit.draw(state.picture),
            title=self._toolkit.fit_tooltip(state.tooltip),
            menu=self._menus.Menu(self._items),
        )
        icon.on_seen = self._on_seen
        icon.on_scroll = lambda step: self._act(f"scroll:{step}")
        icon.on_middle_click = lambda: self._act("middle")
        icon.on_menu_opening = self._refresh_menu
        icon.counting = self._counting
        icon.open_popup = self._open_popup
        self._toolkit.prepare(icon)
        try:
            icon.run(setup=self._on_running)
        except Exception as error:
            # pystray's backends raise errors of toolkits that are not even imported here; GTK's do
            # so on every stop where no notification service runs.
            if not self._stopping:
                raise TrayError(
                    _("the tray icon has failed: {reason}").format(reason=error)
                ) from error
            _log.debug("the tray complained while stopping", exc_info=True)
        finally:
            self._running = False
            with self._lock:
                if self._timer:
                    self._timer.cancel()

    def stop(self) -> None:
        """Take the icon away and let `run` return. Any thread, or a signal handler."""
        self._stopping = True
        if self._running:
            self._icon.stop()

    def show(self, state: TrayState) -> None:
        """Show `state`, soon: at most one update leaves per 0.2 s, with the newest state.

        Any thread; does not wait.
        """
        with self._lock:
            self._state = state
            if not self._running or self._timer:
                return
            wait_seconds = self._updated_seconds + _SHORTEST_SECONDS - time.monotonic()
            if wait_seconds > 0:
                self._timer = threading.Timer(wait_seconds, self._update_later)
                self._timer.daemon = True
                self._timer.start()
                return
            self._updated_seconds = time.monotonic()
        self._toolkit.in_ui_thread(self._update)

    def notify(self, title: str, text: str) -> bool:
        """Show a notification through the icon, where that is the system's way.

        Plain texts, cut to what fits. Any thread; may wait half a second on macOS.
        Returns: False where it is not the way (Linux) or the icon is not there.
        """
        return self._running and self._toolkit.notify(title, text)

    def knock(self, answer: Callable[[], None]) -> bool:
        """Have the icon's loop call `answer` soon. Any thread; does not wait.

        Returns: False where there is no loop now, or none that can tell.
        """
        return self._running and not self._stopping and self._toolkit.knock(answer)

    def _on_running(self, icon: Any) -> None:
        """Show the first state once the loop runs; in a thread that pystray starts for this."""
        self._toolkit.on_started()
        self._running = True
        if self._stopping:  # asked before there was anything to stop
            icon.stop()
        else:
            self._toolkit.in_ui_thread(self._update)

    def _on_seen(self, seen: bool) -> None:
        self._visible = seen
        if self._on_visible:
            self._on_visible(seen)

    def _update_later(self) -> None:
        with self._lock:
            self._timer = None
            self._updated_seconds = time.monotonic()
            if not self._running:
                return
        self._toolkit.in_ui_thread(self._update)

    def _update(self) -> None:
        """Update the icon to the newest state. The UI thread, where there is one."""
        with self._updating:
            if self._stopping:
                return
            state, icon = self._state, self._icon
            try:
                picture = self._toolkit.match_background(state.picture)
                if picture != self._picture:
                    icon.icon = self._toolkit.draw(picture)
                    self._picture = picture
                self._toolkit.set_attention(state.attention)
                icon.visible = True
                self._toolkit.set_template(picture)
                icon.title = self._toolkit.fit_tooltip(state.tooltip)
                self._toolkit.set_label(state.text)
                self._update_menu(icon, state)
            except Exception as error:  # noqa: BLE001 - whatever fails in the tray, sampling continues
                # Windows' shell, for one, is busy or locked at times. The next update tries again.
                if str(error) != self._complaint:
                    self._complaint = str(error)
                    _log.warning("the tray icon could not be updated: %s", error)
                self._picture = None
                icon._title = ""  # pystray skips a title that it has tried before
            else:
                self._complaint = ""

    def _update_menu(self, icon: Any, state: TrayState) -> None:
        if self._toolkit.is_menu_open():
            return
        now_seconds = time.monotonic()
        if (state.rows, state.marks) == self._outline:
            patience = self._toolkit.label_seconds
            if patience is None or now_seconds - self._menu_updated_seconds < patience:
                return
        if state.rows != self._outline[0]:
            self._toolkit.resize_menu()
        icon.update_menu()
        self._outline = (state.rows, state.marks)
        self._menu_updated_seconds = now_seconds

    def _items(self) -> Iterable[Any]:
        """Return the newest menu when pystray asks for it. UI thread."""
        state = self._state
        menu = state.menu
        if state.short_menu and getattr(self._icon, "cuts_tall_menus", False):
            menu = state.short_menu
        return [self._item(entry) for entry in menu()]

    def _item(self, entry: MenuEntry) -> Any:
        if entry.kind == "separator":
            return self._menus.Menu.SEPARATOR
        action: Any = self._clicked
        if entry.kind == "submenu" and entry.children:
            action = self._menus.Menu(*(self._item(child) for child in entry.children))
        checkable = entry.kind in ("check", "radio")
        # A submenu without entries stays in its place, though pystray would hide it.
        enabled = entry.enabled and not (action == self._clicked and entry.kind in _INERT)
        picture = self._pictures.get(entry.level) if self._toolkit.shows_pictures else None
        is_marked_by_text = entry.level > Level.NORMAL and picture is None
        item = self._menus.MenuItem(
            self._toolkit.fit_label(TEXT_MARK * is_marked_by_text + entry.label),
            action,
            checked=(lambda _: entry.checked) if checkable else None,
            radio=entry.kind == "radio",
            # pystray does not ask whether the default entry is enabled.
            default=entry.default and enabled,
            enabled=enabled,
        )
        item.key = entry.key
        item.spoken = entry.spoken
        item.picture = picture or b""
        return item

    def _clicked(self, _icon: Any, item: Any) -> None:
        self._act(item.key)

    def _act(self, key: str) -> None:
        try:
            with self._counting():
                self._on_action(key)
        except Exception:  # noqa: BLE001 - whatever an action raises, the icon stays
            _log.exception("the menu entry %r failed", key)

    def _refresh_menu(self) -> None:
        try:
            if self._on_menu_opening:
                with self._counting():
                    self._on_menu_opening()
        except Exception:  # noqa: BLE001 - then the menu shows what was known before
            _log.exception("no fresh figures for the menu")


def _menus_of(icon_class: type[Any]) -> Any:
    """Return the module with the `Menu` and `MenuItem` that this icon takes: ours or pystray's."""
    own = getattr(icon_class, "menus", None)
    if own is not None:
        return own
    from trayapp.tray import pystray_safe

    return pystray_safe


_INERT = ("text", "submenu")
