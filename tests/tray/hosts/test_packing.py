"""What is packed here is, byte by byte, what jeepney packs, and so can be read by everybody."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    Parser,
    new_method_call,
    new_method_return,
    new_signal,
)

from trayapp.tray.hosts.packing import PackedReturn, PropertyPacker, pack, pack_signal, quick

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PIXMAPS = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1), st.integers(0, 200), st.binary(max_size=50)
    ),
    max_size=5,
)  # fmt: skip
VALUES = st.one_of(
    st.tuples(st.just("s"), TEXTS),
    st.tuples(st.just("o"), st.just("/MenuBar")),
    st.tuples(st.just("i"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("u"), st.integers(0, 2**32 - 1)),
    st.tuples(st.just("b"), st.booleans()),
    st.tuples(st.just("as"), st.lists(TEXTS, max_size=4)),
    st.tuples(st.just("a(iiay)"), PIXMAPS),
    st.tuples(st.just("(sa(iiay)ss)"), st.tuples(TEXTS, PIXMAPS, TEXTS, TEXTS)),
)
PROPERTIES = st.dictionaries(st.text("abcXYZ", min_size=1, max_size=12), VALUES, max_size=12)


def call_from(sender: str | None, serial: int) -> Message:
    at = DBusAddress("/StatusNotifierItem", "org.example", "org.freedesktop.DBus.Properties")
    call = new_method_call(at, "GetAll", "s", ("org.kde.StatusNotifierItem",))
    call.header.serial = serial
    if sender is not None:
        call.header.fields[HeaderFields.sender] = sender
    return call


def assert_is_as_packed_by_jeepney(call: Message, signature: str, body: bytes, value: Any) -> None:
    packed = PackedReturn(call, signature, body).serialise(77)
    assert packed == new_method_return(call, signature, (value,)).serialise(serial=77)
    (message,) = Parser().feed(packed)
    assert message.body == (value,)


@settings(deadline=None)
@given(
    states=st.lists(PROPERTIES, min_size=1, max_size=4),
    sender=st.none() | st.from_regex(r"\A:1\.[0-9]{1,9}\Z"),
    serial=st.integers(1, 2**32 - 1),
)
def test_all_properties(
    states: list[dict[str, tuple[str, Any]]], sender: str | None, serial: int
) -> None:
    """Also when some have changed since they were packed last, even their type."""
    packer = PropertyPacker()
    call = call_from(sender, serial)
    for state in [*states, *states]:
        assert_is_as_packed_by_jeepney(call, "a{sv}", packer.pack_all(state), state)


@given(VALUES)
def test_one_property(value: tuple[str, Any]) -> None:
    assert_is_as_packed_by_jeepney(call_from(":1.7", 3), "v", pack("v", (value,)), value)


MENU_PROPERTIES = st.dictionaries(
    st.sampled_from(["label", "enabled", "toggle-state", "icon-data", "visible"]),
    st.one_of(VALUES, st.tuples(st.just("ay"), st.binary(max_size=20))),
)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
LAYOUTS = st.recursive(
    st.tuples(NUMBERS, MENU_PROPERTIES, st.just([])),
    lambda below: st.tuples(
        NUMBERS, MENU_PROPERTIES, st.lists(st.tuples(st.just("(ia{sv}av)"), below), max_size=3)
    ),
    max_leaves=6,
)
BODIES = st.one_of(
    st.tuples(st.just("u(ia{sv}av)"), st.tuples(st.integers(0, 2**32 - 1), LAYOUTS)),
    st.tuples(
        st.just("a(ia{sv})a(ias)"),
        st.tuples(
            st.lists(st.tuples(NUMBERS, MENU_PROPERTIES), max_size=4),
            st.lists(st.tuples(NUMBERS, st.lists(TEXTS, max_size=3)), max_size=3),
        ),
    ),
    st.tuples(st.just("aiai"), st.tuples(st.lists(NUMBERS), st.lists(NUMBERS))),
    st.tuples(st.just("b"), st.tuples(st.booleans())),
    st.tuples(st.just("ss"), st.tuples(TEXTS, TEXTS)),
)


@settings(deadline=None)
@given(BODIES)
def test_what_menus_answer(body: tuple[str, tuple[Any, ...]]) -> None:
    reply = new_method_return(call_from(":1.7", 3), *body)
    packed = quick(reply).serialise(5)
    assert packed == reply.serialise(serial=5)
    assert Parser().feed(packed)[0].body == body[1]


def test_a_reply_without_a_body() -> None:
    reply = new_method_return(call_from(":1.7", 3))
    assert quick(reply).serialise(5) == reply.serialise(serial=5)


@pytest.mark.parametrize(
    ("signature", "body"),
    [
        ("s", (7,)),
        ("i", ("7",)),
        ("u", (-1,)),
        ("ss", ("one",)),
        ("(ii)", ((1,),)),
        ("s", ("\ud800",)),
    ],
)
def test_what_does_not_fit_is_not_packed(signature: str, body: tuple[Any, ...]) -> None:
    with pytest.raises((AttributeError, ValueError, struct.error)):
        pack(signature, body)


@given(st.integers(1, 2**32 - 1), st.sampled_from(["NewIcon", "NewToolTip"]))
def test_signals(serial: int, member: str) -> None:
    path, interface = "/StatusNotifierItem", "org.kde.StatusNotifierItem"
    expected = new_signal(DBusAddress(path, interface=interface), member)
    packed = pack_signal(path, interface, member).serialise(serial)
    assert packed == expected.serialise(serial=serial)
