"""The look of Memtray's Tk windows: one root, coloured like the charts."""

from __future__ import annotations

import tkinter as tk
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any

from trayapp.charts.palette import Palette
from trayapp.errors import WindowError
from trayapp.language.catalogue import _
from trayapp.windows.check_mark import style_checks


def open_root(title: str) -> tk.Tk:
    """Make the hidden first window of this process; show it by `deiconify`.

    Raises: WindowError where there is no display.
    """
    try:
        root = tk.Tk(className="Memtray")
    except tk.TclError as error:
        raise WindowError(_("no display: {reason}").format(reason=error)) from error
    root.withdraw()
    root.title(title)
    return root


def pixel_scale(root: tk.Tk) -> float:
    """Return pixels of this screen per pixel of an ordinary one: 2.0 on a screen of 192 dpi."""
    return max(1.0, float(root.winfo_fpixels("1i")) / 96)


def apply_style(root: tk.Tk, palette: Palette) -> None:
    """Colour all ttk widgets and the background; again after the palette changed."""
    scale = pixel_scale(root)
    style = ttk.Style(root)
    style.theme_use("clam")
    root.configure(background=palette.background)
    style.configure(
        ".", foreground=palette.text, troughcolor=palette.surface, focuscolor=palette.system,
        background=palette.background, **_edges(palette.background),
    )  # fmt: skip
    usual = tkfont.nametofont("TkDefaultFont", root).actual()
    family, size = usual["family"], usual["size"]
    small = family, 9
    style.configure("Hint.TLabel", foreground=palette.muted, font=small)
    style.configure("Error.TLabel", foreground=palette.levels[3], font=small)
    style.configure("Name.TLabel", font=(family, size, "bold"))
    style.configure("Line.TFrame", background=palette.grid)
    button = {
        **_edges(palette.surface),
        "background": palette.surface,
        "borderwidth": 1,
        # A flat one would have no edge at all, whatever its colour.
        "relief": "raised",
        "focuscolor": palette.surface,
        "anchor": "center",
        "width": 0,
        "padding": (round(10 * scale), round(4 * scale)),
    }
    chosen = [("selected", palette.pressed), ("pressed", palette.pressed)]
    active = [*chosen, ("active", palette.grid)]
    # Two pixels around what has the keyboard; dots inside it would be lost on a fine screen.
    ring = [("focus", palette.system), *active]
    for name in ("TButton", "Toolbutton", "TMenubutton"):
        style.configure(name, **button)
        style.map(
            name,
            background=active,
            **_edges(ring),
            foreground=[("disabled", palette.muted)],
            relief=[("pressed", "raised")],
        )
    style.configure("TMenubutton", arrowcolor=palette.muted, arrowsize=round(5 * scale))
    _style_fields(style, palette, scale)
    style.configure(
        "Treeview",
        background=palette.background,
        fieldbackground=palette.background,
        foreground=palette.text,
        rowheight=round(24 * scale),
        borderwidth=0,
    )
    style.map(
        "Treeview",
        # Which of several lists the arrow keys go through is to be seen.
        background=[("selected", "focus", palette.system), ("selected", palette.pressed)],
        foreground=[("selected", "focus", palette.background), ("selected", palette.text)],
    )
    style.configure(
        "Vertical.TScrollbar",
        background=palette.pressed,
        **{**_edges(palette.pressed), "bordercolor": palette.surface},
        arrowcolor=palette.muted,
        arrowsize=round(13 * scale),
        gripcount=0,
        borderwidth=0,
    )
    style.map("Vertical.TScrollbar", background=[("active", palette.muted)])


def _edges(value: Any) -> dict[str, Any]:
    """Return the options that colour the edge of a widget, all with one value."""
    return dict.fromkeys(("bordercolor", "lightcolor", "darkcolor"), value)


def _style_fields(style: ttk.Style, palette: Palette, scale: float) -> None:
    """Colour the fields that values are typed into and chosen by."""
    field = {
        "fieldbackground": palette.surface,
        "background": palette.surface,
        "foreground": palette.text,
        "insertcolor": palette.text,
        "selectbackground": palette.pressed,
        "selectforeground": palette.text,
        **_edges(palette.surface),
        "bordercolor": palette.edge,
        "padding": (round(6 * scale), round(3 * scale)),
    }
    for name in ("TEntry", "TCombobox"):
        style.configure(name, **field)
        style.map(
            name,
            **{
                **_edges([("focus", palette.system)]),
                "bordercolor": [("disabled", palette.grid), ("focus", palette.system)],
            },
            fieldbackground=[("disabled", palette.background), ("readonly", palette.surface)],
            foreground=[("disabled", palette.muted)],
            # What was selected before the keys went elsewhere is text as any other.
            selectbackground=[("!focus", palette.surface)],
            selectforeground=[("!focus", palette.text)],
        )
    style.configure("TCombobox", arrowcolor=palette.muted, arrowsize=round(12 * scale))
    style.map("TCombobox", background=[("active", palette.pressed)])
    style.configure("TCheckbutton", padding=(0, round(2 * scale)))
    style.map(
        "TCheckbutton",
        background=[("active", palette.background)],
        foreground=[("disabled", palette.muted)],
    )
    style_checks(style, palette, scale)


def style_lists(root: tk.Tk, palette: Palette) -> None:
    """Colour the lists that drop down from now on, which ttk does not reach either."""
    for option, colour in (
        ("background", palette.surface),
        ("foreground", palette.text),
        ("selectBackground", palette.pressed),
        ("selectForeground", palette.text),
    ):
        root.option_add(f"*TCombobox*Listbox.{option}", colour)


def style_menu(menu: tk.Menu, palette: Palette) -> None:
    menu.configure(
        background=palette.surface,
        foreground=palette.text,
        activebackground=palette.pressed,
        activeforeground=palette.text,
        selectcolor=palette.text,
        borderwidth=1,
        activeborderwidth=0,
        relief="flat",
    )


def raise_window(root: tk.Tk) -> None:
    """Bring the window up, in front of others, also from its icon."""
    root.deiconify()
    root.lift()
    # Window managers may ignore a mere lift by a program that has not the focus.
    root.attributes("-topmost", True)
    root.after(200, lambda: root.attributes("-topmost", False))
    root.focus_force()
