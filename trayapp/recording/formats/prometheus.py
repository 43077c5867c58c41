"""What Prometheus answers to `/api/v1/query_range`: process-exporter's figures, and others.

Of process-exporter's `namedprocess_namegroup_memory_bytes` the resident size of each group is
taken (the proportional one where that was not asked for), and from `…_num_procs` how many
processes it was. Of any other query every series is taken whose name says memory, or that has none
because it was summed up; values are bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.domain.language import N_, _
from trayapp.errors import RecordingError
from trayapp.recording.gathering import Gathered, Gathering, number_of
from trayapp.recording.json_stream import JsonError, broken
from trayapp.recording.meaning import is_memory_name, meaning_of
from trayapp.recording.records import Kind
from trayapp.recording.source import Source, Start

NAME = "Prometheus"
EXPECTS = N_("Prometheus' answer to query_range")
_GROUP_METRIC = "namedprocess_namegroup_memory_bytes"
_COUNT_METRIC = "namedprocess_namegroup_num_procs"
_KINDS = ("resident", "proportionalResident")
_WHERE = ("instance", "job")
_Labels = dict[str, str]


def resembles(start: Start) -> float:
    """By the keys of an answer, or of the bare list that `promtool query range -o json` prints."""
    if not start.is_json:
        return 0.0
    top = start.text[:2000]
    if '"resultType"' in top or ('"status"' in top and ('"data"' in top or '"error"' in top)):
        return 1.0
    return 1.0 if start.text[:1] == "[" and '"metric"' in top and '"values"' in top else 0.0


def read(source: Source, found: Gathering) -> None:
    """Read an answer, series by series.

    Raises: RecordingError if it is of another kind, an error, or without memory.
    """
    reading = _Reading(source, found)
    try:
        for place, value in source.json().values(*_PLACES):
            reading.take(place[1:], value)
    except JsonError as error:
        found.note(broken(error))
    reading.finish()


_PLACES = (
    "*.status", "*.error", "*.data.resultType", "*.data.result.*.metric",
    "*.data.result.*.values.*", "*.data.result.*.value", "*.*.metric", "*.*.values.*",
)  # fmt: skip


class _Reading:
    """One answer while it is read."""

    def __init__(self, source: Source, found: Gathering) -> None:
        self._path = source.path
        self._found = found
        self._labels: dict[int, _Labels] = {}
        self._counts: dict[int, dict[float, float]] = {}
        self._series: dict[int, Gathered | None] = {}

    def take(self, place: tuple[str | int, ...], value: Any) -> None:
        """Raises: RecordingError."""
        if place == ("error",):
            text = _("{path} is an error of Prometheus: {error}")
            raise RecordingError(text.format(path=self._path, error=str(value)[:200]))
        if place == ("status",):
            return
        if place[-1] == "resultType" or place[-1] == "value":
            if value != "matrix":
                raise RecordingError(
                    _(
                        "{path} is no answer to a range query; ask /api/v1/query_range, which"
                        " gives a matrix"
                    ).format(path=self._path)
                )
            return
        number = next((part for part in place if isinstance(part, int)), 0)
        if place[-1] == "metric":
            if isinstance(value, Mapping):
                self._labels[number] = {str(key): str(one) for key, one in value.items()}
            return
        self._sample(number, value)

    def _sample(self, number: int, pair: Any) -> None:
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], (int, float)):
            return
        moment, value = number_of(pair[0]), number_of(pair[1])
        if number not in self._series:
            self._series[number] = self._begin(number)
        series = self._series[number]
        if series is not None:
            # process-exporter tells 0 of a group of which nothing runs.
            series.add(moment, value or math.nan)
        elif number in self._counts:
            self._counts[number][moment] = value

    def _begin(self, number: int) -> Gathered | None:
        """Where the samples of a series are put; None if they are no sizes."""
        labels = self._labels.get(number)
        if labels is not None and labels.get("__name__") == _COUNT_METRIC:
            self._counts[number] = {}
            return None
        if labels is None or _is_group(labels) or _is_memory(labels):
            return self._found.series(number, "")
        return None

    def finish(self) -> None:
        """Choose what is shown, and name it.

        Raises: RecordingError.
        """
        everything = list(self._labels.items())
        groups = [one for one in everything if _is_group(one[1])]
        chosen = list(_resident(groups)) or [one for one in everything if _is_memory(one[1])]
        if everything and not chosen:
            raise RecordingError(
                _("{path} has no memory in it; query {metric} or another size in bytes").format(
                    path=self._path, metric=_GROUP_METRIC
                )
            )
        self._leave_out({number for number, _labels in chosen})
        counts = {_place(self._labels[number]): counted for number, counted in self._counts.items()}
        names = _names([labels for _number, labels in chosen])
        for (number, labels), name in zip(chosen, names, strict=True):
            series = self._found.everyone.get(number)
            if series is not None:
                series.name = name
                series.kind = _kind(labels)
                if processes := counts.get(_place(labels)):
                    series.count_children(processes)

    def _leave_out(self, chosen: set[int]) -> None:
        for number, labels in self._labels.items():
            name = labels.get("__name__", "")
            if number not in chosen:
                if number in self._found:
                    self._found.drop(number)
                if name != _COUNT_METRIC:
                    reason = meaning_of(name, is_metric=True).reason
                    reason = reason or _("another size of the same programs")
                    self._found.leave_out(f"{name} {labels.get('memtype', '')}".strip(), reason)


def _kind(labels: _Labels) -> Kind:
    if labels.get("memtype") == "proportionalResident":
        return "proportional set"
    if labels.get("memtype") is not None:
        return "resident set"
    return meaning_of(labels.get("__name__", ""), is_metric=True).kind or "memory"


def _is_group(labels: _Labels) -> bool:
    return labels.get("memtype") is not None and (
        labels.get("__name__", _GROUP_METRIC) == _GROUP_METRIC
    )


def _resident(
    groups: list[tuple[int, _Labels]],
) -> Iterator[tuple[int, _Labels]]:
    """Of each group the best size that was asked for."""
    places: dict[tuple[tuple[str, str], ...], dict[str, tuple[int, _Labels]]] = {}
    for number, labels in groups:
        places.setdefault(_place(labels), {})[labels["memtype"]] = number, labels
    for kinds in places.values():
        best = next((kinds[kind] for kind in _KINDS if kind in kinds), None)
        if best is not None:
            yield best


def _is_memory(labels: _Labels) -> bool:
    name = labels.get("__name__")
    # What was summed up has lost its name.
    return labels.get("memtype") is None and (name is None or is_memory_name(name, is_metric=True))


def _place(labels: _Labels) -> tuple[tuple[str, str], ...]:
    """Which group on which machine."""
    return tuple(sorted((k, v) for k, v in labels.items() if k not in ("memtype", "__name__")))


def _names(everyone: list[_Labels]) -> list[str]:
    """The group, or the metric, with whatever labels tell it from the others."""
    telling = {
        label
        for labels in everyone
        for label in labels
        if label not in ("__name__", "groupname", "memtype")
        and len({other.get(label) for other in everyone}) > 1
    }
    names = []
    for labels in everyone:
        name = labels.get("groupname") or labels.get("__name__") or ""
        order = sorted(telling & labels.keys(), key=lambda label: (label in _WHERE, label))
        details = ", ".join(labels[label] for label in order)
        names.append(f"{name} {details}".strip() or "memory")
    return names
