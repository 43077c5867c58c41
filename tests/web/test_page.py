"""The dashboard as a person has it: in a real Chromium, with a real Memtray and real programs."""

from __future__ import annotations

import contextlib
import http.client
import importlib.resources
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.cli.test_main import Memtray
from tests.desktop.desktop import wait_until
from tests.web.chromium import SHIFT, Chromium, Page
from trayapp.charts.palette import DARK, LIGHT

pytestmark = pytest.mark.desktop

MIB = 1024**2
STRANGER = "<img src=x onerror=document.title=1>"
"""What calls itself so is shown so."""
SETTINGS = f"""
[sampling]
interval = "0.5s"
[[targets]]
name = "full"
match = "full_program.py"
limit = "100MiB"
[[targets]]
name = "{STRANGER}"
match = "strange_program.py"
"""
PROGRAM = """
import sys
kept = []
for line in sys.stdin:
    kept.append(bytearray(b"x") * (int(line) * 2**20))
    print(flush=True)
"""
VIEWS = ("now", "trends", "alerts", "where", "runs", "processes", "downloads")
ACCOUNT_READ = "document.querySelector('#view [aria-busy=false] details[data-key=programs]')"
PHONE, DESK = (360, 740), (1280, 900)


class Program:
    """A program that takes as much memory as it is told to."""

    def __init__(self, file: Path) -> None:
        file.write_text(PROGRAM)
        self._process = subprocess.Popen(
            [sys.executable, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def take(self, mib: int) -> None:
        """Have so much more when it returns."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(f"{mib}\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def taken_bytes(self) -> int:
        """Return its proportional set, as the kernel counts it."""
        text = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        assert found
        return int(found[1]) * 1024

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class Server:
    """`memtray serve`, which can be killed and started again at the same port."""

    def __init__(self, memtray: Memtray) -> None:
        self._memtray = memtray
        self._process: subprocess.Popen[str] | None = None
        self.address = ""
        self.start("0")

    def start(self, port: str) -> None:
        command = [sys.executable, "-m", "trayapp", "serve", "--port", port]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            command, env=self._memtray.env, cwd=root, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        self.address = self._process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1:"), self.address

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.communicate()

    def start_again(self) -> None:
        self.start(str(urlsplit(self.address).port))


class World:
    """All that runs beside the browser."""

    def __init__(self, memtray: Memtray, server: Server, program: Program) -> None:
        self.memtray, self.server, self.program = memtray, server, program


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    memtray = Memtray(folder / "home")
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    program, stranger = Program(folder / "full_program.py"), Program(folder / "strange_program.py")
    program.take(120)
    stranger.take(60)
    applet = memtray.start("start", "--headless")
    server = Server(memtray)
    yield World(memtray, server, program)
    server.kill()
    applet.terminate()
    applet.communicate(timeout=60)
    program.close()
    stranger.close()


@pytest.fixture(scope="module")
def tab(browser: Chromium, world: World) -> Page:
    """A tab that shows the dashboard live."""
    found = browser.page()
    found.open(world.server.address)
    found.wait("document.querySelector('.state.live')")
    return found


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """That tab as it was at first; nothing that a test did there may have been wrong."""
    tab.forgive()
    tab.resize(*DESK)
    tab.prefer("light")
    _go(tab, "now")
    yield tab
    assert tab.complaints() == []


def _go(page: Page, view: str) -> None:
    page.run(f"location.hash = '#/{view}'")
    page.wait(f"document.querySelector('#views [aria-current][data-view={view.split('?')[0]}]')")


def shown_bytes(text: str) -> float:
    number, unit = text.split()
    return float(number.replace(",", "")) * float(1024 ** ("B", "KiB", "MiB", "GiB").index(unit))


def card_of(name: str) -> str:
    """Return what finds the card of a program."""
    named = f"card => card.querySelector('h3').innerText === {json.dumps(name)}"
    return f"[...document.querySelectorAll('.program')].find({named})"


def test_the_printed_address_opens_and_its_token_leaves_the_address(page: Page) -> None:
    assert page.run("location.hash") == "#/now"
    # Not even for scripts of the page.
    assert page.run("document.cookie") == ""


def test_without_a_token_the_page_asks_for_it_and_takes_the_address(
    browser: Chromium, world: World
) -> None:
    page = browser.page()
    page.open(world.server.address.partition("#")[0])
    page.wait("!document.querySelector('#lock').hidden && document.activeElement.id === 'token'")
    assert page.run("document.querySelector('#view').hidden")
    page.send("Input.insertText", text=world.server.address)
    page.key("Enter")
    page.wait("document.querySelector('.state.live')")


def test_before_the_first_sample_nothing_is_claimed(browser: Chromium, world: World) -> None:
    """Not that nothing is tracked, nor a chart of no time."""
    page = browser.page()
    silent = "window.WebSocket = class { constructor() { window.asked = true; } close() {} };"
    page.send("Page.addScriptToEvaluateOnNewDocument", source=silent)
    page.open(world.server.address)
    page.wait("window.asked && document.querySelector('#views [aria-current][data-view=now]')")
    assert "No program is tracked" not in page.run("document.querySelector('#view').innerText")
    assert page.run("[...document.querySelectorAll('#view .card')].every(c => !c.offsetHeight)")


def test_a_program_over_its_limit_is_not_called_healthy(page: Page) -> None:
    """Red, and yet healthy: it does not grow, which is less than what the alert says."""
    page.wait(card_of("full"))
    page.wait(f"!({card_of('full')}).innerText.includes('Healthy')")
    assert "Healthy" in page.run(f"({card_of(STRANGER)}).innerText")


def test_no_two_parts_of_the_memory_have_one_colour(page: Page) -> None:
    _go(page, "where")
    page.wait(ACCOUNT_READ)
    colours = (
        "[...document.querySelectorAll('.parts span')].map(s => getComputedStyle(s).background)"
    )
    found = page.run(colours)
    assert len({*found}) == len(found)


def test_live_figures_agree_with_the_kernels(page: Page, world: World) -> None:
    world.program.take(60)
    taken = world.program.taken_bytes()
    text = f"({card_of('full')})?.querySelector('.figure').innerText"

    def agrees() -> bool:
        shown = page.run(text)
        return shown is not None and abs(shown_bytes(shown) - taken) <= 0.05 * taken

    wait_until(agrees, what=f"{taken / MIB:.0f} MiB on the page", timeout=60)


def test_what_strangers_call_their_programs_is_text(page: Page) -> None:
    page.wait(card_of(STRANGER))
    assert page.run("document.querySelectorAll('#view img').length") == 0


def test_an_alert_is_acknowledged_by_keyboard_with_its_proof_in_sight(
    page: Page, world: World
) -> None:
    _go(page, "alerts")
    page.wait("document.querySelector('.incident h2')?.innerText.includes('full')")
    assert page.run("document.querySelector('.incident p').innerText")
    page.run("document.querySelector('.incident button.main').focus()")
    page.key("Enter")
    page.wait("document.querySelector('.incident button.main').hidden")
    incidents = world.memtray.json("status")["incidents"]
    assert [one["acknowledged"] for one in incidents if "full" in one["key"]] == [True]


def test_trends_are_zoomed_by_mouse_keyboard_and_two_fingers(page: Page) -> None:
    _go(page, "trends?span=600")
    page.wait("document.querySelectorAll('.plot path.line').length >= 2")
    place = "JSON.stringify(document.querySelectorAll('.plot')[1].getBoundingClientRect())"
    address = "location.hash"

    def seconds() -> float:
        found = re.search(r"from=([\d.]+)&to=([\d.]+)", page.run(address))
        return float(found[2]) - float(found[1]) if found else 600.0

    page.run("document.querySelectorAll('.plot')[1].scrollIntoView({ block: 'center' })")
    box: dict[str, float] = json.loads(page.run(place))
    middle = box["y"] + box["height"] / 2
    left, width = box["x"] + 68, box["width"] - 82
    page.drag(left + width * 0.5, middle, left + width)
    page.wait(f"{address}.includes('from=')")
    assert seconds() == pytest.approx(300, rel=0.05)

    page.run("document.querySelectorAll('.plot')[1].focus()")
    page.key("ArrowUp")
    wait_until(lambda: seconds() < 260, what="a closer look", timeout=60)
    page.key("0")
    page.wait(f"!{address}.includes('from=')")
    page.key("ArrowLeft", SHIFT)
    page.wait("document.querySelectorAll('.chart [aria-live]')[1].innerText.includes('full')")

    page.resize(*DESK, is_phone=True)
    page.run("document.querySelectorAll('.plot')[1].scrollIntoView({ block: 'center' })")
    box = json.loads(page.run(place))
    middle = box["y"] + box["height"] / 2
    one, other = left + width * 0.4, left + width * 0.6
    page.touch("touchStart", (one, middle))
    page.touch("touchStart", (one, middle), (other, middle))
    page.touch("touchMove", (one - width * 0.1, middle), (other + width * 0.1, middle))
    page.touch("touchEnd", (one - width * 0.1, middle))
    page.touch("touchEnd")
    page.wait(f"{address}.includes('from=')")
    assert seconds() == pytest.approx(300, rel=0.1)


def test_a_lost_connection_is_said_and_comes_back_without_a_gap(page: Page, world: World) -> None:
    page.wait("document.querySelector('.machine path.line').getAttribute('d').length > 60")
    known = "import('/page/live.js').then(({ live }) => live.points.get('system'))"
    first = page.run(known)[0]
    world.server.kill()
    page.wait("document.querySelector('.state.lost')")
    lost_at: float = page.run(known)[-1][0]
    status = world.memtray.json("status")
    while world.memtray.json("status")["sample_count"] < status["sample_count"] + 4:
        pass
    world.server.start_again()
    page.wait("document.querySelector('.state.live')")
    points: list[list[Any]] = page.run(known)
    assert points[0] == first
    assert all(point[1] is not None for point in points)
    # As many samples as Memtray has taken meanwhile.
    assert sum(1 for time, *_ in points if time > lost_at) >= 4
    # The server that was killed is a failed connection for the browser, which says so.
    others = [one for one in page.complaints() if "/ws" not in one and "net::ERR_" not in one]
    assert others == []
    page.forgive()


def test_a_table_of_ten_thousand_rows_keeps_only_those_in_sight(page: Page) -> None:
    page.run(
        """import('/page/virtual_table.js').then(({ VirtualTable }) => {
            const columns = [
                { key: 'name', title: 'Name', value: one => one.name, text: one => one.name },
                { key: 'size', title: 'Size', isNumber: true, value: one => one.size,
                  text: one => String(one.size) }];
            const order = { key: 'size', isDown: true };
            const table = new VirtualTable('Many', columns, one => one.name, order);
            const items = Array.from({ length: 10000 }, (_, at) => ({ name: `n${at}`, size: at }));
            document.querySelector('#view').replaceChildren(table.element);
            table.show(items);
            table.element.focus();
        })"""
    )
    rows = "[...document.querySelectorAll('.virtual tbody tr[aria-rowindex]')]"
    assert page.run("document.querySelector('.virtual').getAttribute('aria-rowcount')") == "10001"
    assert page.run(f"{rows}.length") < 100
    assert page.run(f"{rows}[0].innerText.includes('n9999')")
    page.key("End")
    page.wait(f"{rows}.at(-1).getAttribute('aria-rowindex') === '10001'")
    assert page.run("document.querySelector('.virtual .active').innerText").split() == ["n0", "0"]
    page.run("document.querySelector('.virtual th button').click()")
    page.wait(f"{rows}[0].innerText.includes('n0')")
    sort = "document.querySelector('.virtual th').getAttribute('aria-sort')"
    assert page.run(sort) == "ascending"


def test_processes_are_filtered_as_one_types(page: Page) -> None:
    _go(page, "processes")
    rows = "[...document.querySelectorAll('.virtual tbody tr[aria-rowindex]')]"
    page.wait(f"{rows}.length > 5")
    page.run("document.querySelector('input[type=search]').focus()")
    page.send("Input.insertText", text="full")
    page.wait(f"{rows}.length && {rows}.every(row => row.innerText.includes('full'))")


def test_where_memory_goes_is_told_by_parts_that_open(page: Page, world: World) -> None:
    _go(page, "where")
    page.wait(ACCOUNT_READ)
    page.run("document.querySelector('details[data-key=programs] > summary').focus()")
    page.key("Enter")
    page.wait("document.querySelector('details[data-key=programs]').open")
    part = "document.querySelector('details[data-key=\"target:full\"] > summary b')"
    shown, taken = shown_bytes(page.run(f"{part}.innerText")), world.program.taken_bytes()
    assert abs(shown - taken) <= 0.05 * taken


def test_runs_of_a_tracked_program_are_listed(page: Page) -> None:
    _go(page, "runs")
    page.wait("document.querySelector('#runs-of').value === 'full'")
    page.wait("document.querySelectorAll('tbody tr').length === 1")
    page.wait("document.querySelector('.plot path.line').getAttribute('d').startsWith('M')")
    # What goes before growth, or that it has not grown.
    page.wait("document.querySelectorAll('h2 + ul.plain li').length >= 1")


def test_a_report_is_made_and_downloaded(page: Page, browser: Chromium, tmp_path: Path) -> None:
    where = {"behavior": "allow", "downloadPath": str(tmp_path), "browserContextId": page.context}
    browser.send("Browser.setDownloadBehavior", where)
    _go(page, "downloads")
    page.wait("document.querySelector('#report-format')")
    page.run("document.querySelector('#report-format').value = 'html'")
    page.run("document.querySelector('.card button.main').click()")
    found = wait_until(
        lambda: [file for file in tmp_path.iterdir() if file.suffix == ".html"],
        what="the report", timeout=120,
    )  # fmt: skip
    del found
    (report,) = tmp_path.iterdir()
    assert "full" in report.read_text("utf-8")


def test_the_page_is_light_or_dark_as_the_desktop_or_as_chosen(page: Page) -> None:
    def card() -> str:
        colour = page.run("getComputedStyle(document.querySelector('.card')).backgroundColor")
        return "#" + "".join(f"{int(one):02x}" for one in re.findall(r"\d+", colour)[:3])

    # From automatic to light to dark and back to automatic.
    for chosen in (None, LIGHT, DARK, None):
        for desktop in (LIGHT, DARK):
            page.prefer("dark" if desktop.dark else "light")
            assert card() == (chosen or desktop).background
        page.run("document.querySelector('#theme').click()")
    for _ in range(2):
        page.run("document.querySelector('#theme').click()")


def test_the_page_speaks_the_chosen_language(page: Page) -> None:
    page.run(
        """const choice = document.querySelector('#language');
        choice.value = 'de'; choice.dispatchEvent(new Event('change'))"""
    )
    page.wait("document.querySelector('#views a').innerText === 'Jetzt'")
    assert page.run("document.documentElement.lang") == "de"
    # Numbers, too.
    page.wait("document.querySelector('.machine .muted').innerText.match(/,\\d\\s%/)")
    # And what the server answers.
    _go(page, "where")
    page.wait(f"{ACCOUNT_READ}.innerText.startsWith('Programme')")
    page.run(
        """const again = document.querySelector('#language');
        again.value = 'en'; again.dispatchEvent(new Event('change'))"""
    )
    page.wait("document.querySelector('#views a').innerText === 'Now'")


def test_nothing_is_wider_than_a_phone_and_axe_finds_nothing_serious(page: Page) -> None:
    axe = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
    page.run(axe + ";1")
    for view in VIEWS:
        _go(page, view)
        page.wait("document.querySelector('#view').innerText.length > 20")
        for (width, height), scheme in ((DESK, "light"), (PHONE, "dark")):
            page.prefer(scheme)
            page.resize(width, height)
            assert page.run("document.documentElement.scrollWidth - innerWidth") <= 0, view
            found = page.run(
                """axe.run().then(({ violations }) => violations
                    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`))"""
            )
            assert found == [], view


def test_opening_the_page_loads_little(browser: Chromium, world: World) -> None:
    page = browser.page()
    page.open(world.server.address)
    page.wait("document.querySelector('.state.live')")
    loaded = page.loaded_bytes()
    assert any(address.endswith("/page/main.js") for address in loaded)
    assert not any(address.endswith("/page/trends.js") for address in loaded)
    # Packed, with the answers of the API and all headers.
    assert sum(loaded.values()) <= 35_000


def test_a_page_that_was_left_does_not_watch_until_one_comes_back(
    browser: Chromium, world: World
) -> None:
    """Browsers keep it, with its connections: the server would never be without a viewer."""
    address = urlsplit(world.server.address)

    def viewers() -> int:
        connection = http.client.HTTPConnection(address.netloc, timeout=60)
        with contextlib.closing(connection):
            known = {"Authorization": f"Bearer {address.fragment}"}
            connection.request("GET", "/metrics", headers=known)
            told = connection.getresponse().read().decode()
        found = re.search(r"^memtray_viewers (\d+)", told, re.MULTILINE)
        assert found
        return int(found[1])

    before = viewers()
    page = browser.page()
    page.open(world.server.address)
    page.wait("document.querySelector('.state.live')")
    wait_until(lambda: viewers() == before + 1, what="a viewer", timeout=60)
    page.open("about:blank")
    wait_until(lambda: viewers() == before, what="no viewer", timeout=60)
    page.run("history.back()")
    page.wait("document.querySelector('.state.live')")
    page.wait("document.querySelector('.machine .figure').innerText")
    wait_until(lambda: viewers() == before + 1, what="the viewer", timeout=60)


def test_a_view_that_could_not_be_loaded_comes_with_the_server(
    browser: Chromium, world: World
) -> None:
    page = browser.page()
    page.open(world.server.address)
    page.wait("document.querySelector('.state.live')")
    world.server.kill()
    page.wait("document.querySelector('.state.lost')")
    page.run("location.hash = '#/processes'")
    page.wait("document.querySelector('.message.error')")
    # What was seen stays.
    assert page.run("Boolean(document.querySelector('#view .machine'))")
    world.server.start_again()
    page.wait("document.querySelector('#view .virtual tbody tr')")
