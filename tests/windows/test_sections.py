"""Sections of windows that a person has switched off."""

from __future__ import annotations

from trayapp.domain.showing.table import row_from
from trayapp.settings.parsing import parse_settings
from trayapp.windows.sections import Sections
from trayapp.windows.table import table_text

TOLD = {
    "rows": [
        {"kind": "app", "name": "Memtray", "rss_bytes": 20_000_000, "pids": [1]},
        {"kind": "target", "name": "web", "rss_bytes": 30_000_000, "pids": [2]},
        {"kind": "application", "name": "firefox", "rss_bytes": 40_000_000, "pids": [3]},
    ]
}


def test_rows_of_sections_that_are_switched_off_are_left_out() -> None:
    rows = [row_from(row) for row in TOLD["rows"]]

    def names(sections: Sections) -> list[str]:
        return [row.name for row in sections.rows(rows)]

    assert names(Sections()) == ["Memtray", "web", "firefox"]
    assert names(Sections(programs=False)) == ["Memtray", "web"]
    assert names(Sections(process_memory=False)) == ["web", "firefox"]
    assert names(Sections(process_memory=False, programs=False)) == ["web"]


def test_a_table_in_a_terminal_keeps_to_them_too() -> None:
    assert "firefox" in table_text(TOLD)
    assert "firefox" not in table_text(TOLD, sections=Sections(programs=False))


def test_they_are_settings() -> None:
    ui = parse_settings("[ui]\nprograms = false\ncharts = false\n", "x.toml").ui
    assert (ui.process_memory, ui.programs, ui.charts) == (True, False, False)
