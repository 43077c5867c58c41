"""A menu or a tooltip beside a tray icon, for trays that show none themselves.

Told by lines of JSON on standard input. `{"menu": [entry, …], "x": …, "y": …}` opens a menu there;
later lines with "menu" change what its entries say, in place. `{"tooltip": text, "x": …, "y": …}`
shows a text until the process is ended. An entry has a "kind" ("action", "check", "radio",
"submenu", "separator"), "key", "label", "enabled", "checked" and "children". For each line that was
read, an empty one is printed. The key of the entry that was chosen is printed; then, or when the
menu is closed otherwise, the process ends.
"""

from __future__ import annotations

import json
import os
import sys
import tkinter as tk
from collections.abc import Mapping, Sequence
from tkinter import font as tkfont
from typing import Any

from trayapp.windows.desktop_theme import prefers_dark
from trayapp.windows.style import open_root, pixel_scale

_GRAB_MS, _GRAB_TRIES = 30, 60
_LIGHT = {"background": "#f6f7f8", "foreground": "#1f2328", "chosen": "#d7e6fb", "faint": "#5f656c"}
_DARK = {"background": "#2e3136", "foreground": "#eceff4", "chosen": "#3f5878", "faint": "#979ca5"}
_EDGE_PX = 2
_LINE_PX = 24


def run_popup() -> int:
    """Show what standard input asks for. Raises: WindowError without a display."""
    first = _read_line()
    if first is None:
        return 0
    root = open_root("Memtray")
    colors = _DARK if prefers_dark(os.environ) else _LIGHT
    font = tkfont.nametofont("TkDefaultFont")
    if "tooltip" in first:
        _show_tooltip(root, first, colors, font)
    else:
        _MenuPopup(root, first, colors, font)
    root.mainloop()
    return 0


def _read_line() -> dict[str, Any] | None:
    line = sys.stdin.buffer.readline()
    if not line:
        return None
    print(flush=True)
    told: dict[str, Any] = json.loads(line)
    return told


def _show_tooltip(
    root: tk.Tk, told: Mapping[str, Any], colors: Mapping[str, str], font: tkfont.Font
) -> None:
    scale = pixel_scale(root)
    window = tk.Toplevel(root, background=colors["faint"])
    window.withdraw()
    window.overrideredirect(True)
    tk.Label(
        window, text=told["tooltip"], justify="left", font=font,
        background=colors["background"], foreground=colors["foreground"],
        padx=round(8 * scale), pady=round(6 * scale),
    ).pack(padx=1, pady=1)  # fmt: skip
    window.update_idletasks()
    width, height = window.winfo_reqwidth(), window.winfo_reqheight()
    away = round(20 * scale)
    x = min(told["x"], root.winfo_screenwidth() - width - _EDGE_PX)
    y = told["y"] + away
    if y + height > root.winfo_screenheight():
        y = told["y"] - away - height
    window.geometry(f"+{max(0, x)}+{max(0, y)}")
    window.deiconify()
    window.lift()


class _MenuPopup:
    """One menu that is open on the screen."""

    def __init__(
        self,
        root: tk.Tk,
        told: Mapping[str, Any],
        colors: Mapping[str, str],
        font: tkfont.Font,
    ) -> None:
        self._root = root
        self._colors, self._font = colors, font
        self._marks: list[tk.Variable] = []
        self._labels: dict[str, tuple[tk.Menu, int]] = {}
        # Nothing to see: it makes lines as high as menus of other programs have them.
        self._strut = tk.PhotoImage(width=1, height=round(_LINE_PX * pixel_scale(root)))
        self._menu = self._make(root, told["menu"])
        self._break_columns()
        self._place = int(told["x"]), int(told["y"])
        self._tries = 0
        self._menu.bind("<Unmap>", self._on_unmap)
        root.createfilehandler(sys.stdin.fileno(), tk.READABLE, self._on_news)
        root.after(0, self._post)

    def _make(self, parent: tk.Misc, entries: Sequence[Mapping[str, Any]]) -> tk.Menu:
        menu = tk.Menu(
            parent,
            tearoff=False,
            font=self._font,
            relief="flat",
            borderwidth=round(4 * pixel_scale(self._root)),
            activeborderwidth=0,
            background=self._colors["background"],
            foreground=self._colors["foreground"],
            activebackground=self._colors["chosen"],
            activeforeground=self._colors["foreground"],
            disabledforeground=self._colors["faint"],
            selectcolor=self._colors["foreground"],
        )
        for entry in entries:
            self._add(menu, entry)
        return menu

    def _add(self, menu: tk.Menu, entry: Mapping[str, Any]) -> None:
        kind, key = entry["kind"], entry.get("key", "")
        if kind == "separator":
            menu.add_separator()
            return
        options: dict[str, Any] = {
            "label": entry["label"],
            "state": "normal" if entry["enabled"] else "disabled",
            "image": self._strut,
            "compound": "left",
        }
        if kind == "submenu":
            menu.add_cascade(menu=self._make(menu, entry["children"]), **options)
        elif kind in ("check", "radio"):
            mark = tk.BooleanVar(self._root, value=bool(entry["checked"]))
            self._marks.append(mark)
            menu.add_checkbutton(variable=mark, command=lambda: self._choose(key), **options)
        else:
            menu.add_command(command=lambda: self._choose(key), **options)
        self._labels[key] = (menu, menu.index("end") or 0)

    def _break_columns(self) -> None:
        """Continue in a column beside where the screen ends: menus of Tk do not scroll."""
        self._menu.update_idletasks()
        last, room = self._menu.index("end") or 0, self._root.winfo_screenheight()
        top = 0
        for index in range(last + 1):
            bottom = (
                self._menu.yposition(index + 1) if index < last else self._menu.winfo_reqheight()
            )
            if bottom - top > room:
                self._menu.entryconfigure(index, columnbreak=True)
                top = self._menu.yposition(index)

    def _post(self) -> None:
        """Open the menu; whoever has pressed a button still holds the pointer for a moment."""
        try:
            self._menu.tk_popup(*self._place)
        except tk.TclError:
            self._tries += 1
            if self._tries > _GRAB_TRIES:
                self._root.destroy()
                return
            self._root.after(_GRAB_MS, self._post)
            return
        self._menu.focus_force()

    def _choose(self, key: str) -> None:
        print(key, flush=True)
        self._root.destroy()

    def _on_unmap(self, event: tk.Event[tk.Misc]) -> None:
        # The command of the entry that was chosen comes after this.
        if event.widget is self._menu and self._tries >= 0:
            self._root.after(100, self._root.destroy)

    def _on_news(self, _file: Any, _mask: int) -> None:
        told = _read_line()
        if told is None:
            self._root.destroy()
            return
        self._relabel(told.get("menu", ()))

    def _relabel(self, entries: Sequence[Mapping[str, Any]]) -> None:
        for entry in entries:
            place = self._labels.get(entry.get("key", ""))
            if place is not None:
                menu, index = place
                menu.entryconfigure(index, label=entry["label"])
                # Its state is also whether it is the one that keys would choose.
                if entry["enabled"] != (menu.entrycget(index, "state") != "disabled"):
                    state = "normal" if entry["enabled"] else "disabled"
                    menu.entryconfigure(index, state=state)
            self._relabel(entry.get("children", ()))
