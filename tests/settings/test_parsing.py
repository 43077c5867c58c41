"""What the text of the settings file may hold, and what a person is told when it does not fit."""

from __future__ import annotations

import datetime
import os
import re
import time
import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from trayapp.errors import SettingsError
from trayapp.language.units import GIB, KIB, MIB
from trayapp.settings.fields import Field
from trayapp.settings.file import load_settings
from trayapp.settings.kinds import Limit
from trayapp.settings.parsing import empty_tables, parse_settings
from trayapp.settings.quoting import quote
from trayapp.settings.records import (
    FIELDS,
    LISTS,
    ActionSettings,
    AlertSettings,
    BudgetSettings,
    ChannelSettings,
    DeliverySettings,
    DiagnosisSettings,
    GrowthSettings,
    HistorySettings,
    HookSettings,
    IconSettings,
    LeakSettings,
    LogSettings,
    SamplingSettings,
    Settings,
    SpikeSettings,
    TargetSettings,
    TrendSettings,
)

HERE = Path(__file__).parent
DAY = 86_400.0

VALID = {
    "empty": Settings(),
    "everything": Settings(
        sampling=SamplingSettings(interval_seconds=0.5, adaptive=False),
        budget=BudgetSettings(
            uss_bytes=64 * MIB,
            cpu_percent=0.1,
            descriptors=64,
            threads=1000,
            written_bytes_per_minute=512 * KIB,
        ),
        icon=IconSettings(
            shows="app",
            span_seconds=3600.0,
            palette="custom",
            panel="dark",
            number="instead",
            normal_color=(10, 11, 12),
            warning_color=(255, 255, 0),
            critical_color=(255, 128, 0),
            emergency_color=(255, 0, 0),
        ),
        alerts=AlertSettings(
            enabled=False,
            warning_percent=60.0,
            critical_percent=70.5,
            emergency_percent=80.0,
            rearm_percent=0.5,
            sustain_seconds=600.0,
            warning_cooldown_seconds=3600.0,
            critical_cooldown_seconds=0.0,
            emergency_cooldown_seconds=0.0,
            gap_seconds=0.0,
            recovery_seconds=3600.0,
            stall_percent=100.0,
            quiet_hours="22:00-07:00",
            emergency_breaks_through=False,
        ),
        delivery=DeliverySettings(
            desktop=False, json_lines=True, json_lines_bytes=64 * KIB, system_journal=True
        ),
        actions=ActionSettings(per_hour=100, terminate_phrase="I accept lost work"),
        diagnosis=DiagnosisSettings(
            longest_pause_seconds=2.0,
            python_dumps=True,
            node_dumps=True,
            java_dumps=True,
            java_collections=True,
        ),
        growth=GrowthSettings(
            enabled=False,
            threshold_bytes_per_second=200_000.0,
            hold_seconds=3600.0,
            samples=100,
            minimum_bytes=GIB,
        ),
        spike=SpikeSettings(enabled=False, percent=25.0, minimum_bytes=2048 * KIB),
        leak=LeakSettings(
            others=False,
            score_percent=95.0,
            proof_seconds=300.0,
            minimum_bytes=MIB,
            minimum_percent=100.0,
            runaway_bytes_per_second=100_000.0,
            rising_percent=50.0,
            sustained_percent=1.0,
            stair_bytes=64 * KIB,
        ),
        history=HistorySettings(
            raw_seconds=7 * DAY,
            minutes_seconds=90 * DAY,
            hours_seconds=5 * 365 * DAY,
            size_bytes=4 * GIB,
        ),
        log=LogSettings(
            enabled=True,
            folder="/var/log/memtray",
            interval_seconds=60.0,
            targets=("web",),
            keep_days=7,
            remove_days=30,
        ),
        trends=TrendSettings(chart_height_percent=40.0),
        channels=(
            ChannelSettings(
                name="mail ü",
                url="mailtos://me:pass%20word@example.org?to=you@example.org",
                level="emergency",
                resolved=False,
            ),
            ChannelSettings(name="chat", url_env="_CHAT_2"),
            ChannelSettings(name="phone", url_keyring="some/service/me"),
        ),
        hooks=(
            HookSettings(
                name="page",
                command=("/opt/page me", "--now", "", "ü $HOME; 'x'"),
                on=("resolved", "raised"),
                level="critical",
                target="app",
                limit_seconds=300.0,
            ),
            HookSettings(name="note", command=("true",)),
        ),
        targets=(
            TargetSettings(
                name="app",
                match="app.py --serve",
                children=False,
                limit=Limit(500 * MIB, None),
                growth=False,
                spike=False,
                on_warning=("cleanup",),
                on_critical=("snapshot", "cleanup"),
                on_emergency=("terminate", "cleanup", "snapshot"),
            ),
            TargetSettings(
                name="wörker ü",
                regex=r"^python3? .*worker-(?P<number>\d+)\.py",
                limit=Limit(None, 0.125),
            ),
        ),
    ),
    "inline": Settings(
        sampling=SamplingSettings(interval_seconds=1.0),
        alerts=AlertSettings(enabled=False, sustain_seconds=60.0),
        targets=(TargetSettings(name="a", match="a"), TargetSettings(name="b", regex="b")),
    ),
    "numbers_for_units": Settings(
        sampling=SamplingSettings(interval_seconds=0.2),
        budget=BudgetSettings(written_bytes_per_minute=1_000_000),
        icon=IconSettings(span_seconds=60.0),
        growth=GrowthSettings(minimum_bytes=4096),
        history=HistorySettings(size_bytes=100_000_000),
    ),
}


@pytest.mark.parametrize(
    "file", sorted((HERE / "valid_configs").glob("*.toml")), ids=lambda file: file.stem
)
def test_valid_file(file: Path) -> None:
    """Every file of the folder means what is written above, with the types of the records."""
    settings = parse_settings(file.read_text(encoding="utf-8"), str(file))
    assert settings == VALID[file.stem]
    # 1 == 1.0 == True: the representation tells them apart.
    assert repr(asdict(settings)) == repr(asdict(VALID[file.stem]))


@pytest.mark.parametrize(
    "file", sorted((HERE / "invalid_configs").glob("*.toml")), ids=lambda file: file.stem
)
def test_invalid_file(file: Path) -> None:
    """Every file of the folder is refused in the words of the text beside it."""
    with pytest.raises(SettingsError) as refused:
        load_settings(file)
    expected = file.with_suffix(".txt").read_text(encoding="utf-8").strip()
    assert str(refused.value) == f"{file.parent}{os.sep}{expected}"


THREE = """\
[sampling]
intervall = "1s"
[alerts]
warning_percent = 900
[[targets]]
name = "web"
match = "web"
limit = "plenty"
"""


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings(THREE + '[icon]\nshows = "nobody"\n', "f")
    places = ("sampling.intervall", "alerts.warning_percent", 'targets.limit (target 1, "web")')
    mistakes = refused.value.mistakes
    assert len(mistakes) == len(places)
    for mistake, place in zip(mistakes, places, strict=True):
        assert mistake.startswith(f"f: {place} ")
    assert str(refused.value) == f"{mistakes[0]} (and 2 more, see `memtray doctor`)"


def test_an_unknown_name_hides_no_other_mistake() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings('[icon]\nfoo = 1\nshows = "nobody"\n', "f")
    assert [each.split()[1] for each in refused.value.mistakes] == ["icon.foo", "icon.shows"]


def test_what_is_refused_is_not_compared_with_the_rest() -> None:
    """The default in its place would be out of order, or no place for an icon's target."""
    text = '[alerts]\nwarning_percent = "x"\ncritical_percent = 1\n[leak]\nwarning_percent = 99\n'
    with pytest.raises(SettingsError) as refused:
        parse_settings(text, "f")
    first, second = refused.value.mistakes
    assert "alerts.warning_percent" in first
    assert "leak." in second


def test_thousands_of_mistakes_are_not_all_looked_at() -> None:
    text = "".join(f"[[targets]]\nname = 'a'\nmatch = 'b'\nx{each} = 1\n" for each in range(3000))
    with pytest.raises(SettingsError) as refused:
        parse_settings(text, "f")
    assert len(refused.value.mistakes) == 20
    assert "(and 19+ more" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"growth.samples = 0x{'f' * 5000}", r"f: growth.samples = 0xf+… is out of range; .*"),
        (f"growth.samples = {'9' * 5000}", r"f: is not valid: a number has too many .*"),
        (f"targets = {'[' * 5000}", r"f: is not valid( TOML)?: .*nested.*"),
        ("[icon]\nshows = \udc80", r"f: is not valid TOML: .*line 2, column 9.*"),
        (f'"{"k" * 5000}" = 1', r'f: "k{40}"… is not a setting; .*'),
        (f'icon.shows = "{"x" * 5000}"', r'f: icon.shows = "x{40}"… has 5000 characters; .*'),
    ],
)
def test_monstrous_text_is_refused_briefly(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings(text, "f")
    assert re.fullmatch(message, str(refused.value))
    assert len(str(refused.value)) < 280


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble() -> None:
    text = '\ufeff[sampling]\r\ninterval = "1s"\r\n'
    assert parse_settings(text, "f").sampling.interval_seconds == 1.0


def test_an_ambiguous_expression_is_no_trouble() -> None:
    """What Python warns about ("possible nested set") still compiles."""
    (target,) = parse_settings("[[targets]]\nname = 'x'\nregex = '[[a]'", "f").targets
    assert target.regex == "[[a]"


@pytest.mark.parametrize("line", ["a" + ".a" * 20_000 + " = 1", "[" + '"a".' * 20_000 + "a]"])
def test_a_key_of_thousands_of_dots_is_refused_at_once(line: str) -> None:
    started = time.thread_time()
    with pytest.raises(SettingsError, match="line 2 has too many dots"):
        parse_settings(f"\n{line}\n", "f")
    assert time.thread_time() - started < 0.1


def test_an_expression_without_a_bound_is_refused() -> None:
    with pytest.raises(SettingsError, match="could take forever"):
        parse_settings(r"targets = [{name = 'x', regex = '(a+)+\1'}]", "f")


def test_the_path_cannot_break_the_line() -> None:
    with pytest.raises(SettingsError) as refused:
        parse_settings("x", "/home/\n\udc80/memtray.toml")
    assert str(refused.value).startswith("/home/\\u000a\\udc80/memtray.toml: ")


TOML_SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.integers(-300, 300),
    st.floats(),
    st.floats(0, 300),
    st.text(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.from_regex(r"\A\d{1,4}(\.\d)? ?(ms|s|min|h|d|y|K|MiB|GiB|%|)\Z"),
)
TOML_VALUES = st.recursive(
    TOML_SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def to_toml(value: object) -> str:
    """Write any value as inline TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        return f"[{', '.join(map(to_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{quote(key)} = {to_toml(item)}' for key, item in value.items())}}}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return repr(value)


def assert_parses_or_is_refused_in_one_line(text: str) -> Settings | None:
    try:
        return parse_settings(text, "memtray.toml")
    except SettingsError as error:
        message = str(error)
        assert message.startswith("memtray.toml: ")
        assert message.isprintable()
        assert len(message) < 500
        return None


NEEDED = {
    "targets": {"match": "'x'"},
    "channels": {"url": "'json://x'"},
    "hooks": {"command": "['x']"},
}
INSTEAD = dict.fromkeys(("regex", "exe", "unit", "container", "cgroup", "user"), "match") | {
    "url_env": "url",
    "url_keyring": "url",
}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: f"{field.table}.{field.key}")
@hypothesis_settings(max_examples=40, deadline=None)
@given(value=TOML_VALUES)
def test_any_value_is_in_range_or_refused(field: Field, value: object) -> None:
    """A value for any key is read into a record that could be written again, or refused."""
    keys = {field.key: to_toml(value)}
    if field.table in LISTS:
        keys = {"name": "'x'"} | NEEDED[field.table] | keys
        keys.pop(INSTEAD.get(field.key, ""), None)
    header = f"[[{field.table}]]" if field.table in LISTS else f"[{field.table}]"
    text = "\n".join([header, *(f"{key} = {value}" for key, value in keys.items())])
    settings = assert_parses_or_is_refused_in_one_line(text)
    if settings is not None and field.table not in LISTS:
        result = getattr(getattr(settings, field.table), field.attribute)
        assert type(result) is type(field.default)
        assert field.kind.read(value) == result


@hypothesis_settings(max_examples=300, deadline=None)
@given(text=st.text() | st.lists(st.sampled_from(
    [*"[]{}=.,\"'\\#\n\r\t 01x", "[[targets]]\n", "name=", "regex=", "targets", "icon", "nan"]
)).map("".join))  # fmt: skip
@example(text="\x00")
@example(text="\ud800")
def test_any_text_is_settings_or_refused(text: str) -> None:
    """Nothing but SettingsError is ever raised."""
    assert_parses_or_is_refused_in_one_line(text)


@pytest.mark.parametrize(
    "line",
    [
        "url = 'SECRET'",
        "url = 'SECRET://'",
        "url = ['mailto://SECRET']",
        r'url = "mailto://SECRET\u0007"',
        f"url = 'mailto://SECRET{'x' * 5000}'",
        "url_env = 'mailto://SECRET'",
        "url_keyring = 'SECRET'",
        "url_keyring = 'SECRET/'",
        "url = 'mailto://SECRET'\nurl_env = 'SECRET'",
        "url = 'mailto://SECRET'\nlevel = 'debug'",
        "url = 'mailto://SECRET'\nurl = 'mailto://SECRET'",
        "url = 'mailto://SECRET",
        "url = mailto://SECRET",
    ],
)
def test_no_message_repeats_an_address(line: str) -> None:
    """What is wrong with a channel is told without what may be secret in it."""
    with pytest.raises(SettingsError) as refused:
        parse_settings(f"[[channels]]\nname = 'x'\n{line}", "f")
    assert "SECRET" not in str(refused.value)
    with pytest.raises(SettingsError) as refused:
        parse_settings("channels = 'mailto://SECRET'", "f")
    assert "SECRET" not in str(refused.value)


def test_no_record_shows_an_address() -> None:
    """Records end in logs and tracebacks."""
    settings = parse_settings("[[channels]]\nname = 'x'\nurl = 'mailto://SECRET'", "f")
    assert settings.channels[0].url == "mailto://SECRET"
    assert "SECRET" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ('"16MiB"', 16 * MIB),
        ('"17m"', 17 * MIB),
        ('"17MB"', 17_000_000),
        ('" 1.5 GiB "', 3 * GIB // 2),
    ],
)
def test_sizes_are_written_as_people_write_them(text: str, size_bytes: int) -> None:
    assert parse_settings(f"history.size = {text}", "f").history.size_bytes == size_bytes


def test_a_hook_for_other_events_alone_is_not_run_for_alerts() -> None:
    text = '[[hooks]]\nname = "a"\ncommand = ["x"]\nevents = ["cleanup"]\n'
    (hook,) = parse_settings(text, "f").hooks
    assert (hook.events, hook.on) == (("cleanup",), ())
    (hook,) = parse_settings(text + 'on = ["resolved"]\n', "f").hooks
    assert hook.on == ("resolved",)


@given(
    st.lists(
        st.sampled_from(
            [
                "[icon]",
                "[tray]",
                "# [x] = 1 ü",
                "",
                "x = 1",
                "[[targets]]",
                "[a.b]",
                " [a]",
                "#\r",
                "#\x00",
                "# a\u2028b",
                "\r",
                "#\x1b",
                "[icon] # x",
                "[a]\r",
                "\ufeff",
            ]
        ),
        max_size=6,
    )
)
def test_a_file_that_sets_nothing_is_read_as_the_parser_reads_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    tables = empty_tables(text)
    if tables is not None:
        assert tables == tomllib.loads(text)


def test_the_file_of_the_first_start_sets_nothing(tmp_path: Path) -> None:
    load_settings(tmp_path / "memtray.toml")
    tables = empty_tables((tmp_path / "memtray.toml").read_text(encoding="utf-8"))
    assert tables is not None
    assert {"icon", "sampling"} <= tables.keys()
