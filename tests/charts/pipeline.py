"""Runs monitoring/logstash/pipeline.conf on events, by what Logstash's handbook says of the filters that it uses.

Logstash itself cannot be had from a package index. The pipeline's text is parsed by its grammar; conditions, `json`,
`date`, `mutate` and `grok` do here what is documented, in the documented order. Anything else in the pipeline is
refused (UnknownError), so that what is not weighed cannot slip in.
"""

import copy
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from logstash_pipeline_parser import Pipeline  # type: ignore[import-untyped]

Event = dict[str, Any]


class UnknownError(Exception):
    """The pipeline uses something whose effect is not known here."""


def parse(path: Path) -> dict[str, list[Any]]:
    """The pipeline's sections: input, filter, output.

    The parser takes a backslash for an escape; Logstash, with its default `config.support_escapes: false`, does not.
    """
    tree = Pipeline(path.read_text().replace("\\", "\\\\")).parse()
    return dict(tree)


class Filters:
    """The filter and output sections of a pipeline."""

    def __init__(self, path: Path) -> None:
        self._sections = parse(path)

    def run(self, event: Event) -> tuple[Event, list[str]]:
        """Return the event as it leaves the filters, and the indices that the outputs write it to."""
        event = copy.deepcopy(event)
        event.setdefault("@timestamp", "now")
        indices: list[str] = []

        def output(name: str, options: dict[str, Any]) -> None:
            if name != "opensearch":
                raise UnknownError(name)
            indices.append(options["index"])

        self._walk(self._sections["filter"], event, lambda name, options: FILTERS[name](event, options))
        self._walk(self._sections["output"], event, output)
        return event, indices

    def _walk(self, body: list[Any], event: Event, do: Callable[[str, dict[str, Any]], None]) -> None:
        taken = False
        for name, content in body:
            if name in {"if", "else if", "else"}:
                # A branch is [[condition …, [body]]] or, for else, [body].
                if name == "if":
                    taken = False
                *condition, inside = content if name != "else" else [[], content]
                if not taken and (name == "else" or holds(condition, event)):
                    taken = True
                    self._walk(inside[0] if name != "else" and _is_nested(inside) else inside, event, do)
            else:
                options = {key: _value(value) for key, value in content}
                if name not in FILTERS and name != "opensearch":
                    raise UnknownError(name)
                do(name, options)


def _is_nested(inside: list[Any]) -> bool:
    return len(inside) == 1 and bool(inside[0]) and isinstance(inside[0][0], list)


def _value(value: list[Any]) -> Any:
    """A setting's value: a word, an array, or a hash, which the parser gives as pairs."""
    (only,) = value
    if isinstance(only, list) and only and all(isinstance(each, list) and len(each) == 2 for each in only):
        return {key: _value(inner) for key, inner in only}
    return only


# Conditions


def holds(parts: list[Any], event: Event) -> bool:
    """Comparisons joined by and/or, from the left; `and` binds tighter, as in Ruby."""
    either: list[list[bool]] = [[]]
    for part in parts:
        if part == "or":
            either.append([])
        elif part == "and":
            continue
        elif isinstance(part, list):
            either[-1].append(_holds_one(part, event))
        else:
            raise UnknownError(str(part))
    return any(all(group) for group in either)


def _holds_one(part: list[Any], event: Event) -> bool:
    match part:
        case [field]:
            return get(event, field) not in (None, False)
        case ["!", field]:
            return get(event, field) in (None, False)
        case [value, "in", field]:
            return value in (get(event, field) or [])
        case [value, "not", "in", field]:
            return value not in (get(event, field) or [])
        case [field, "=~", pattern]:
            found = get(event, field)
            return isinstance(found, str) and ruby(_undouble(pattern)).search(found) is not None
    raise UnknownError(str(part))


def _undouble(pattern: str) -> str:
    """Between slashes the parser leaves backslashes alone, and `parse` has doubled them."""
    return pattern.replace("\\\\", "\\")


def ruby(pattern: str) -> "re.Pattern[str]":
    """A regular expression of Ruby's as one of Python's: groups are named otherwise; ^ and $ are those of lines."""
    return re.compile(re.sub(r"\(\?<([a-z_]+)>", r"(?P<\1>", pattern), re.MULTILINE)


# Fields


def path_of(field: str) -> list[str]:
    return re.findall(r"\[([^\]]+)\]", field) if field.startswith("[") else [field]


def get(event: Event, field: str) -> Any:
    found: Any = event
    for key in path_of(field):
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found


def put(event: Event, field: str, value: Any) -> None:
    *parents, last = path_of(field)
    place = event
    for key in parents:
        place = place.setdefault(key, {})
    place[last] = value


def remove(event: Event, field: str) -> Any:
    *parents, last = path_of(field)
    place: Any = event
    for key in parents:
        place = place.get(key) if isinstance(place, dict) else None
    return place.pop(last, None) if isinstance(place, dict) else None


# Filters


def _json(event: Event, options: dict[str, Any]) -> None:
    _known(options, "source", "target", "tag_on_failure", "remove_field")
    try:
        put(event, options["target"], json.loads(event[options["source"]]))
    except ValueError:
        _tag(event, options["tag_on_failure"])
        return
    for field in options.get("remove_field", []):
        remove(event, field)


def _date(event: Event, options: dict[str, Any]) -> None:
    _known(options, "match", "tag_on_failure")
    field, shape = options["match"]
    if shape != "ISO8601":
        raise UnknownError(shape)
    found = get(event, field)
    if found is None:
        return
    try:
        event["@timestamp"] = datetime.fromisoformat(str(found)).isoformat()
    except ValueError:
        _tag(event, options["tag_on_failure"])


def _mutate(event: Event, options: dict[str, Any]) -> None:
    """In the documented order: rename, gsub; then, having succeeded, fields and tags."""
    _known(options, "rename", "gsub", "add_field", "add_tag", "remove_field")
    for old, new in options.get("rename", {}).items():
        if (value := get(event, old)) is not None:
            remove(event, old)
            put(event, new, value)
    changes = options.get("gsub", [])
    for field, pattern, replacement in zip(changes[::3], changes[1::3], changes[2::3], strict=True):
        if isinstance(get(event, field), str):
            put(event, field, ruby(pattern).sub(replacement, get(event, field)))
    for field, value in options.get("add_field", {}).items():
        put(event, field, _filled_in(event, value))
    _tag(event, options.get("add_tag", []))
    for field in options.get("remove_field", []):
        remove(event, field)


def _filled_in(event: Event, value: str) -> str:
    """`%{field}` of a field that is an object is its JSON, without blanks (Logstash's `KeyNode.evaluate`)."""
    if "%{" not in value:
        return value
    if (named := re.fullmatch(r"%\{(\w+)\}", value)) is None or not isinstance(found := get(event, named[1]), dict):
        raise UnknownError(value)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _grok(event: Event, options: dict[str, Any]) -> None:
    """The first field that matches ends it (`break_on_match`, the default)."""
    _known(options, "match", "tag_on_failure")
    for field, pattern in options["match"].items():
        found = ruby(pattern).search(str(get(event, field) or ""))
        if found is not None:
            event.update(found.groupdict())
            return
    _tag(event, options["tag_on_failure"])


FILTERS: dict[str, Callable[[Event, dict[str, Any]], None]] = {
    "json": _json,
    "date": _date,
    "mutate": _mutate,
    "grok": _grok,
}


def _known(options: dict[str, Any], *names: str) -> None:
    if unknown := options.keys() - {"id", *names}:
        raise UnknownError(", ".join(sorted(unknown)))


def _tag(event: Event, tags: list[str]) -> None:
    if tags:
        event["tags"] = [*event.get("tags", []), *(tag for tag in tags if tag not in event.get("tags", []))]
