"""The manual as man pages, as one HTML page and in the terminal: whole, valid, and its examples."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from trayapp.cli.main import main
from trayapp.cli.manual_text import manual_folder, plain_text, topics
from trayapp.errors import SettingsError
from trayapp.settings.file import load_settings

ROOT = Path(__file__).parent.parent
MANUAL = ROOT / "packaging" / "manual"
MADE = runpy.run_path(str(ROOT / "packaging" / "manual_pages.py"))
PAGES = sorted(MANUAL.glob("*.md"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("manual")
    MADE["write_pages"](folder, *MADE["released_version"]())
    return folder


@pytest.mark.parametrize("name", ["memtray.1", "memtray.toml.5", "memtray-probe.7"])
def test_a_man_page_has_no_fault_and_all_that_it_is_made_of(made: Path, name: str) -> None:
    checked = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", made / name],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.stdout, checked.stderr) == ("", "")
    shown = subprocess.run(
        ["mandoc", "-T", "utf8", "-O", "width=400", made / name],
        capture_output=True, check=True, env=os.environ | {"LC_ALL": "C.UTF-8"},
    ).stdout.decode()  # fmt: skip
    text = re.sub(r".\x08", "", shown)
    (page,) = (one for one in MADE["MAN_PAGES"] if one.file_name == name)
    for source in page.pages:
        markdown = (MANUAL / f"{source}.md").read_text("utf-8")
        for heading in re.findall(r"^## (.+)$", markdown, re.MULTILINE):
            assert re.sub(r"\s+", " ", heading.replace("`", "")) in re.sub(r"\s+", " ", text)
        for code in re.findall(r"^\| `([^`|]+)`", markdown, re.MULTILINE):
            assert code in text


class _Page(HTMLParser):
    """Collects links, places and what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.places.add(found.get("id") or "")
        if tag == "a":
            self.links.add(found.get("href") or "")
        if source := found.get("src"):
            self.loaded.add(source.partition(":")[0])


def test_the_html_page_has_every_page_and_no_dead_link(made: Path) -> None:
    page = _Page()
    page.feed((made / "manual.html").read_text("utf-8"))
    assert {file.stem for file in PAGES} <= page.places
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= page.places
    assert not [link for link in page.links if link.endswith(".md")]
    assert page.loaded <= {"data"}


def test_two_makings_are_the_same(made: Path, tmp_path: Path) -> None:
    for file in MADE["write_pages"](tmp_path, *MADE["released_version"]()):
        assert file.read_bytes() == (made / file.name).read_bytes()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_settings_and_programs_are_valid(page: Path, tmp_path: Path) -> None:
    text = page.read_text("utf-8")
    for language, example in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language == "python":
            compile(example, page.name, "exec")
        elif language == "toml":
            tomllib.loads(example)
            file = tmp_path / "memtray.toml"
            file.write_text(example, "utf-8")
            try:
                load_settings(file)
            except SettingsError as error:
                pytest.fail(f"{page.name}: {error}\n{example}")


def test_help_shows_pages_commands_and_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    folder = manual_folder()
    assert folder is not None
    for topic in (*topics(folder), "record", "trends"):
        assert main(["help", topic]) == 0
        assert len(capsys.readouterr().out) > 200
    assert main(["help"]) == 0
    assert "settings" in capsys.readouterr().out
    assert main(["help", "setings"]) == 2
    assert "did you mean settings?" in capsys.readouterr().err


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_in_the_terminal_keeps_words_and_loses_marks(page: Path) -> None:
    text = page.read_text("utf-8")
    shown = plain_text(text, 80)
    words = " ".join(shown.split())
    outside = re.sub(r"^```.*?^```$|^    .*$", "", text, flags=re.MULTILINE | re.DOTALL)
    for code in re.findall(r"`([^`\n|]+)`", outside):
        assert " ".join(code.split()) in words
    assert "](" not in re.sub(r"^    .*$", "", shown, flags=re.MULTILINE)
    prose = [
        line for line in shown.split("\n")
        if " " in line.strip() and not line.startswith("    ")
    ]  # fmt: skip
    assert prose
