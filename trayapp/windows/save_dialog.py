"""Asking where a file is to be saved: the folder of the last time, without hidden files."""

from __future__ import annotations

import contextlib
import tkinter as tk
from collections.abc import Sequence
from pathlib import Path
from tkinter import filedialog

from trayapp.paths import current_paths, home_folder
from trayapp.windows.geometry import load_values, save_values

_FILE = "save.json"


def ask_save_file(
    root: tk.Tk, title: str, name: str, kinds: Sequence[tuple[str, str]]
) -> Path | None:
    """Return the file that the person names; None: nothing is to be saved. The main thread.

    name: what is proposed; kinds: a label and an ending each, the usual one first.
    """
    kept = current_paths().windows / _FILE
    _hide_hidden(root)
    try:
        answer = filedialog.asksaveasfilename(
            parent=root,
            title=title,
            initialdir=last_folder(kept),
            initialfile=name,
            defaultextension=kinds[0][1],
            filetypes=[(label, f"*{ending}") for label, ending in kinds],
        )
    except tk.TclError:
        # The window was closed by a signal while the dialog was open.
        return None
    if not answer:
        return None
    file = Path(answer)
    save_values(kept, {"folder": str(file.parent)})
    return file


def last_folder(kept: Path) -> Path:
    """Return the folder of the last time as `kept` has it, if it is there; else the home."""
    folder = load_values(kept).get("folder")
    if isinstance(folder, str):
        with contextlib.suppress(OSError, ValueError):  # such as a NUL in a damaged file
            if (found := Path(folder)).is_absolute() and found.is_dir():
                return found
    return home_folder()


def _hide_hidden(root: tk.Tk) -> None:
    """Have Tk's own dialog, that of X11, begin without hidden files, and offer them by a box."""
    if root.tk.call("tk", "windowingsystem") != "x11":
        return
    # It is loaded only when it is first called, and would set them as they are usually.
    with contextlib.suppress(tk.TclError):
        root.tk.call("tk_getOpenFile", "-no-such-option")
    root.tk.call("set", "::tk::dialog::file::showHiddenBtn", "1")
    root.tk.call("set", "::tk::dialog::file::showHiddenVar", "0")
