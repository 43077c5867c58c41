"""The watcher of a session, with which icons register, and whether any host shows them."""

from __future__ import annotations

from collections.abc import Callable

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call

from trayapp.log import Log
from trayapp.platforms.session_bus import BUS, BUS_NAME, as_error
from trayapp.tray.hosts.panel_watch import Ask
from trayapp.tray.hosts.session import WATCHER

MATCHES = (
    f"sender='{BUS_NAME}',member='NameOwnerChanged',arg0='{WATCHER}'",
    f"sender='{WATCHER}',interface='{WATCHER}'",
)
_WATCHER_OBJECT = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
_WATCHER_PROPERTIES = DBusAddress(
    "/StatusNotifierWatcher", WATCHER, "org.freedesktop.DBus.Properties"
)
_HOST_SIGNALS = ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered")
_log = Log(__name__)


class WatcherClient:
    """Knows the watcher of now and registers the icon with it. One thread, that of the bus."""

    def __init__(
        self, ask: Ask, on_changed: Callable[[], None], on_seen: Callable[[bool], None]
    ) -> None:
        """`on_seen` gets whether the icon can be seen; `on_changed`: it must register anew."""
        self._ask = ask
        self._on_changed = on_changed
        self._on_seen = on_seen
        self.owner = ""
        """The watcher's name on the bus; empty: none runs."""

    def find(self) -> None:
        self._ask(new_method_call(BUS, "GetNameOwner", "s", (WATCHER,)), self._on_found)

    def lose(self) -> None:
        """Note that the connection, and with it the watcher, is gone."""
        self._set_owner("")

    def register(self, bus_name: str) -> None:
        call = new_method_call(_WATCHER_OBJECT, "RegisterStatusNotifierItem", "s", (bus_name,))
        self._ask(call, self._on_registered)

    def on_signal(self, message: Message) -> None:
        sender = message.header.fields.get(HeaderFields.sender)
        member = message.header.fields.get(HeaderFields.member)
        if sender == BUS_NAME and member == "NameOwnerChanged":
            name, _, owner = message.body
            if name == WATCHER:
                self._set_owner(owner)
        elif sender == self.owner and member in _HOST_SIGNALS:
            self._ask_for_host()

    def _on_found(self, reply: Message) -> None:
        is_error = reply.header.message_type is MessageType.error
        self._set_owner("" if is_error else reply.body[0])

    def _set_owner(self, owner: str) -> None:
        self.owner = owner
        self._on_changed()
        if not owner:
            self._on_seen(False)

    def _on_registered(self, reply: Message) -> None:
        if reply.header.message_type is MessageType.error:
            _log.warning("the tray refused the icon: %s", as_error(reply))
            self._on_seen(False)
        else:
            self._ask_for_host()

    def _ask_for_host(self) -> None:
        """Ask whether there is anything that shows icons; a watcher alone does not."""
        body = (WATCHER, "IsStatusNotifierHostRegistered")
        self._ask(new_method_call(_WATCHER_PROPERTIES, "Get", "ss", body), self._on_host_told)

    def _on_host_told(self, reply: Message) -> None:
        if not self.owner:
            return  # It has gone, and the bus answers in its place.
        # A watcher that does not know the question is taken for a host as well.
        is_error = reply.header.message_type is MessageType.error
        self._on_seen(is_error or reply.body[0] != ("b", False))
