"""The dashboard's page as files: its texts, its colours, what it may not contain, and its size."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import trayapp.web
from tests.web.serving import Served, loaded_at_once
from trayapp.charts.palette import DARK, LIGHT, Palette
from trayapp.language.catalogue import LANGUAGES
from trayapp.web.page_texts import FIRST_TEXTS, PAGE_TEXTS, VIEW_TEXTS

PAGE = Path(trayapp.web.__file__).parent / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
MOST_BYTES = 60_000
"""What opening the page loads in all: document, styles, icon, scripts and texts, none packed."""
LATER = (
    "trends.js",
    "marks.js",
    "alerts.js",
    "where.js",
    "runs.js",
    "processes.js",
    "downloads.js",
)
_USED = re.compile(r'\bt\(\s*"([^"]+)"|data-(?:text|label)="([^"]+)"')
_FAMILY = re.compile(r"\bt\(\s*`([a-z_.]+)\$\{")
_LISTED = re.compile(r'"([a-z_]+(?:\.[a-z0-9_]+)+)"')


class _Tags(HTMLParser):
    """Everything in a document that could bring or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.styles: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._is_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_script = tag in ("script", "style")
        for name, value in attrs:
            if name == "style":
                self.styles.append(tag)
            if name.startswith("on"):
                self.handlers.append(name)
            if name in ("src", "href"):
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        if self._is_script and data.strip():
            self.inline.append(data)


def _sources() -> str:
    return "\n".join(file.read_text("utf-8") for file in [*SCRIPTS, PAGE / "index.html"])


def test_every_text_that_the_page_asks_for_exists_and_none_is_kept_for_nothing() -> None:
    sources = _sources()
    used = {one or other for one, other in _USED.findall(sources)}
    assert used <= set(PAGE_TEXTS)
    families = tuple(_FAMILY.findall(sources))
    # Those of lists, and units, which are chosen by their size.
    listed = {*_LISTED.findall(sources), "kib", "mib", "gib", "tib", "kb", "mb", "gb", "tb"}
    idle = {key for key in PAGE_TEXTS if key not in used | listed and not key.startswith(families)}
    assert idle == {"d", "h", "min"}, "the units of durations are used by their letters"


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_colours_are_those_of_the_windows(palette: Palette) -> None:
    pattern = r"--(\w+): light-dark\((#\w{6}), (#\w{6})\);"
    found = re.findall(pattern, (PAGE / "style.css").read_text("utf-8"))
    shown = {name: (dark if palette.dark else light) for name, light, dark in found}
    for name in ("background", "surface", "pressed", "text", "muted", "grid", "edge"):
        assert shown[name] == getattr(palette, name), name
    lines = tuple(shown[f"line{slot}"] for slot in range(len(palette.lines)))
    assert lines == palette.lines
    levels = tuple(shown[name] for name in ("normal", "warning", "critical", "emergency"))
    assert levels == palette.levels


def test_nothing_of_the_page_is_inline_or_from_elsewhere() -> None:
    tags = _Tags()
    tags.feed((PAGE / "index.html").read_text("utf-8"))
    assert not tags.inline and not tags.styles and not tags.handlers
    assert all(one.startswith(("/page/", "#")) for one in tags.addresses), tags.addresses
    styles = (PAGE / "style.css").read_text("utf-8")
    assert "@import" not in styles and "url(" not in styles
    for file in SCRIPTS:
        script = file.read_text("utf-8")
        # Names of processes are strangers' words: nothing may make markup or code of a text.
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", script)
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", script), file.name


def test_every_module_that_is_imported_is_there() -> None:
    for file in SCRIPTS:
        for name in re.findall(r'(?:from |import\()"\./([^"]+)"', file.read_text("utf-8")):
            assert (PAGE / name).is_file(), f"{file.name} imports {name}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_opening_the_page_loads_little(served: Served, language: str) -> None:
    """Views are loaded when they are opened; what only they say, too."""
    loaded = loaded_at_once(served, language)
    assert "/page/now.js" in loaded
    assert not {f"/page/{name}" for name in LATER} & {*loaded}
    (texts,) = (content for address, content in loaded.items() if address.startswith("/texts"))
    assert json.loads(texts)["texts"].keys() == FIRST_TEXTS.keys()
    assert sum(map(len, loaded.values())) <= MOST_BYTES


def test_the_first_view_says_nothing_that_comes_later(served: Served) -> None:
    loaded = loaded_at_once(served).items()
    sources = b"\n".join(one for address, one in loaded if "texts" not in address).decode()
    used = {one or other for one, other in _USED.findall(sources)} | {*_LISTED.findall(sources)}
    assert not used & {*VIEW_TEXTS}
    rest = served.ask("/texts.json?part=views", is_known=False).json["texts"]
    assert {*rest} | {*FIRST_TEXTS} == {*PAGE_TEXTS}


@pytest.mark.parametrize("file", [*SCRIPTS, *PAGE.glob("*.css")], ids=lambda file: str(file.name))
def test_a_script_is_served_without_what_only_its_readers_need(served: Served, file: Path) -> None:
    """And otherwise as it is: a text over several lines would lose its indents."""
    lines = file.read_text("utf-8").splitlines()
    assert all(line.count("`") % 2 == 0 and not line.endswith("\\") for line in lines)
    sent = served.ask(f"/page/{file.name}", is_known=False).body.decode().splitlines()
    assert all(line == line.strip() != "" for line in sent)
    assert not [line for line in sent if line.startswith(("//", "/*"))]
    comment = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)
    kept = comment.sub("", "\n".join(lines)).splitlines()
    assert [line.strip() for line in kept if line.strip()] == sent
