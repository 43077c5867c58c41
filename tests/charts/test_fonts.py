"""Charts are written in a font that has the letters of the person's language."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from matplotlib.font_manager import FontProperties, fontManager

from trayapp.charts.fonts import chart_fonts
from trayapp.language.catalogue import use_catalogue


@pytest.fixture
def in_japanese() -> Iterator[None]:
    use_catalogue(language="ja")
    yield
    use_catalogue()


def choosing(folder: Path, answer: str) -> str:
    """A search path on which fontconfig answers this."""
    command = folder / "fc-match"
    command.write_text(f"#!/bin/sh\nprintf '%s' '{answer}'\n")
    command.chmod(0o755)
    return str(folder)


def test_the_first_font_does_for_western_languages() -> None:
    assert chart_fonts()[0] == "DejaVu Sans"


@pytest.mark.usefixtures("in_japanese")
def test_what_the_system_writes_the_language_in_comes_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where matplotlib's list is older than the font."""
    file = Path(fontManager.findfont(FontProperties(family="DejaVu Sans Mono")))
    copy = tmp_path / "new.ttf"
    copy.write_bytes(file.read_bytes())
    monkeypatch.setenv("PATH", choosing(tmp_path, str(copy)))
    assert chart_fonts()[:2] == ["DejaVu Sans", "DejaVu Sans Mono"]


@pytest.mark.usefixtures("in_japanese")
@pytest.mark.parametrize("answer", ["", "/nowhere/at-all.ttf", __file__])
def test_a_system_without_an_answer_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setenv("PATH", choosing(tmp_path, answer))
    assert chart_fonts()[0] == "DejaVu Sans"
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(OSError, match="fc-match"):
        subprocess.run(("fc-match",), check=True)
    assert chart_fonts()[0] == "DejaVu Sans"
