"""The look of Memtray's Tk windows: one root, coloured like the charts."""

from __future__ import annotations

import tkinter as tk
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.errors import WindowError
from trayapp.windows.palette import Palette


def open_root(title: str) -> tk.Tk:
    """Make the hidden first window of this process; show it by `deiconify`.

    Raises: WindowError where there is no display.
    """
    try:
        root = tk.Tk(className="Memtray")
    except tk.TclError as error:
        raise WindowError(f"no display: {error}") from error
    root.withdraw()
    root.title(title)
    return root


def pixel_scale(root: tk.Tk) -> float:
    """Pixels of this screen per pixel of an ordinary one: 2.0 on a screen of 192 dpi."""
    return max(1.0, float(root.winfo_fpixels("1i")) / 96)


def apply_style(root: tk.Tk, palette: Palette) -> None:
    """Colour all ttk widgets and the background; again after the palette changed."""
    scale = pixel_scale(root)
    style = ttk.Style(root)
    style.theme_use("clam")
    root.configure(background=palette.background)
    flat = {
        "background": palette.background,
        "bordercolor": palette.background,
        "lightcolor": palette.background,
        "darkcolor": palette.background,
    }
    style.configure(
        ".", foreground=palette.text, troughcolor=palette.surface, focuscolor=palette.muted, **flat
    )
    small = tkfont.nametofont("TkDefaultFont", root).actual()["family"], 9
    style.configure("Hint.TLabel", foreground=palette.muted, font=small)
    button = {
        "background": palette.surface,
        "bordercolor": palette.surface,
        "lightcolor": palette.surface,
        "darkcolor": palette.surface,
        "borderwidth": 1,
        "relief": "flat",
        "anchor": "center",
        "width": 0,
        "padding": (round(10 * scale), round(4 * scale)),
    }
    chosen = [("selected", palette.pressed), ("pressed", palette.pressed)]
    active = [*chosen, ("active", palette.grid)]
    for name in ("TButton", "Toolbutton", "TMenubutton"):
        style.configure(name, **button)
        style.map(
            name,
            background=active,
            bordercolor=active,
            lightcolor=active,
            darkcolor=active,
            foreground=[("disabled", palette.muted)],
            relief=[("pressed", "flat")],
        )
    style.configure("TMenubutton", arrowcolor=palette.muted, arrowsize=round(5 * scale))
    # Only in file dialogs.
    style.configure(
        "TEntry",
        fieldbackground=palette.surface,
        foreground=palette.text,
        insertcolor=palette.text,
        selectbackground=palette.pressed,
        selectforeground=palette.text,
    )
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
        background=[("selected", palette.pressed)],
        foreground=[("selected", palette.text)],
    )
    style.configure(
        "Vertical.TScrollbar", background=palette.surface, arrowcolor=palette.muted, borderwidth=0
    )
    style.map("Vertical.TScrollbar", background=[("active", palette.pressed)])


def style_menu(menu: tk.Menu, palette: Palette) -> None:
    """Colour a menu, which ttk does not reach."""
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
