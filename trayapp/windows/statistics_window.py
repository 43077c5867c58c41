"""A small table on screen."""

from __future__ import annotations

from collections.abc import Sequence
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.windows.labels import plain_name
from trayapp.windows.palette import palette_for
from trayapp.windows.style import apply_style, open_root, pixel_scale

VALUE_LENGTH = 120
MOST_ROWS = 26
"""More are reached by scrolling."""


def show_table(title: str, rows: Sequence[tuple[str, str]], *, dark: bool) -> None:
    """Show rows of label and value; returns when the window is closed.

    Raises: WindowError where there is no display.
    """
    root = open_root(title)
    palette = palette_for(dark)
    apply_style(root, palette)
    scale = pixel_scale(root)
    gap = round(12 * scale)
    frame = ttk.Frame(root, padding=gap)
    frame.pack(fill="both", expand=True)
    table = ttk.Treeview(
        frame,
        columns=("value",),
        show="tree",
        height=max(4, min(MOST_ROWS, len(rows))),
        selectmode="browse",
    )
    bold = tkfont.nametofont("TkDefaultFont", root).copy()
    bold.configure(weight="bold")
    table.tag_configure("heading", font=bold)
    table.tag_configure("stripe", background=palette.surface)
    plain = tkfont.nametofont("TkDefaultFont", root)
    widths = [round(120 * scale), round(160 * scale)]
    for number, (label, value) in enumerate(rows):
        texts = plain_name(label, 48), plain_name(value, VALUE_LENGTH) if value else ""
        tags = ("heading",) if not value else ("stripe",) if number % 2 else ()
        table.insert("", "end", text=texts[0], values=(texts[1],), tags=tags)
        for column, text in enumerate(texts):
            measured = (plain if value else bold).measure(text) + round(36 * scale)
            widths[column] = max(widths[column], min(measured, round(520 * scale)))
    table.column("#0", width=widths[0], stretch=False)
    table.column("value", width=widths[1], stretch=True)
    if len(rows) > MOST_ROWS:
        bar = ttk.Scrollbar(frame, orient="vertical", command=table.yview)
        table.configure(yscrollcommand=bar.set)
        bar.pack(side="right", fill="y")
    table.pack(side="left", fill="both", expand=True)
    for key in ("q", "<Escape>", "<Control-w>"):
        root.bind(key, lambda _: root.destroy())
    root.update_idletasks()
    root.minsize(round(300 * scale), round(160 * scale))
    root.deiconify()
    table.focus_set()
    try:
        root.mainloop()
    except KeyboardInterrupt:
        root.destroy()
