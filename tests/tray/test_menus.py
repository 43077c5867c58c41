"""The menus of our own icons: they are used as pystray's are."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from trayapp.tray import menus, pystray_safe

KINDS = pytest.mark.parametrize("kind", [menus, pystray_safe], ids=["own", "pystray"])
"""What is promised of both."""


@KINDS
def test_separators_that_separate_nothing_are_left_out(kind: ModuleType) -> None:
    a, b, c = (kind.MenuItem(text, None) for text in "abc")
    line = kind.Menu.SEPARATOR
    menu = kind.Menu(line, line, a, line, line, b, c, line)
    assert [item.text for item in menu] == ["a", line.text, "b", "c"]
    assert not kind.Menu(line, line)


@KINDS
def test_a_function_makes_the_entries_of_now(kind: ModuleType) -> None:
    texts = ["a"]
    menu = kind.Menu(lambda: [kind.MenuItem(text, None) for text in texts])
    assert [item.text for item in menu] == ["a"]
    texts.append("b")
    assert [item.text for item in menu] == ["a", "b"]


@KINDS
def test_a_click_on_the_icon_is_one_on_the_default_entry(kind: ModuleType) -> None:
    clicked: list[tuple[Any, str]] = []

    def click(icon: Any, item: Any) -> None:
        clicked.append((icon, item.text))

    menu = kind.Menu(
        kind.MenuItem("first", click),
        kind.MenuItem("second", click, default=True),
        kind.MenuItem("third", click, default=True),
    )
    menu("the icon")
    next(iter(menu))("another")
    kind.Menu(kind.MenuItem("no default", click))("the icon")
    kind.MenuItem("nothing", None)("the icon")
    assert clicked == [("the icon", "second"), ("another", "first")]


@KINDS
def test_an_entry_says_what_it_is(kind: ModuleType) -> None:
    below = kind.Menu(kind.MenuItem("below", None))
    opening = kind.MenuItem("opens", below, enabled=False)
    checked = kind.MenuItem("checked", None, checked=lambda _: True, radio=True)
    plain = kind.MenuItem("plain", None)
    assert [(each.submenu, each.enabled) for each in (opening, checked, plain)] == [
        *((below, False), (None, True), (None, True))
    ]
    assert [(each.checked, each.radio) for each in (opening, checked, plain)] == [
        *((None, False), (True, True), (None, False))
    ]
