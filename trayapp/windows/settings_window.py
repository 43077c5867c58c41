"""All settings in one window: every change is written to the person's file at once."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.errors import MemtrayError, SettingsError
from trayapp.language.catalogue import _
from trayapp.settings.editor import SettingsEditor
from trayapp.settings.fields import Field
from trayapp.settings.records import LISTS, TABLES, TARGETS_TABLE, fields_of
from trayapp.windows.appearance import (
    ICON_TABLE,
    DrawPreview,
    IconPreview,
    appearance_fields,
    with_palette,
)
from trayapp.windows.applet_client import Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.choosing import react_to_choice
from trayapp.windows.old_pages import OldPages
from trayapp.windows.scrolled import Scrolled
from trayapp.windows.setting_entries import CHOSEN, AddEntryDialog, EntryList, grouped_fields
from trayapp.windows.setting_row import REFUSED, SettingRow, wrap
from trayapp.windows.setting_texts import APPEARANCE, matches, section_help, section_title
from trayapp.windows.single_instance import Listener
from trayapp.windows.style import style_lists
from trayapp.windows.theme_choice import wants_dark

EFFECT_MILLISECONDS = 2200
"""After so long the running applet has read the file."""


class SettingsWindow(BaseWindow):
    """The window; everything in it happens in the main thread."""

    SIZE_NAME = "settings"

    def __init__(
        self,
        editor: SettingsEditor,
        applet: Applet,
        listener: Listener | None,
        open_file: Callable[[Path], object],
        draw_preview: DrawPreview,
        *,
        dark: bool,
    ) -> None:
        """Build it. Raises: WindowError where there is no display."""
        super().__init__(_("Memtray – Settings"), applet, listener, dark=dark)
        self._editor = editor
        self._open_file = open_file
        self._draw_preview = draw_preview
        self._section = APPEARANCE
        self._chosen: dict[str, str] = {}
        """The entry that is shown of each list."""
        self._listed: dict[str, list[str]] = {}
        """The entries of each list as it was shown last."""
        self._entries: EntryList | None = None
        self._page: ttk.Frame | None = None
        self._old_pages = OldPages(self.root)
        self._rows: list[SettingRow] = []
        self._is_warned = False
        self._search = tk.StringVar(self.root)
        self._status = tk.StringVar(self.root)
        self._build()
        self.restyle()

    # -- building

    def _build(self) -> None:
        root, gap = self.root, self.px(10)
        root.geometry(
            f"{min(self.px(900), round(root.winfo_screenwidth() * 0.94))}"
            f"x{min(self.px(640), round(root.winfo_screenheight() * 0.88))}"
        )
        root.minsize(self.px(640), self.px(360))
        foot = ttk.Frame(root, padding=(gap, gap // 2))
        foot.pack(side="bottom", fill="x")
        self._undo = ttk.Button(foot, text=_("Undo"), command=self._on_undo)
        opening = ttk.Button(foot, text=_("Open the file"), command=self._on_open)
        closing = ttk.Button(foot, text=_("Close"), command=self.close)
        closing.pack(side="right")
        opening.pack(side="right", padx=gap // 2)
        self._undo.pack(side="right")
        status = ttk.Label(foot, textvariable=self._status, style="Hint.TLabel")
        status.pack(side="left", fill="x", expand=True, padx=(0, gap))
        status.bind("<Configure>", wrap)
        side = ttk.Frame(root, padding=gap)
        side.pack(side="left", fill="y")
        ttk.Label(side, text=_("Search"), style="Hint.TLabel").pack(anchor="w")
        search = ttk.Entry(side, textvariable=self._search, width=18)
        search.pack(fill="x", pady=(0, gap))
        self._search.trace_add("write", lambda *_: self._rebuild())
        sections = [
            APPEARANCE,
            TARGETS_TABLE,
            *(table.name for table in TABLES if table.name != ICON_TABLE),
            *(name for name in LISTS if name != TARGETS_TABLE),
        ]
        self._list = ttk.Treeview(
            side, show="tree", selectmode="browse", height=len(sections), style="Treeview"
        )
        font = tkfont.nametofont("TkDefaultFont", root)
        widest = max(font.measure(section_title(name)) for name in sections)
        self._list.column("#0", width=max(self.px(150), widest + self.px(32)))
        for name in sections:
            self._list.insert("", "end", iid=name, text=section_title(name))
        self._list.pack(fill="both", expand=True)
        self._list.selection_set(self._section)
        self._list.focus(self._section)
        react_to_choice(self._list, self._on_section)
        main = ttk.Frame(root, padding=(0, gap, 0, 0))
        main.pack(side="left", fill="both", expand=True)
        self._problem = ttk.Label(main, style="Error.TLabel", wraplength=self.px(640))
        self._scrolled = Scrolled(main)
        self._scrolled.pack(side="bottom", fill="both", expand=True)
        # Above what scrolls: it is to be seen while a colour below is chosen.
        self._preview = IconPreview(main, self._editor, self._draw_preview, self.scale)
        root.bind("<Control-f>", lambda _: search.focus_set())
        root.bind("<Control-z>", lambda _: self._on_undo())
        search.bind("<Escape>", self._on_search_escape)
        # Tab goes down the sections, through the page, and to the buttons below it.
        foot.lift()
        self._list.focus_set()

    def _on_search_escape(self, _: object) -> str | None:
        """Show all again; Escape closes only where nothing is searched for."""
        if not self._search.get():
            return None
        self._search.set("")
        return "break"

    def restyle(self) -> None:
        """Colour everything; lists that drop down get theirs when they are made."""
        super().restyle()
        style_lists(self.root, self.palette)
        self._scrolled.restyle(self.palette.background)
        self._rebuild()

    def _rebuild(self) -> None:
        """Make the page anew: another section, another search, other entries."""
        focus = None
        if self._page is not None:
            focus = _focus_path(self.root, self._page)
            self._old_pages.add(self._page)
        self._rows = []
        self._entries = None
        words = self._search.get().lower().split()
        page = ttk.Frame(self._scrolled.page, padding=(self.px(4), 0, self.px(14), self.px(14)))
        page.pack(fill="both", expand=True)
        self._page = page
        self._preview.pack_forget()
        if words:
            self._build_found(page, words)
        elif self._section == APPEARANCE:
            self._build_appearance(page)
        elif self._section in LISTS:
            self._build_list(page, self._section)
        else:
            self._build_table(page, self._section, fields_of(self._section).values())
        self._scrolled.to_top()
        self._update_state()
        # Tab passes over what is not on the screen yet: keys typed meanwhile would go to the
        # buttons below the page (Tk 8.6).
        self.root.update_idletasks()
        if focus is not None:
            _restore_focus(page, focus)

    def _build_table(self, page: ttk.Frame, table: str, fields: Iterable[Field]) -> None:
        _add_head(page, table, self.px)
        for field in fields:
            self._add_row(page, [field], None)

    def _build_appearance(self, page: ttk.Frame) -> None:
        self._preview.pack(side="top", anchor="w", padx=self.px(4), pady=(0, self.px(8)))
        _add_head(page, APPEARANCE, self.px)
        for field in appearance_fields():
            self._add_row(page, [field], None)

    def _build_found(self, page: ttk.Frame, words: Sequence[str]) -> None:
        found = False
        for table in [*(table.name for table in TABLES), *LISTS]:
            fields = [field for field in fields_of(table).values() if matches(field, words)]
            found = found or bool(fields)
            if fields and table in LISTS:
                ttk.Button(
                    page, text=section_title(table), command=partial(self._go_to, table)
                ).pack(anchor="w", pady=self.px(8))
            elif fields:
                self._build_table(page, table, fields)
        if not found:
            ttk.Label(page, text=_("No matching settings."), style="Hint.TLabel").pack(
                anchor="w", pady=self.px(20)
            )

    def _build_list(self, page: ttk.Frame, table: str) -> None:
        _add_head(page, table, self.px)
        before, names = self._listed.get(table, []), self._editor.entries(table)
        self._listed[table] = names
        buttons = ttk.Frame(page)
        buttons.pack(fill="x", pady=(0, self.px(6)))
        ttk.Button(buttons, text=_("Add…"), command=partial(self._on_add, table)).pack(side="left")
        chosen = self._chosen.get(table)
        if chosen not in names:
            # Removed, or called otherwise: what is in its place now.
            place = before.index(chosen) if chosen in before else 0
            chosen = names[min(place, len(names) - 1)] if names else None
        if chosen is None:
            self._chosen.pop(table, None)
            ttk.Label(page, text=_("None yet."), style="Hint.TLabel").pack(anchor="w")
            return
        self._chosen[table] = chosen
        ttk.Button(buttons, text=_("Remove"), command=partial(self._on_remove, table, chosen)).pack(
            side="left", padx=self.px(5)
        )
        self._entries = EntryList(page, self._editor, table, names, chosen, px=self.px)
        self._entries.bind(CHOSEN, lambda _: self._on_entry(table, self._entries))
        for fields in grouped_fields(table):
            self._add_row(page, fields, chosen)

    def _add_row(self, page: ttk.Frame, fields: Sequence[Field], entry: str | None) -> None:
        ttk.Frame(page, height=self.px(1), style="Line.TFrame").pack(fill="x")
        change = partial(self._on_change, fields[0].table, entry)
        row = SettingRow(page, fields, self._editor, entry, change, scale=self.scale)
        row.pack(fill="x")
        row.bind(REFUSED, lambda _: self._show_saved(""))
        self._rows.append(row)

    # -- what the person does

    def _on_section(self) -> None:
        (section,) = self._list.selection() or (self._section,)
        if section != self._section or self._search.get():
            self._section = section
            # The page follows from the search being emptied, or from here.
            if self._search.get():
                self._search.set("")
            else:
                self._rebuild()

    def _go_to(self, section: str) -> None:
        self._list.selection_set(section)

    def _on_entry(self, table: str, entries: EntryList | None) -> None:
        name = entries.chosen if entries else None
        if name is not None and name != self._chosen.get(table):
            self._chosen[table] = name
            self._rebuild()

    def _on_change(self, table: str, entry: str | None, values: dict[str, object]) -> None:
        self._editor.change(table, with_palette(table, values), entry)
        if entry is not None and "name" in values:
            self._chosen[table] = str(values["name"])
        if "theme" in values:
            theme = str(values["theme"] or "auto")
            # The row is not made anew while it writes.
            self.root.after_idle(lambda: self._set_dark(wants_dark(theme)))
        self._written()

    def _on_add(self, table: str) -> None:
        AddEntryDialog(self, table, self._editor, partial(self._on_added, table))

    def _on_added(self, table: str, name: str) -> None:
        self._chosen[table] = name
        self._rebuild()
        self._written()

    def _on_remove(self, table: str, name: str) -> None:
        self._attempt(lambda: self._editor.remove(table, name))

    def _on_undo(self) -> None:
        if self._editor.can_undo:
            self._attempt(self._editor.undo)

    def _on_open(self) -> None:
        try:
            self._open_file(self._editor.file)
        except (MemtrayError, OSError) as error:
            self._status.set(str(error))

    def _attempt(self, change: Callable[[], object]) -> None:
        try:
            change()
        except SettingsError as error:
            self._status.set(f"⚠ {error}")
            return
        self._rebuild()
        self._written()

    def close(self) -> None:
        """Write what is still being typed, and end; the first time not, if that does not fit."""
        unwritten = [row for row in self._rows if not row.commit()]
        if unwritten and not self._is_warned:
            self._is_warned = True
            self._status.set(
                _("⚠ One value is invalid and was not saved. Close again to discard it.")
            )
            return
        super().close()

    # -- what comes of it

    def _show_saved(self, text: str) -> None:
        """Show that all is well, or that something is not: never the one below the other."""
        if self._editor.problem is not None or any(row.is_refused for row in self._rows):
            text = _("⚠ Values marked in red were not saved.")
        self._status.set(text)

    def _written(self) -> None:
        self._show_saved(_("Saved."))
        self.root.after_idle(self._show_changes)
        self.root.after(EFFECT_MILLISECONDS, self._check_effect)

    def _check_effect(self) -> None:
        self.ask_once("table", {}, self._show_effect, self._show_no_effect)

    def _show_effect(self, told: Mapping[str, object]) -> None:
        problems = told.get("problems")
        name = str(self._editor.file)
        found = [str(each) for each in problems] if isinstance(problems, list) else []
        mine = next((each for each in found if each.startswith(name)), None)
        if mine:
            self._status.set(f"⚠ {mine}")
        else:
            self._show_saved(_("Saved and applied."))

    def _show_no_effect(self, _error: Exception) -> None:
        self._show_saved(
            _("Saved. Memtray is not running; the change takes effect at its next start.")
        )

    def refresh(self) -> None:
        """Show what was written elsewhere."""
        if self._editor.refresh():
            self._show_changes()

    def _show_changes(self) -> None:
        is_list = self._section in LISTS and not self._search.get()
        if is_list and self._editor.entries(self._section) != self._listed[self._section]:
            self._rebuild()
            return
        for row in self._rows:
            row.update_value()
        self._preview.update_look()
        if is_list and self._entries is not None:
            self._entries.update_summaries()
        self._update_state()

    def _update_state(self) -> None:
        self._undo.state(["!disabled" if self._editor.can_undo else "disabled"])
        if self._editor.problem is None:
            self._problem.pack_forget()
        else:
            self._problem.configure(text=f"⚠ {self._editor.file.name}: {self._editor.problem}")
            self._problem.pack(side="top", anchor="w", pady=(0, self.px(6)))


def _add_head(page: ttk.Frame, table: str, px: Callable[[float], int]) -> None:
    ttk.Label(page, text=section_title(table), style="Name.TLabel").pack(anchor="w")
    ttk.Label(page, text=section_help(table), style="Hint.TLabel", wraplength=px(600)).pack(
        anchor="w", pady=(0, px(6))
    )


def _focus_path(root: tk.Tk, page: ttk.Frame) -> str | None:
    """Return what has the keys, as a path from its page on; None: nothing in the page."""
    path = str(root.focus_lastfor())
    return path.removeprefix(str(page)) if path.startswith(f"{page}.") else None


def _restore_focus(page: ttk.Frame, path: str) -> None:
    """Give the keys to what is in that place now, else to the first thing of the page."""
    try:
        found = page.nametowidget(f"{page}{path}")
    except KeyError:
        found = page.tk_focusNext() or page
    found.focus_set()
    if isinstance(found, ttk.Entry):
        # As Tab leaves it: what is typed next replaces what is there.
        found.selection_range(0, "end")
        found.icursor("end")
