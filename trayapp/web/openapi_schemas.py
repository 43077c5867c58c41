"""The schemas of the REST interface's answers."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_LEVEL: Schema = {"enum": ["normal", "warning", "critical", "emergency"]}
_VERDICT: Schema = {"enum": ["gone", "healthy", "growing", "leaking"]}


def _maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**fields: Schema) -> Schema:
    """Return an object that has all these keys, and may have more."""
    return {"type": "object", "properties": fields, "required": list(fields)}


_BYTES = _maybe(_NUMBER)
_MOMENT = _maybe(_NUMBER)
_MAYBE_TEXT = _maybe(_TEXT)
_FIGURES = _list(_maybe(_NUMBER))

SCHEMAS: dict[str, Schema] = {
    "Problem": _object(
        type=_TEXT, title=_TEXT, status={"type": "integer", "minimum": 400}, detail=_TEXT
    ),
    "Session": _object(role={"enum": ["full", "read_only"]}),
    "Status": _object(
        taken_at=_MOMENT, paused=_FLAG, problems=_list(_TEXT), version=_TEXT,
        system=_maybe(_ref("Machine")), app=_maybe(_ref("Self")),
        targets=_list(_ref("Program")), applications=_list(_ref("Program")),
        incidents=_list(_ref("Incident")), alerts=_ref("Quiet"),
    ),
    "Machine": _object(
        total_bytes=_NUMBER, available_bytes=_NUMBER, used_bytes=_NUMBER,
        swap_used_bytes=_BYTES, level=_LEVEL,
        health=_maybe(_object(
            score=_COUNT, word=_TEXT, text=_TEXT, unknown=_list(_TEXT),
            deductions=_list(_object(what=_TEXT, points=_COUNT, text=_TEXT)),
        )),
    ),
    "Self": _object(pid=_COUNT, rss_bytes=_BYTES, uss_bytes=_BYTES, cpu_percent=_maybe(_NUMBER)),
    "Program": _object(
        name=_TEXT, key=_MAYBE_TEXT, pids=_list(_COUNT), size_bytes=_BYTES, rss_bytes=_BYTES,
        slope_bytes_per_second=_maybe(_NUMBER), verdict=_VERDICT,
    ),
    "Incident": _object(
        key=_TEXT, subject=_TEXT, level=_LEVEL, title=_TEXT, body=_TEXT, since=_NUMBER,
        about=_TEXT, phase=_TEXT, acknowledged=_FLAG,
    ),
    "Quiet": _object(
        off=_FLAG, snoozed_until=_MOMENT,
        snoozed_targets={"type": "object", "additionalProperties": _NUMBER},
    ),
    "System": _object(
        taken_at=_MOMENT, system=_maybe(_ref("Machine")), app=_maybe(_ref("Self"))
    ),
    "Row": _object(
        kind={"enum": ["app", "target", "application"]}, name=_TEXT, key=_TEXT,
        pids=_list(_COUNT), rss_bytes=_BYTES, bars=_FIGURES,
    ),
    "Memory": _object(
        taken_at=_MOMENT, total_bytes=_BYTES, available_bytes=_BYTES, used_bytes=_BYTES,
        swap_used_bytes=_BYTES, level=_maybe(_LEVEL), rows=_list(_ref("Row")),
    ),
    "Process": _object(
        pid=_COUNT, started=_COUNT, started_at=_MOMENT, name=_TEXT, rss_bytes=_COUNT,
        application=_MAYBE_TEXT, target=_MAYBE_TEXT,
    ),
    "Processes": _object(
        taken_at=_NUMBER, count=_COUNT, processes=_list(_ref("Process"))
    ),
    "Series": _object(key=_TEXT, kind=_TEXT, name=_TEXT, metric=_TEXT),
    "Curve": _object(
        key=_TEXT, kind=_TEXT, name=_TEXT, metric=_TEXT, times=_list(_NUMBER),
        min=_FIGURES, mean=_FIGURES, max=_FIGURES,
    ),
    "Metrics": {
        "anyOf": [
            _object(
                series=_list(_ref("Series")),
                span=_maybe(_object(**{"from": _NUMBER, "to": _NUMBER})),
                current=_maybe(_object(
                    taken_at=_NUMBER,
                    sizes_bytes={"type": "object", "additionalProperties": _BYTES},
                )),
            ),
            _object(**{"from": _NUMBER, "to": _NUMBER}, points=_COUNT, curves=_list(_ref("Curve"))),
        ]
    },
    "Sessions": _object(
        sessions=_list(_object(
            target=_TEXT, key=_TEXT, **{"from": _NUMBER}, to=_NUMBER, is_current=_FLAG,
            peak_bytes=_BYTES, change_bytes=_BYTES, first_bytes=_BYTES, last_bytes=_BYTES,
            mean_bytes=_BYTES, alerts=_COUNT, health=_MAYBE_TEXT, health_score=_maybe(_COUNT),
            phases_text=_TEXT,
            performance=_maybe(_list(_object(
                measure={"enum": ["tasks", "stalls", "cpu"]}, finding=_TEXT, pairs=_COUNT,
                correlation=_maybe(_NUMBER), probability=_maybe(_NUMBER),
                lag_seconds=_maybe(_NUMBER), with_little_memory=_maybe(_NUMBER),
                with_much_memory=_maybe(_NUMBER), text=_TEXT,
            ))),
            phases=_list(_object(
                phase={"enum": ["start", "warm-up", "steady", "growth", "release"]},
                **{"from": _NUMBER}, to=_NUMBER, from_bytes=_BYTES, to_bytes=_BYTES,
                rate_bytes_per_second=_maybe(_NUMBER), swing_bytes=_BYTES,
            )),
        ))
    ),
    "Causes": _object(
        causes={"type": "object", "additionalProperties": _object(
            tried=_COUNT, growths=_COUNT, runs=_COUNT, runs_grown=_COUNT, lines=_list(_TEXT),
            found=_list(_object(
                kind={"enum": [
                    "task", "start", "load", "hour", "weekday", "version", "arguments",
                ]},
                name=_MAYBE_TEXT, hour=_maybe(_COUNT), weekday=_maybe(_COUNT),
                version=_maybe(_object(
                    file=_TEXT, modified_seconds=_NUMBER, size_bytes=_NUMBER,
                )),
                since=_maybe(_NUMBER), times=_COUNT, times_grown=_COUNT, others=_COUNT,
                others_grown=_COUNT, support=_NUMBER, confidence=_NUMBER,
                confidence_low=_NUMBER, confidence_high=_NUMBER, chance=_NUMBER, line=_TEXT,
            )),
        )}
    ),
    "Growths": _object(
        growths=_list(_object(
            key=_TEXT, level={"enum": ["growing", "leaking"]}, rate_bytes_per_second=_NUMBER,
            **{"from": _NUMBER}, to=_NUMBER, from_bytes=_BYTES, to_bytes=_BYTES,
        ))
    ),
    "Events": _object(
        events=_list(_object(
            wall_seconds=_NUMBER, kind=_TEXT, subject=_TEXT, about=_MAYBE_TEXT, level=_TEXT,
            text=_TEXT, data={"type": "object"},
        ))
    ),
    "Alerts": _object(
        open=_maybe(_list(_ref("Incident"))), alerts=_maybe(_ref("Quiet")), problem=_MAYBE_TEXT,
        journal=_list(_object(
            wall_seconds=_NUMBER, kind=_TEXT, subject=_TEXT, about=_MAYBE_TEXT, level=_TEXT,
            title=_TEXT, body=_MAYBE_TEXT, incident=_MAYBE_TEXT, what=_MAYBE_TEXT,
            what_text=_MAYBE_TEXT, reason=_MAYBE_TEXT,
        )),
    ),
    "Settled": {"type": "object"},
    "Optimizations": _object(
        optimizations=_list(_object(
            wall_seconds=_NUMBER, kind=_TEXT, subject=_TEXT, text=_TEXT, freed_bytes=_BYTES
        ))
    ),
    "Cleaned": _object(
        results=_list(_object(
            subject=_TEXT, before_bytes=_BYTES, after_bytes=_BYTES, freed_bytes=_BYTES,
            note=_MAYBE_TEXT, text=_TEXT,
        ))
    ),
    "Download": _object(
        id=_TEXT, state={"enum": ["running", "done", "failed"]}, share=_SHARE,
        problem=_MAYBE_TEXT, name=_TEXT, file=_MAYBE_TEXT,
    ),
    "Format": _object(format=_TEXT, label=_TEXT, needs=_MAYBE_TEXT),
    "Formats": _object(
        report=_list(_ref("Format")), export=_list(_ref("Format")),
        spans=_list(_object(label=_TEXT, since=_MAYBE_TEXT)),
    ),
}  # fmt: skip
