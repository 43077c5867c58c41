"""From the text of the settings file to one typed record; no files, no environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trayapp.errors import SettingsError
from trayapp.settings.fields import (
    CHANNELS_TABLE,
    FIELDS,
    HOOKS_TABLE,
    LISTS,
    RESERVED_NAMES,
    TABLES,
    TARGETS_TABLE,
    Field,
    fields_of,
)
from trayapp.settings.kinds import RefusedError, Secret, one_line, quote
from trayapp.settings.records import (
    AlertSettings,
    ChannelSettings,
    HookSettings,
    Settings,
    TargetSettings,
)

_SHOWN = 40
"""Characters of a key or value that a message repeats."""
_HIDDEN = '"…"'


def parse_settings(text: str, file: str) -> Settings:
    """Read the text of a settings file; `file` is only named in messages.

    Raises: SettingsError, one line with file, key, value, what fits and a remedy.
    """
    try:
        return _read_settings(read_toml(text))
    except RefusedError as error:
        raise SettingsError(one_line(f"{file}: {error}")) from error


def read_value(field: Field, value: object, where: str = "") -> object:
    """Turn one value of the file into the record's.

    Raises: RefusedError with key, value, what fits: everything but the file's name.
    """
    try:
        return field.kind.read(value)
    except RefusedError as error:
        name = f"{field.table}.{field.key}{where}"
        shown = _HIDDEN if isinstance(field.kind, Secret) else _show(value)
        raise RefusedError(f"{name} = {shown} {error}; write {field.kind.allowed}") from error


def read_toml(text: str) -> dict[str, object]:
    """What the text says, before it is judged.

    Raises: RefusedError if it is not TOML.
    """
    import tomllib

    try:
        # Editors on Windows put a byte order mark first.
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise RefusedError(f"is not valid TOML: {error}; correct that place") from error
    except RecursionError as error:
        raise RefusedError("is not valid settings: brackets nested too deeply") from error
    except ValueError as error:
        # An integer of thousands of digits passes tomllib's grammar and fails in int().
        raise RefusedError("is not valid settings: a number has too many digits") from error


def _read_settings(data: Mapping[str, object]) -> Settings:
    names = [table.name for table in TABLES]
    records: dict[str, Any] = {}
    for key, value in data.items():
        if key not in (*names, *LISTS):
            raise RefusedError(_unknown("", key, [*names, *LISTS]))
        if key in names and not isinstance(value, dict):
            raise RefusedError(
                f"{key} = {_show(value)} is not a table; write [{key}] on its own line"
            )
    for table in TABLES:
        values = data.get(table.name)
        if isinstance(values, dict):
            records[table.name] = table.record(**_read_table(table.name, values))
    settings = Settings(
        **records,
        channels=_read_channels(data.get(CHANNELS_TABLE, [])),
        hooks=_read_hooks(data.get(HOOKS_TABLE, [])),
        targets=_read_targets(data.get(TARGETS_TABLE, [])),
    )
    _check_alerts(settings.alerts)
    _check_icon(settings)
    return settings


def _read_table(table: str, values: Mapping[str, object], where: str = "") -> dict[str, Any]:
    """Read the values of one table by the names they have in its record."""
    fields = fields_of(table)
    for key in values:
        if key not in fields:
            raise RefusedError(_unknown(table, key, fields, where))
    return {
        fields[key].attribute: read_value(fields[key], value, where)
        for key, value in values.items()
    }


def _tables(name: str, tables: object) -> list[dict[str, object]]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        shown = _HIDDEN if name == CHANNELS_TABLE and isinstance(tables, str) else _show(tables)
        raise RefusedError(
            f"{name} = {shown} is not a list of tables; write [[{name}]], with two"
            f" brackets, above each {name.removesuffix('s')}"
        )
    return tables


def _read_named(name: str, tables: object) -> list[tuple[str, dict[str, Any]]]:
    """What is written under each [[name]], with where it is; every name is there and only once."""
    found: list[tuple[str, dict[str, Any]]] = []
    noun = name.removesuffix("s")
    for number, values in enumerate(_tables(name, tables), 1):
        where = f" ({noun} {number})"
        if "name" not in values:
            raise RefusedError(f'{name}{where} has no name; write name = "…" under its [[{name}]]')
        fitting = _read_table(name, values, where)
        if any(fitting["name"] == other["name"] for _, other in found):
            raise RefusedError(
                f"{name}.name{where} = {_show(fitting['name'])} is the name of another {noun};"
                " choose another name"
            )
        found.append((where, fitting))
    return found


def _read_channels(tables: object) -> tuple[ChannelSettings, ...]:
    channels = []
    for where, values in _read_named(CHANNELS_TABLE, tables):
        addresses = {"url", "url_env", "url_keyring"} & values.keys()
        if len(addresses) != 1:
            found = " and ".join(sorted(addresses)) or "no address"
            raise RefusedError(
                f"channels{where} has {found}; write exactly one of url, url_env and url_keyring"
            )
        channels.append(ChannelSettings(**values))
    return tuple(channels)


def _read_hooks(tables: object) -> tuple[HookSettings, ...]:
    hooks = []
    for where, values in _read_named(HOOKS_TABLE, tables):
        if "command" not in values:
            raise RefusedError(f'hooks{where} has no command; write command = ["program", "…"]')
        if not values["command"][0]:
            raise RefusedError(
                f"hooks.command{where} begins with an empty text; write the program there"
            )
        hooks.append(HookSettings(**values))
    return tuple(hooks)


def _read_targets(tables: object) -> tuple[TargetSettings, ...]:
    targets: dict[str, TargetSettings] = {}
    for number, values in enumerate(_tables(TARGETS_TABLE, tables), 1):
        target = _read_target(values, number)
        if target.name in targets:
            raise RefusedError(
                f"targets.name (target {number}) = {_show(target.name)} is the name of another"
                " target; choose another name"
            )
        targets[target.name] = target
    return tuple(targets.values())


def _read_target(values: Mapping[str, object], number: int) -> TargetSettings:
    where = f" (target {number})"
    if "name" not in values:
        raise RefusedError(f'targets{where} has no name; write name = "…" under its [[targets]]')
    name = read_value(fields_of(TARGETS_TABLE)["name"], values["name"], where)
    where = f" (target {number}, {_show(name)})"
    fitting = _read_table(TARGETS_TABLE, values, where)
    if name in RESERVED_NAMES:
        raise RefusedError(f"targets.name{where} means something else already; choose another name")
    if ("match" in fitting) == ("regex" in fitting):
        found = "both match and regex" if "match" in fitting else "neither match nor regex"
        raise RefusedError(f"targets{where} has {found}; write exactly one of them")
    limit = fitting.pop("limit", None)
    if limit is not None:
        fitting.update(limit_bytes=limit.bytes, limit_share=limit.share)
    return TargetSettings(**fitting)


def _check_alerts(alerts: AlertSettings) -> None:
    for lower, higher in (
        ("rearm_percent", "warning_percent"),
        ("warning_percent", "critical_percent"),
        ("critical_percent", "emergency_percent"),
    ):
        low, high = getattr(alerts, lower), getattr(alerts, higher)
        if low >= high:
            raise RefusedError(
                f"alerts.{higher} = {high:g} is not above {lower} = {low:g}; write rearm_percent"
                " < warning_percent < critical_percent < emergency_percent"
            )


def _check_icon(settings: Settings) -> None:
    shows = settings.icon.shows
    names = [*RESERVED_NAMES, *(target.name for target in settings.targets)]
    if shows not in names:
        nearest = _nearest(shows, names)
        allowed = fields_of("icon")["shows"].kind.allowed
        remedy = f"did you mean {_show(nearest)}?" if nearest else f"write {allowed}"
        raise RefusedError(f"icon.shows = {_show(shows)} is not a target; {remedy}")


def _unknown(table: str, key: str, known: Iterable[str], where: str = "") -> str:
    known = list(known)
    name = f"{table}.{_show_key(key)}{where}" if table else _show_key(key)
    elsewhere = [_header(field.table) for field in FIELDS if field.key == key]
    if nearest := _nearest(key, known):
        return f"{name} is not a setting; did you mean {nearest}?"
    if elsewhere:
        return f"{name} is not a setting here; it belongs under {' or '.join(elsewhere)}"
    return f"{name} is not a setting; known here: {', '.join(known)}"


def _header(table: str) -> str:
    return f"[[{table}]]" if table in LISTS else f"[{table}]"


def _nearest(text: str, known: Iterable[str]) -> str | None:
    import difflib

    return next(iter(difflib.get_close_matches(text[:100], known, 1)), None)


def _show_key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare and len(key) <= _SHOWN else _show(key)


def _show(value: object) -> str:
    """Repeat a value from the file, short and on one line."""
    if isinstance(value, str):
        return quote(value) if len(value) <= _SHOWN else quote(value[:_SHOWN]) + "…"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    if isinstance(value, int) and abs(value) >= 10**_SHOWN:
        # Python refuses to write thousands of digits.
        return f"{hex(value)[:_SHOWN]}…"
    return str(value)
