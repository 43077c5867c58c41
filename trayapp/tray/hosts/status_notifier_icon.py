"""A backend to pystray's `Icon`: StatusNotifierItem and dbusmenu over D-Bus, in Python alone.

The loop runs in the thread that calls `run`, the main one, and is the only one to touch the bus.
Setting `icon`, `title` or `menu` from any thread stores the newest value and wakes the loop, which
compares it with what hosts were sent last.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import time
from collections.abc import Callable
from typing import Any

from jeepney import HeaderFields, Message, MessageType

from trayapp.dataclass import NamedTuple, replace
from trayapp.domain.showing.menu import IconPicture
from trayapp.log import Log
from trayapp.platforms.session_bus import BUS, BusError, SessionBus
from trayapp.tray.hosts.dbus_object import Body, Interface, Method, Objects, Property
from trayapp.tray.hosts.dbusmenu import MENU_PATH, MenuObject
from trayapp.tray.hosts.looping_icon import LoopingIcon, milliseconds_until
from trayapp.tray.hosts.packing import PIXMAPS, Sendable
from trayapp.tray.hosts.panel_watch import PanelWatch
from trayapp.tray.hosts.pixmaps import Pixmap, PixmapCache
from trayapp.tray.hosts.watcher import MATCHES, WatcherClient
from trayapp.tray.text import plain_line, plain_lines, without_markup

_PATH = "/StatusNotifierItem"
_TITLE_LIMIT = 120
_TOOLTIP_LIMIT = 2000
_LABEL_LIMIT = 16
_LABEL_GUIDE = "100%"
"""The longest label, by which hosts keep room."""
# Hosts ask for everything, pictures included, after each change; a tooltip is not worth that often.
_TOOLTIP_SECONDS = 2.0
# A host sizes a menu by what it knew before it asked: a closed menu may not be much behind.
_FIRST_MENU_SECONDS, _CLOSED_MENU_SECONDS = 2.0, 30.0
# What belongs to one update arrives piece by piece; hosts shall hear of it at once.
_GATHER_SECONDS = 0.002
# A wheel that is turned far, or a touchpad, is not to rush through everything there is.
_SCROLL_SECONDS = 0.15

Reply = Callable[[Message], None]
_log = Log(__name__)


class _Shown(NamedTuple):
    """The state that hosts are sent."""

    icon: Any
    tooltip: tuple[str, str]
    """First line and the others."""
    status: str
    label: str


class SniIcon(LoopingIcon):
    """An icon that the desktop's own tray shows, as it shows its menu."""

    _connects_to = "session bus"
    _connection_errors = (OSError, BusError)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._menu_due_seconds = 0.0
        self._menu_pause_seconds = _FIRST_MENU_SECONDS
        self._pixmaps = PixmapCache()
        self._bus: SessionBus | None = None
        self._bus_name = ""
        self._sent: _Shown | None = None  # None: not registered
        self._tooltip_due_seconds = 0.0
        self._scroll_due_seconds = 0.0
        self._replies: dict[int, Reply] = {}
        self._clicked: list[Callable[[Any], object]] = []
        self._panel: PanelWatch | None = None
        self._watcher = WatcherClient(self._ask, self._on_watcher_changed, self._set_seen)
        self._item = self._interface()
        self._menu_object = MenuObject(
            lambda: self.menu, self._send, self._clicked.append, lambda: self.on_menu_opening()
        )
        self._objects = Objects(self._item, self._menu_object.interface)

    @property
    def cuts_tall_menus(self) -> bool:
        """Whether the rows of a menu that the screen is too low for are out of reach."""
        return self._panel is not None and self._panel.kind == "GNOME"

    def resize_menu(self) -> None:
        """Send hosts the new entries now, though the menu is closed. Any thread.

        Some pop a menu up in the size that it had when they last heard of it, and cut it off there.
        """
        self._menu_due_seconds = 0.0
        # New rows are short at first: no rate is known yet.
        self._menu_pause_seconds = _FIRST_MENU_SECONDS
        self.update_menu()

    # The loop. Its thread only, from here on.

    def _connect(self) -> SessionBus:
        return SessionBus(os.environ)

    def _serve(self, bus: SessionBus) -> None:
        self._bus = bus
        for rule in MATCHES:
            bus.call(BUS, "AddMatch", "s", (f"type='signal',{rule}",))
        # Not the usual "org.kde.StatusNotifierItem-PID-1": GNOME's extension watches a name that is
        # not the connection's own, and drops the icon if it hears of its owner at a bad moment.
        self._bus_name = bus.unique_name
        self._watcher.find()
        self._panel = PanelWatch(os.environ, self._ask)
        self._panel.start()
        poll = select.poll()  # not select.select, which fails beyond 1,024 open files
        poll.register(bus, select.POLLIN)
        poll.register(self._loop_end, select.POLLIN)
        while not self._stopping:
            for message in bus.receive():
                self._handle(message)
                self._run_clicked()
            due_seconds = self._update_hosts()
            ready = {descriptor for descriptor, _ in poll.poll(milliseconds_until(due_seconds))}
            if self._loop_end.fileno() in ready:
                time.sleep(_GATHER_SECONDS)
                self._drain_wakes()

    def _on_disconnected(self) -> None:
        self._bus = None
        self._replies.clear()
        self._clicked.clear()
        if not self._stopping:
            self._watcher.lose()

    def _send(self, message: Sendable) -> None:
        if self._bus:
            self._bus.send(message)

    def _ask(self, call: Message, reply: Reply) -> None:
        if self._bus:
            self._replies[self._bus.send(call)] = reply

    def _handle(self, message: Message) -> None:
        fields = message.header.fields
        if message.header.message_type is MessageType.method_call:
            with self.counting():
                self._objects.answer(message, self._send)
            return
        try:
            if message.header.message_type is MessageType.signal:
                self._on_signal(message)
            elif reply := self._replies.pop(fields.get(HeaderFields.reply_serial), None):
                reply(message)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - a watcher's nonsense must not take the icon down
            _log.exception("cannot understand a message from %s", fields.get(HeaderFields.sender))

    def _run_clicked(self) -> None:
        """Run clicked actions now that the host has its reply."""
        while self._clicked:
            self._run_action(self._clicked.pop(0))
            self._menu_due_seconds = 0.0
            self.update_menu()

    def _on_signal(self, message: Message) -> None:
        self._watcher.on_signal(message)
        if self._panel:
            self._panel.on_signal(message)

    def _on_watcher_changed(self) -> None:
        self._sent = None
        self._menu_object.forget_watchers()

    def _offer_label(self, label: str) -> None:
        """Offer the label as a property only if there is one.

        The protocol does not have it, but GNOME's extension and MATE understand it. MATE shows
        it in the icon's place, even an empty one.
        """
        for name in _LABEL_PROPERTIES:
            self._properties.pop(name, None)
        if label:
            self._properties |= _LABEL_PROPERTIES | {"XAyatanaLabel": Property("s", lambda: label)}

    # What hosts are sent, and what they may ask.

    def _shown(self) -> _Shown:
        status = "NeedsAttention" if self._attention else "Active"
        icon = self._icon
        if isinstance(icon, IconPicture) and icon.panel == "auto" and self._panel:
            icon = replace(icon, panel=self._panel.panel)
        if not self._wanted:
            status = "Passive"
        return _Shown(icon, _as_tooltip(self._title), status, plain_line(self._label, _LABEL_LIMIT))

    def _update_hosts(self) -> float | None:
        """Register where that is due; send a signal for whatever differs from what was sent.

        Returns: when to come again, on the monotonic clock, if something is left for later.
        """
        now, sent = self._shown(), self._sent
        later_seconds = None
        if sent is None:
            if self._watcher.owner and self._wanted:
                self._sent = now
                self._offer_label(now.label)
                self._menu_object.publish()
                self._watcher.register(self._bus_name)
            return None
        if now.icon != sent.icon:
            self._send(self._item.signal("NewIcon"))
        if _attention_icon(now) != _attention_icon(sent):
            self._send(self._item.signal("NewAttentionIcon"))
        if now.tooltip != sent.tooltip and not self._is_told_by_icon(now, sent):
            if self._menu_object.just_opened:
                # XFCE would show the tooltip again, on top of the open menu. It reports no closing,
                # so this cannot last until then.
                now = now._replace(tooltip=sent.tooltip)
            elif time.monotonic() < self._tooltip_due_seconds:
                later_seconds = self._tooltip_due_seconds
                now = now._replace(tooltip=sent.tooltip)
            else:
                self._tooltip_due_seconds = time.monotonic() + _TOOLTIP_SECONDS
                self._send(self._item.signal("NewToolTip"))
        if now.status != sent.status:
            self._send(self._item.signal("NewStatus", now.status))
        if now.label != sent.label:
            self._offer_label(now.label)
            self._send(self._item.signal("XAyatanaNewLabel", now.label, _LABEL_GUIDE))
        if self._menu_stale and (
            self._menu_object.watched or time.monotonic() >= self._menu_due_seconds
        ):
            # No entry moves away under the pointer of somebody who aims at it.
            is_aimed_at = self._menu_stale = self._menu_object.just_opened
            if not is_aimed_at:
                self._menu_due_seconds = time.monotonic() + self._menu_pause_seconds
            self._menu_pause_seconds = min(2 * self._menu_pause_seconds, _CLOSED_MENU_SECONDS)
            watched = self._menu_object.watched
            with self.counting() if watched else contextlib.nullcontext():
                self._menu_object.publish(keep_entries=is_aimed_at)
        self._sent = now
        return later_seconds

    def _is_told_by_icon(self, now: _Shown, sent: _Shown) -> bool:
        """Whether hosts learn the tooltip of now because they hear that the icon is another.

        XFCE asks for everything after each signal, one after another.
        """
        is_told = now.icon != sent.icon and self._panel is not None and self._panel.kind == "XFCE"
        return is_told and not self._menu_object.just_opened

    def _interface(self) -> Interface:
        self._properties: dict[str, Property] = {
            "Category": Property("s", lambda: "ApplicationStatus"),
            "Id": Property("s", lambda: self.name),
            "Title": Property("s", lambda: self.name.capitalize()),
            "Status": Property("s", lambda: self._shown().status),
            "WindowId": Property("i", lambda: 0),
            "IconName": Property("s", str),
            "IconPixmap": Property(PIXMAPS, lambda: self._draw(self._shown().icon)),
            "OverlayIconName": Property("s", str),
            "OverlayIconPixmap": Property(PIXMAPS, list),
            "AttentionIconName": Property("s", str),
            "AttentionIconPixmap": Property(
                PIXMAPS, lambda: self._draw(_attention_icon(self._shown()))
            ),
            "AttentionMovieName": Property("s", str),
            "ToolTip": Property("(sa(iiay)ss)", self._tooltip),
            "IconThemePath": Property("s", str),
            "IconAccessibleDesc": Property("s", self._spoken),
            "AttentionAccessibleDesc": Property("s", self._spoken),
            "ItemIsMenu": Property("b", bool),
            "Menu": Property("o", lambda: MENU_PATH),
        }
        middle = Method(("i", "i"), (), lambda _x, _y: self._activate_by_middle())
        return Interface(
            _PATH,
            "org.kde.StatusNotifierItem",
            {
                "Activate": Method(("i", "i"), (), self._activate),
                "SecondaryActivate": middle,
                # The host shows the menu; it knows where it is.
                "ContextMenu": Method(("i", "i"), (), lambda _x, _y: ()),
                "Scroll": Method(("i", "s"), (), self._scroll),
                "XAyatanaSecondaryActivate": Method(
                    ("u",), (), lambda _timestamp: self._activate_by_middle()
                ),
                # Not ProvideXdgActivationToken: GNOME's pointer is busy until the token is used.
            },
            self._properties,
            {
                "NewTitle": (),
                "NewIcon": (),
                "NewAttentionIcon": (),
                "NewToolTip": (),
                "NewStatus": ("s",),
                "XAyatanaNewLabel": ("s", "s"),
            },
        )

    def _activate(self, _x: int, _y: int) -> Body:
        self._clicked.append(lambda icon: icon())
        return ()

    def _activate_by_middle(self) -> Body:
        self._clicked.append(lambda _: self.on_middle_click())
        return ()

    def _scroll(self, delta: int, _orientation: str) -> Body:
        # How far a turn of the wheel is, is each host's own: 1, 15 or 120, in one call or in many.
        now_seconds = time.monotonic()
        if delta and now_seconds >= self._scroll_due_seconds:
            self._scroll_due_seconds = now_seconds + _SCROLL_SECONDS
            step = 1 if delta > 0 else -1
            self._clicked.append(lambda _: self.on_scroll(step))
        return ()

    def _spoken(self) -> str:
        """Return what a screen reader reads out."""
        return plain_line(self._title.partition("\n")[0], _TITLE_LIMIT)

    def _tooltip(self) -> tuple[str, list[Pixmap], str, str]:
        # What was sent, not what is: hosts ask at other times, too, and may then show it anew.
        return "", [], *(self._sent or self._shown()).tooltip

    def _draw(self, icon: Any) -> list[Pixmap]:
        return self._pixmaps.draw(icon, self._panel.kind if self._panel else "")


_LABEL_PROPERTIES = {
    "XAyatanaLabel": Property("s", str),
    "XAyatanaLabelGuide": Property("s", lambda: _LABEL_GUIDE),
}


@functools.lru_cache(maxsize=2)
def _as_tooltip(text: str) -> tuple[str, str]:
    title, _, description = without_markup(text).partition("\n")
    return plain_line(title, _TITLE_LIMIT), plain_lines(description, _TOOLTIP_LIMIT)


def _attention_icon(shown: _Shown) -> Any:
    return shown.icon if shown.status == "NeedsAttention" else None
