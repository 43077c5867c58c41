"""The freedesktop notification service over D-Bus: urgency, buttons, replacing in place."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageFlag,
    MessageType,
    new_method_call,
)

from trayapp.dataclass import dataclass, field
from trayapp.delivery.banner import Banner, DeliveryResult, plain, presentable
from trayapp.delivery.sinks import Available, ButtonPressed, DesktopSink, Surroundings
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import N_, _, format_number
from trayapp.platforms.session_bus import BUS, BusError, SessionBus

CALL_LIMIT_SECONDS = 3.0
"""How long a service may take to answer before it counts as hanging."""

_SERVICE = "org.freedesktop.Notifications"
_ADDRESS = DBusAddress("/org/freedesktop/Notifications", _SERVICE, _SERVICE)
_NO_SERVICE = N_("no notification service on the session bus")
_SERVICE_CHANGED = MatchRule(
    type="signal",
    sender="org.freedesktop.DBus",
    interface="org.freedesktop.DBus",
    member="NameOwnerChanged",
    path="/org/freedesktop/DBus",
)
_SERVICE_CHANGED.add_arg_condition(0, _SERVICE)
_SIGNALS = MatchRule(type="signal", sender=_SERVICE, interface=_SERVICE, path=_ADDRESS.object_path)
_URGENCY = {Level.NORMAL: 0, Level.WARNING: 1, Level.CRITICAL: 2, Level.EMERGENCY: 2}
_REMEMBERED = 128

_SHOWS_DEFAULT = "Xfce"
"""Name of the service that shows even the action of a click on the banner as a button."""
K = TypeVar("K")
T = TypeVar("T")


@dataclass(slots=True, repr=False)
class _Unanswered:
    """A banner that a hanging service may yet show."""

    serial: int
    banner: Banner
    withdrawn: bool = False


@dataclass(slots=True, repr=False)
class _Service:
    """The state of one run of a notification service; the next run knows none of it."""

    owner: str = ""
    """Its unique name on the bus; empty: not asked yet."""
    title: str = ""
    """Name and version, for people."""
    capabilities: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)
    """The service's number of each banner on the screen, by key."""
    banners: dict[int, Banner] = field(default_factory=dict)
    """The newest banners, on the screen or not, by number."""
    unanswered: _Unanswered | None = None
    asked_serial: int | None = None
    """A question about the service itself that has no answer yet."""
    late: dict[str, Banner] = field(default_factory=dict)
    """Banners shown after we had stopped waiting: already there when they are tried again."""


def open_sink(surroundings: Surroundings) -> FreedesktopNotifications:
    return FreedesktopNotifications(icon_file=surroundings.icon_file)


class FreedesktopNotifications(DesktopSink):
    """Shows banners through `org.freedesktop.Notifications`.

    It has a connection of its own, so that nothing else waits for a hanging service. The service
    may come, hang, end and come back at any time.

    Each call takes at most `CALL_LIMIT_SECONDS`. A hanging service is given one banner only; before
    the next it is asked whether it lives, else it would show every attempt at once later.
    """

    def __init__(
        self, *, icon_file: Path | None = None, env: Mapping[str, str] = os.environ
    ) -> None:
        """`icon_file` is shown in the banners; `env` has the address of the session bus."""
        self.status = _("notifications not started yet")
        self.is_ready = False
        self._icon = icon_file.absolute().as_uri() if icon_file else ""
        self._env = env
        self._bus: SessionBus | None = None
        self._service = _Service()
        self._events: list[ButtonPressed | Available] = []

    def prepare(self) -> None:
        self._guarded(self._meet_service)

    def send(self, banner: Banner, /) -> DeliveryResult:
        if self._guarded(lambda deadline: self._show(banner, deadline)):
            return DeliveryResult(True, self._service.title)
        return DeliveryResult(False, self.status)

    def withdraw(self, key: str) -> None:
        service = self._service
        service.late.pop(key, None)
        if service.unanswered and service.unanswered.banner.key == key:
            service.unanswered.withdrawn = True
        if (number := service.numbers.pop(key, None)) is not None:
            self._guarded(lambda deadline: self._close_banner(number, deadline))

    def finish(self, banner: Banner) -> None:
        if banner.key in self._service.numbers:
            self.send(banner)
        else:
            self.withdraw(banner.key)

    def fileno(self) -> int | None:
        return self._bus.fileno() if self._bus else None

    def take_events(self) -> list[ButtonPressed | Available]:
        if self._bus:
            try:
                for message in self._bus.receive():
                    self._on_message(message)
            except (OSError, ValueError) as error:
                self._lose_bus(_reason(error))
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        for key in list(self._service.numbers):
            self.withdraw(key)
        self._lose_bus(_("notifications stopped"))

    def _show(self, banner: Banner, deadline: float) -> None:
        bus = self._meet_service(deadline)
        if self._service.late.pop(banner.key, None) == banner:
            return
        serial = bus.send(self._notify_message(banner), deadline)
        try:
            reply = bus.reply_to(serial, deadline, self._on_message)
        except TimeoutError:
            self._service.unanswered = _Unanswered(serial, banner)
            raise
        self._on_shown(reply, banner)

    def _notify_message(self, banner: Banner) -> Message:
        capabilities = self._service.capabilities
        shown = presentable(banner, title_units=150, body_units=1000)
        markup = "body-markup" in capabilities
        actions = [
            text
            for action in shown.actions
            if action[0] != "default" or not self._service.title.startswith(_SHOWS_DEFAULT)
            for text in action
        ]
        emergency = banner.level is Level.EMERGENCY
        hints = {
            # A byte: an integer of any other size is ignored by dunst and xfce4-notifyd.
            "urgency": ("y", _URGENCY[banner.level]),
            "category": ("s", "x-memtray.alert"),
            "desktop-entry": ("s", "memtray"),
            "suppress-sound": ("b", not emergency),
        }
        if self._icon:
            hints["image-path"] = ("s", self._icon)
        arguments = (
            "Memtray",
            self._service.numbers.get(banner.key, 0),
            "",
            shown.title,
            _escape(shown.body) if markup else shown.body,
            actions if "actions" in capabilities else [],
            hints,
            0 if emergency else -1,
        )
        return new_method_call(_ADDRESS, "Notify", "susssasa{sv}i", arguments)

    def _close_banner(self, number: int, deadline: float) -> None:
        message = new_method_call(_ADDRESS, "CloseNotification", "u", (number,))
        # What does not run has nothing to close.
        message.header.flags |= MessageFlag.no_reply_expected | MessageFlag.no_auto_start
        if self._bus:
            self._bus.send(message, deadline)

    def _meet_service(self, deadline: float) -> SessionBus:
        """Connect and identify the service unless done; check that it does not hang."""
        if self._bus is None:
            self._bus = self._connect(deadline)
        service = self._service
        if not service.owner or service.unanswered or service.asked_serial is not None:
            reply = self._ask(self._bus, "GetServerInformation", deadline)
            capabilities = self._ask(self._bus, "GetCapabilities", deadline).body[0]
            service = self._service  # Another run of it may have answered.
            # Answers come in order: what has none by now never gets one.
            service.unanswered = service.asked_serial = None
            service.owner = reply.header.fields.get(HeaderFields.sender, "")
            service.title = plain(f"{reply.body[0]} {reply.body[2].split(' ')[0]}", 60)
            service.capabilities = frozenset(capabilities)
            self.status = _("notifications through {service}").format(service=service.title)
            self.is_ready = True
        return self._bus

    def _connect(self, deadline: float) -> SessionBus:
        bus = SessionBus(self._env, deadline=deadline)
        try:
            for rule in (_SERVICE_CHANGED, _SIGNALS):
                bus.call(BUS, "AddMatch", "s", (rule.serialise(),), deadline=deadline)
        except BaseException:
            bus.close()
            raise
        return bus

    def _ask(self, bus: SessionBus, method: str, deadline: float) -> Message:
        serial = bus.send(new_method_call(_ADDRESS, method), deadline)
        try:
            return bus.reply_to(serial, deadline, self._on_message)
        except TimeoutError:
            self._service.asked_serial = serial
            raise

    def _on_message(self, message: Message) -> None:
        fields = message.header.fields
        if message.header.message_type is MessageType.signal:
            sender, member = fields.get(HeaderFields.sender), fields.get(HeaderFields.member)
            if sender == "org.freedesktop.DBus" and member == "NameOwnerChanged":
                self._on_service_changed(*message.body)
            elif sender == self._service.owner:  # Anybody on the bus can send signals to us.
                self._on_signal(member, message.body)
        elif HeaderFields.reply_serial in fields:
            self._on_late_reply(fields[HeaderFields.reply_serial], message)

    def _on_late_reply(self, serial: int, message: Message) -> None:
        service = self._service
        if serial == service.asked_serial:
            service.asked_serial = None
            self._events.append(Available())
        late = service.unanswered
        if late is None or serial != late.serial:
            return
        service.unanswered = None
        if message.header.message_type is MessageType.method_return:
            self._on_shown(message, late.banner)
            if late.withdrawn:
                self.withdraw(late.banner.key)
            else:
                service.late[late.banner.key] = late.banner
        self._events.append(Available())

    def _on_shown(self, reply: Message, banner: Banner) -> None:
        (number,) = reply.body
        _remember(self._service.numbers, banner.key, number)
        _remember(self._service.banners, number, banner)

    def _on_signal(self, member: str, body: tuple[object, ...]) -> None:
        if len(body) != 2 or not isinstance(body[0], int):
            return
        number, detail = body[0], body[1]
        banner = self._service.banners.get(number)
        if banner is None:
            return  # Another program's.
        if member == "NotificationClosed":
            # The banner stays known: some services close it before they report which button it was.
            if self._service.numbers.get(banner.key) == number:
                del self._service.numbers[banner.key]
        elif member == "ActionInvoked" and any(detail == key for key, _ in banner.actions):
            self._events.append(ButtonPressed(banner.key, str(detail)))

    def _on_service_changed(self, _name: str, _old_owner: str, new_owner: str) -> None:
        self._service = _Service()
        if new_owner:
            self._events.append(Available())
        else:
            self._complain(_(_NO_SERVICE))

    def _complain(self, why: str) -> None:
        self.status, self.is_ready = why, False

    def _lose_bus(self, why: str) -> None:
        if self._bus:
            self._bus.close()
            self._bus = None
        self._service = _Service()
        self._complain(why)

    def _guarded(self, action: Callable[[float], object]) -> bool:
        """Return whether it worked within the time limit; if not, the status has the reason."""
        try:
            action(time.monotonic() + CALL_LIMIT_SECONDS)
        except TimeoutError:
            limit = format_number(CALL_LIMIT_SECONDS, None)
            text = _("the notification service does not answer within {seconds} s")
            self._complain(text.format(seconds=limit))
        except BusError as error:
            absent = error.name.endswith((".ServiceUnknown", ".NameHasNoOwner"))
            refusal = _("the notification service refused: {reason}").format(reason=error)
            self._complain(_(_NO_SERVICE) if absent else plain(refusal, 200))
        except (OSError, ValueError) as error:
            self._lose_bus(_reason(error))
        else:
            return True
        return False


def _escape(text: str) -> str:
    # As html.escape(text, quote=False), but that module keeps all names of characters in memory.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _reason(error: OSError | ValueError) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return plain(_("no notifications: {reason}").format(reason=text), 200)


def _remember(memory: dict[K, T], key: K, value: T) -> None:
    """Store an entry, keeping the newest `_REMEMBERED` only."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > _REMEMBERED:
        del memory[next(iter(memory))]
