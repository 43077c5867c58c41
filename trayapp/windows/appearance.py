"""The first page of the settings: theme and icon, with the icon as it will look."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator, Mapping
from tkinter import ttk

from trayapp.domain.records.colors import Rgb, parse_color
from trayapp.domain.showing.menu import DRAWN_NUMBERS, IconPicture
from trayapp.settings.editor import SettingsEditor, default_value
from trayapp.settings.fields import Field
from trayapp.settings.records import fields_of

ICON_TABLE = "icon"
"""The section that is shown on this page instead of one of its own."""
_FIRST = ("ui.theme", "icon.shows", "icon.number", "icon.scale", "icon.palette", "icon.panel")
_COLORS = ("normal_color", "warning_color", "critical_color", "emergency_color")
_MOST_SCALE = 4

DrawPreview = Callable[[IconPicture, int], bytes]
"""Draws an icon with this palette, colours, panel and number, at so many pixels for one; a PNG."""


def appearance_fields() -> Iterator[Field]:
    """Yield the settings of the page, the most visible first."""
    for name in _FIRST:
        table, _, key = name.partition(".")
        yield fields_of(table)[key]
    for key, field in fields_of(ICON_TABLE).items():
        if f"{ICON_TABLE}.{key}" not in _FIRST:
            yield field


def with_palette(table: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return the values with the palette in which a colour that is chosen can be seen."""
    is_color = table == ICON_TABLE and any(values.get(key) is not None for key in _COLORS)
    return {**values, "palette": "custom"} if is_color else dict(values)


class IconPreview(ttk.Label):
    """The icon in every size and state, on a light and on a dark panel."""

    def __init__(
        self, parent: tk.Misc, editor: SettingsEditor, draw: DrawPreview, scale: float
    ) -> None:
        super().__init__(parent)
        self._editor = editor
        self._draw = draw
        self._scale = max(1, min(_MOST_SCALE, round(scale)))
        self._shown: IconPicture | None = None
        self._image: tk.PhotoImage | None = None
        self.update_look()

    def update_look(self) -> None:
        """Draw it again if something has changed that it shows."""
        look = self._look()
        if look != self._shown:
            self._shown = look
            self._image = tk.PhotoImage(master=self, data=self._draw(look, self._scale))
            self.configure(image=self._image)

    def _look(self) -> IconPicture:
        number = self._value("number")
        return IconPicture(
            heights=(),
            palette=self._value("palette"),
            colors=tuple(map(self._color, _COLORS)),
            panel=self._value("panel"),
            number_place=number if number in DRAWN_NUMBERS else "off",
        )

    def _value(self, key: str) -> str:
        field = fields_of(ICON_TABLE)[key]
        value = self._editor.value(field)
        return str(default_value(field) if value is None else value)

    def _color(self, key: str) -> Rgb:
        try:
            return parse_color(self._value(key))
        except ValueError:
            # A mistake in the file, which is reported elsewhere.
            return parse_color(str(default_value(fields_of(ICON_TABLE)[key])))
