"""Menus for icons of our own, with the interface of pystray's `Menu` and `MenuItem`.

pystray's own are for its backends: they load `inspect` and `logging`, 1.5 MiB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

Action = Callable[[Any, "MenuItem"], object]
"""Gets the icon and the entry that was clicked."""


class MenuItem:
    """One entry, which does not change."""

    __slots__ = ("_action", "checked", "default", "enabled", "key", "picture", "radio", "spoken",
                 "submenu", "text")  # fmt: skip

    def __init__(
        self,
        text: str,
        action: Action | Menu | None,
        *,
        checked: Callable[[MenuItem], bool] | None = None,
        radio: bool = False,
        default: bool = False,
        enabled: bool = True,
    ) -> None:
        """`action` may be a menu, which opens; `default`: a click on the icon is one on this."""
        self.text = text
        self.submenu = action if isinstance(action, Menu) else None
        self._action = None if isinstance(action, Menu) else action
        self.checked = None if checked is None else checked(self)
        """None: it cannot be checked."""
        self.radio = radio
        self.default = default
        self.enabled = enabled
        self.key: str | None = None
        """What it is the same entry by, in whatever menu; None: its place."""
        self.spoken = ""
        """What a screen reader reads out where that differs from the text."""
        self.picture = b""
        """A PNG before the text; empty: none."""

    def __call__(self, icon: object) -> None:
        """Act as if it had been clicked."""
        if self._action is not None:
            self._action(icon, self)


class Menu:
    """Entries, or a function that returns those of now."""

    __slots__ = ("_items",)
    SEPARATOR: ClassVar[MenuItem]

    def __init__(self, *items: MenuItem | Callable[[], Iterable[MenuItem]]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[MenuItem]:
        """Yield the entries, without separators that separate nothing."""
        before: MenuItem | None = None
        gap = False
        for item in self._all():
            if item is Menu.SEPARATOR:
                gap = before is not None
                continue
            if gap:
                yield Menu.SEPARATOR
            yield item
            before, gap = item, False

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __call__(self, icon: object) -> None:
        """Act as if the icon had been clicked."""
        item = next((each for each in self._all() if each.default), None)
        if item is not None:
            item(icon)

    def _all(self) -> Iterable[MenuItem]:
        for item in self._items:
            if isinstance(item, MenuItem):
                yield item
            else:
                yield from item()


Menu.SEPARATOR = MenuItem("- - - -", None)
