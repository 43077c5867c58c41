"""Answering what others on the bus ask of an object: methods, properties, introspection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    new_error,
    new_method_return,
    new_signal,
)

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.log import Log
from trayapp.tray.hosts.packing import (
    PackedReturn,
    PropertyPacker,
    Sendable,
    pack,
    pack_signal,
    quick,
)

Body = tuple[Any, ...]
Variant = tuple[str, Any]

_ERROR = "org.freedesktop.DBus.Error."
_INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
_PEER = "org.freedesktop.DBus.Peer"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_log = Log(__name__)


class BusFaultError(Exception):
    """An error reply; `name` is the last part of a standard D-Bus error name."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = _ERROR + name


class Method(NamedTuple):
    """A method that others may call."""

    takes: tuple[str, ...]
    """The type of each argument."""
    gives: tuple[str, ...]
    """The type of each result."""
    run: Callable[..., Body | bytes]
    """Gets the arguments, gives the results, perhaps packed; may raise BusFaultError."""


class Property(NamedTuple):
    """A property that others may read."""

    type: str
    read: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface at a path of its own."""

    path: str
    name: str
    methods: Mapping[str, Method]
    properties: Mapping[str, Property] = field(default_factory=dict)
    signals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def signal(self, member: str, *body: Any) -> Sendable:
        if not body:
            return pack_signal(self.path, self.name, member)
        signature = "".join(self.signals[member])
        emitter = DBusAddress(self.path, interface=self.name)
        return quick(new_signal(emitter, member, signature, body))

    def read_all(self) -> dict[str, Variant]:
        """Return every property with its type."""
        return {name: (item.type, item.read()) for name, item in self.properties.items()}


class Objects:
    """Everything we offer on the bus: each interface at a path of its own."""

    def __init__(self, *interfaces: Interface) -> None:
        self._at = {interface.path: interface for interface in interfaces}
        self._offered: dict[str, Mapping[str, Mapping[str, Method]]] = {}
        """What `_interfaces` has found at the paths of these."""

    def answer(self, call: Message, send: Callable[[Sendable], object]) -> None:
        """Send the reply to a method call, unless the caller wants none.

        Raises: only an OSError of `send`.
        """
        try:
            signature, body = self._run(call)
            if isinstance(body, bytes):
                reply: Sendable = PackedReturn(call, signature, body)
            else:
                reply = quick(new_method_return(call, signature or None, body))
        except BusFaultError as fault:
            reply = new_error(call, fault.name, "s", (str(fault),))
        except Exception:  # noqa: BLE001 - a fault of ours; the caller gets an error, and the tray lives on
            reply = _internal_error(call)
        if call.header.flags & MessageFlag.no_reply_expected:
            return
        try:
            send(reply)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - what cannot be encoded has not been sent
            send(_internal_error(call))

    def _run(self, call: Message) -> tuple[str, Body | bytes]:
        fields = call.header.fields
        path = fields.get(HeaderFields.path, "")
        member = fields.get(HeaderFields.member, "")
        wanted = fields.get(HeaderFields.interface)
        for name, methods in self._interfaces(path).items():
            method = methods.get(member)
            if method is None or wanted not in (None, name):
                continue
            if fields.get(HeaderFields.signature, "") != "".join(method.takes):
                raise BusFaultError("InvalidArgs", f"{member} takes ({', '.join(method.takes)})")
            return "".join(method.gives), method.run(*call.body)
        if path not in self._at and not self._children(path):
            raise BusFaultError("UnknownObject", f"no object at {path}")
        raise BusFaultError(
            "UnknownMethod", f"no method {member} of {wanted or 'any interface'} at {path}"
        )

    def _interfaces(self, path: str) -> Mapping[str, Mapping[str, Method]]:
        if path in self._offered:
            return self._offered[path]
        found: dict[str, Mapping[str, Method]] = {
            # Ping is answered whatever the path.
            _PEER: {"Ping": Method((), (), lambda: ())}
        }
        own = self._at.get(path)
        if own or self._children(path):
            introspect = Method((), ("s",), lambda: (self._introspect(path),))
            found[_INTROSPECTABLE] = {"Introspect": introspect}
        if own:
            found[_PROPERTIES] = _property_methods(own)
            found[own.name] = own.methods
            self._offered[path] = found
        return found

    def _children(self, path: str) -> list[str]:
        """Return the names right below `path`."""
        start = path.rstrip("/") + "/"
        below = (other[len(start) :] for other in self._at if other.startswith(start))
        return sorted({name.split("/")[0] for name in below if name})

    def _introspect(self, path: str) -> str:
        lines = ["<node>"]
        for name, methods in self._interfaces(path).items():
            lines.append(f'<interface name="{name}">')
            for member, method in methods.items():
                lines.append(f'<method name="{member}">')
                lines += [f'<arg type="{kind}" direction="in"/>' for kind in method.takes]
                lines += [f'<arg type="{kind}" direction="out"/>' for kind in method.gives]
                lines.append("</method>")
            own = self._at.get(path)
            if own and own.name == name:
                for member, item in own.properties.items():
                    lines.append(f'<property name="{member}" type="{item.type}" access="read"/>')
                for member, kinds in own.signals.items():
                    lines.append(f'<signal name="{member}">')
                    lines += [f'<arg type="{kind}"/>' for kind in kinds]
                    lines.append("</signal>")
            lines.append("</interface>")
        lines += [f'<node name="{child}"/>' for child in self._children(path)]
        return "\n".join([*lines, "</node>"])


def _internal_error(call: Message) -> Message:
    """Return the reply for an exception of our own."""
    _log.exception("cannot answer %s", call.header.fields.get(HeaderFields.member))
    return new_error(call, _ERROR + "Failed", "s", ("internal error",))


def _property_methods(own: Interface) -> dict[str, Method]:
    packer = PropertyPacker()

    def get(interface: str, name: str) -> bytes:
        if interface not in ("", own.name) or name not in own.properties:
            raise BusFaultError("UnknownProperty", f"no property {name} of {interface}")
        item = own.properties[name]
        return pack("v", ((item.type, item.read()),))

    def get_all(interface: str) -> bytes:
        return packer.pack_all(own.read_all() if interface in ("", own.name) else {})

    def set_(interface: str, name: str, _: Variant) -> Body:
        raise BusFaultError("PropertyReadOnly", f"{interface} {name} cannot be set")

    return {
        "Get": Method(("s", "s"), ("v",), get),
        "GetAll": Method(("s",), ("a{sv}",), get_all),
        "Set": Method(("s", "s", "v"), (), set_),
    }
