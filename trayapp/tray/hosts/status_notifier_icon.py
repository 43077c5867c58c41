"""A backend to pystray's `Icon`: StatusNotifierItem and dbusmenu over D-Bus, in Python alone.

The loop runs in the thread that calls `run`, the main one, and is the only one to touch the bus.
Setting `icon`, `title` or `menu` from any thread stores the newest value and wakes the loop, which
compares it with what hosts were told last.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import select
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call
from PIL import Image

from trayapp.domain.showing.menu import IconPicture
from trayapp.platforms.session_bus import BUS, BUS_NAME, BusError, SessionBus, as_error
from trayapp.tray.drawing import draw_argb
from trayapp.tray.hosts.dbus_object import Body, Interface, Method, Objects, Property
from trayapp.tray.hosts.dbusmenu import MENU_PATH, MenuObject
from trayapp.tray.hosts.own_loop import (
    FIRST_RETRY_SECONDS,
    LAST_RETRY_SECONDS,
    LoopingIcon,
    milliseconds_until,
)
from trayapp.tray.hosts.panel_watch import PanelWatch
from trayapp.tray.hosts.session import WATCHER
from trayapp.tray.text import plain_line, plain_lines, without_markup

ICON_SIZES_PX = (16, 22, 24, 32, 33, 36, 44, 48, 96)
"""What hosts are offered: slots of 16 to 24 on screens at 100, 150 and 200 percent. Most take the
one that fits. Some shrink the largest to whatever they have, such as waybar to 16 or 21: bars as
broad as its still stand out then. Each more is drawn and sent at every change, and costs that."""
SIZES_BY_PANEL_PX = {
    "XFCE": (*ICON_SIZES_PX[:-1], 88),
    "KDE": (16, 22, 32, 33, 44),
    "GNOME": (16, 22, 24, 32, 48),
}
"""Where more is known. XFCE shrinks the largest, too, but has slots of 22 and 44 pixels, in which
whole pixels stay whole. Plasma and GNOME Shell have slots of few sizes, and keep all they were sent
until they collect garbage: in Plasma, after 1,800 changes, that is 33 MiB of these and 112 of those
above; in GNOME Shell 43, 7 and 40 KiB for each change."""
_WATCHER_OBJECT = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
_WATCHER_PROPERTIES = DBusAddress(
    "/StatusNotifierWatcher", WATCHER, "org.freedesktop.DBus.Properties"
)
_PATH = "/StatusNotifierItem"
_TITLE_LIMIT = 120
_TOOLTIP_LIMIT = 2000
_LABEL_LIMIT = 16
_LABEL_GUIDE = "100 %"
"""The longest label, by which hosts keep room."""
# Hosts ask for everything, pictures included, after each change; a tooltip is not worth that often.
_TOOLTIP_SECONDS = 2.0
# A host sizes a menu by what it knew before it asked: a closed menu may not be much behind.
_FIRST_MENU_SECONDS, _CLOSED_MENU_SECONDS = 2.0, 30.0
# What belongs to one update arrives piece by piece; hosts shall hear of it at once.
_GATHER_SECONDS = 0.002
# A wheel that is turned far, or a touchpad, is not to rush through everything there is.
_SCROLL_SECONDS = 0.15

Pixmap = tuple[int, int, bytes]
"""Width, height, and four bytes per pixel: alpha, red, green, blue."""
Reply = Callable[[Message], None]
_log = logging.getLogger(__name__)


class _Shown(NamedTuple):
    """What hosts are told."""

    icon: Any
    tooltip: tuple[str, str]
    """First line and the others."""
    status: str
    label: str


class SniIcon(LoopingIcon):
    """An icon that the desktop's own tray shows, as it shows its menu."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._menu_due_seconds = 0.0
        self._menu_pause_seconds = _FIRST_MENU_SECONDS
        self._pixmap_source: Any = None
        self._pixmaps: list[Pixmap] = []
        self._bus: SessionBus | None = None
        self._bus_name = ""
        self._watcher = ""
        self._told: _Shown | None = None  # None: not registered
        self._tooltip_due_seconds = 0.0
        self._scroll_due_seconds = 0.0
        self._replies: dict[int, Reply] = {}
        self._clicked: list[Callable[[Any], object]] = []
        self._panel: PanelWatch | None = None
        self._item = self._interface()
        self._menu_object = MenuObject(
            lambda: self.menu, self._send, self._clicked.append, lambda: self.on_look()
        )
        self._objects = Objects(self._item, self._menu_object.interface)

    @property
    def cuts_tall_menus(self) -> bool:
        """Whether the rows of a menu that the screen is too low for are out of reach."""
        return self._panel is not None and self._panel.kind == "GNOME"

    def resize_menu(self) -> None:
        """Tell hosts now that the menu has other entries, though nobody looks. Any thread.

        Some pop a menu up in the size that it had when they last heard of it, and cut it off there.
        """
        self._menu_due_seconds = 0.0
        # New rows are short at first: no rate is known yet.
        self._menu_pause_seconds = _FIRST_MENU_SECONDS
        self._update_menu()

    # The loop. Its thread only, from here on.

    def _loop(self) -> None:
        delay_seconds = FIRST_RETRY_SECONDS
        while not self._stopping:
            try:
                with contextlib.closing(SessionBus(os.environ)) as self._bus:
                    delay_seconds = FIRST_RETRY_SECONDS
                    self._serve(self._bus)
            except (OSError, BusError) as error:
                level = logging.WARNING if delay_seconds == FIRST_RETRY_SECONDS else logging.DEBUG
                _log.log(level, "the tray icon has no session bus: %s", error)
            self._forget_bus()
            self._sleep(delay_seconds)
            delay_seconds = min(2 * delay_seconds, LAST_RETRY_SECONDS)

    def _serve(self, bus: SessionBus) -> None:
        """Serve one connection until told to stop. Raises: OSError, BusError when it breaks."""
        about_owner = f"sender='{BUS_NAME}',member='NameOwnerChanged',arg0='{WATCHER}'"
        about_hosts = f"sender='{WATCHER}',interface='{WATCHER}'"
        for rule in (about_owner, about_hosts):
            bus.call(BUS, "AddMatch", "s", (f"type='signal',{rule}",))
        # Not the usual "org.kde.StatusNotifierItem-PID-1": GNOME's extension watches a name that is
        # not the connection's own, and drops the icon if it hears of its owner at a bad moment.
        self._bus_name = bus.unique_name
        self._call(BUS, "GetNameOwner", "s", (WATCHER,), self._on_watcher_found)
        self._panel = PanelWatch(os.environ, self._ask)
        self._panel.start()
        poll = select.poll()  # not select.select, which fails beyond 1,024 open files
        poll.register(bus, select.POLLIN)
        poll.register(self._loop_end, select.POLLIN)
        while not self._stopping:
            for message in bus.receive():
                self._handle(message)
                self._run_clicked()
            due_seconds = self._tell_hosts()
            ready = {descriptor for descriptor, _ in poll.poll(milliseconds_until(due_seconds))}
            if self._loop_end.fileno() in ready:
                time.sleep(_GATHER_SECONDS)
                self._drain_wakes()

    def _forget_bus(self) -> None:
        self._bus = None
        self._replies.clear()
        self._clicked.clear()
        if not self._stopping:
            self._set_watcher("")

    def _send(self, message: Message) -> None:
        if self._bus:
            self._bus.send(message)

    def _call(self, to: DBusAddress, method: str, signature: str, body: Body, reply: Reply) -> None:
        self._ask(new_method_call(to, method, signature, body), reply)

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
        """Do what was clicked, now that the host has its answer."""
        while self._clicked:
            self._run_action(self._clicked.pop(0))
            self._menu_due_seconds = 0.0
            self.update_menu()

    # The watcher, at which icons register, and the hosts, which show them.

    def _on_signal(self, message: Message) -> None:
        sender = message.header.fields.get(HeaderFields.sender)
        member = message.header.fields.get(HeaderFields.member)
        if sender == BUS_NAME and member == "NameOwnerChanged":
            name, _, owner = message.body
            if name == WATCHER:
                self._set_watcher(owner)
        elif sender == self._watcher and member in _HOST_SIGNALS:
            self._ask_for_host()
        if self._panel:
            self._panel.on_signal(message)

    def _on_watcher_found(self, reply: Message) -> None:
        is_error = reply.header.message_type is MessageType.error
        self._set_watcher("" if is_error else reply.body[0])

    def _set_watcher(self, owner: str) -> None:
        self._watcher = owner
        self._told = None
        self._menu_object.forget_watchers()
        if not owner:
            self._set_seen(False)

    def _offer_label(self, label: str) -> None:
        """Have the label among the properties only if there is one.

        It is no part of the protocol, but of what GNOME's extension and MATE understand. MATE shows
        it in the icon's place, even an empty one.
        """
        for name in _LABEL_PROPERTIES:
            self._properties.pop(name, None)
        if label:
            self._properties |= _LABEL_PROPERTIES | {"XAyatanaLabel": Property("s", lambda: label)}

    def _register(self, now: _Shown) -> None:
        self._told = now
        self._offer_label(now.label)
        self._menu_object.publish()
        body = (self._bus_name,)
        self._call(_WATCHER_OBJECT, "RegisterStatusNotifierItem", "s", body, self._on_registered)

    def _on_registered(self, reply: Message) -> None:
        if reply.header.message_type is MessageType.error:
            _log.warning("the tray refused the icon: %s", as_error(reply))
            self._set_seen(False)
        else:
            self._ask_for_host()

    def _ask_for_host(self) -> None:
        """Ask whether there is anything that shows icons; a watcher alone does not."""
        body = (WATCHER, "IsStatusNotifierHostRegistered")
        self._call(_WATCHER_PROPERTIES, "Get", "ss", body, self._on_host_told)

    def _on_host_told(self, reply: Message) -> None:
        if not self._watcher:
            return  # It has gone, and the bus answers in its place.
        # A watcher that does not know the question is taken for a host as well.
        is_error = reply.header.message_type is MessageType.error
        self._set_seen(is_error or reply.body[0] != ("b", False))

    # What hosts are told, and what they may ask.

    def _shown(self) -> _Shown:
        status = "NeedsAttention" if self._attention else "Active"
        icon = self._icon
        if isinstance(icon, IconPicture) and icon.panel == "auto" and self._panel:
            icon = replace(icon, panel=self._panel.panel)
        if not self._wanted:
            status = "Passive"
        return _Shown(icon, _as_tooltip(self._title), status, plain_line(self._label, _LABEL_LIMIT))

    def _tell_hosts(self) -> float | None:
        """Register where that is due; send a signal for whatever hosts were told otherwise.

        Returns: when to come again, on the monotonic clock, if something is left for later.
        """
        now, told = self._shown(), self._told
        later_seconds = None
        if told is None:
            if self._watcher and self._wanted:
                self._register(now)
            return None
        if now.icon != told.icon:
            self._send(self._item.signal("NewIcon"))
        if _attention_icon(now) != _attention_icon(told):
            self._send(self._item.signal("NewAttentionIcon"))
        if now.tooltip != told.tooltip:
            if self._menu_object.just_opened:
                # XFCE would show the tooltip again, on top of the open menu. It does not tell when
                # that closes, so this cannot last until then.
                now = now._replace(tooltip=told.tooltip)
            elif time.monotonic() < self._tooltip_due_seconds:
                later_seconds = self._tooltip_due_seconds
                now = now._replace(tooltip=told.tooltip)
            else:
                self._tooltip_due_seconds = time.monotonic() + _TOOLTIP_SECONDS
                self._send(self._item.signal("NewToolTip"))
        if now.status != told.status:
            self._send(self._item.signal("NewStatus", now.status))
        if now.label != told.label:
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
        self._told = now
        return later_seconds

    def _interface(self) -> Interface:
        self._properties: dict[str, Property] = {
            "Category": Property("s", lambda: "ApplicationStatus"),
            "Id": Property("s", lambda: self.name),
            "Title": Property("s", lambda: self.name.capitalize()),
            "Status": Property("s", lambda: self._shown().status),
            "WindowId": Property("i", lambda: 0),
            "IconName": Property("s", str),
            "IconPixmap": Property("a(iiay)", lambda: self._draw(self._shown().icon)),
            "OverlayIconName": Property("s", str),
            "OverlayIconPixmap": Property("a(iiay)", list),
            "AttentionIconName": Property("s", str),
            "AttentionIconPixmap": Property(
                "a(iiay)", lambda: self._draw(_attention_icon(self._shown()))
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
        self._clicked.append(lambda _: self.on_middle())
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
        """What a screen reader says of the icon."""
        return plain_line(self._title.partition("\n")[0], _TITLE_LIMIT)

    def _tooltip(self) -> tuple[str, list[Pixmap], str, str]:
        # What was told, not what is: hosts ask at other times, too, and may then show it anew.
        return "", [], *(self._told or self._shown()).tooltip

    def _draw(self, icon: Any) -> list[Pixmap]:
        """Draw when asked, and not twice: hosts ask again after each change of a text."""
        if icon is None:
            return []
        kind = self._panel.kind if self._panel else ""
        sizes_px = SIZES_BY_PANEL_PX.get(kind, ICON_SIZES_PX)
        if (icon, sizes_px) != self._pixmap_source:
            self._pixmap_source = icon, sizes_px
            if isinstance(icon, IconPicture):
                drawn = draw_argb(icon, sizes_px)
                self._pixmaps = [
                    (size, size, data) for size, data in zip(sizes_px, drawn, strict=True)
                ]
            else:
                self._pixmaps = [_as_pixmap(icon)]
        return self._pixmaps


_LABEL_PROPERTIES = {
    "XAyatanaLabel": Property("s", str),
    "XAyatanaLabelGuide": Property("s", lambda: _LABEL_GUIDE),
}
_HOST_SIGNALS = ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered")


@functools.lru_cache(maxsize=2)
def _as_tooltip(text: str) -> tuple[str, str]:
    title, _, description = without_markup(text).partition("\n")
    return plain_line(title, _TITLE_LIMIT), plain_lines(description, _TOOLTIP_LIMIT)


def _attention_icon(shown: _Shown) -> Any:
    return shown.icon if shown.status == "NeedsAttention" else None


def _as_pixmap(image: Image.Image) -> Pixmap:
    red, green, blue, alpha = image.convert("RGBA").split()
    return image.width, image.height, Image.merge("RGBA", (alpha, red, green, blue)).tobytes()
