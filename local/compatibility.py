"""What changed between two specs of a service, and which of it breaks programs that were written for the first.

What callers send must still be taken, and what they read must still be what they were promised: a request may become
wider and an answer narrower, never the other way round.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Document = Mapping[str, Any]
Direction = Literal["request", "answer"]

METHODS = {"get", "put", "post", "patch", "delete"}
UPPER_LIMITS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
LOWER_LIMITS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
NOTHING: Document = {}


@dataclass(frozen=True, order=True)
class Change:
    """One change for the worse; `subject` is the operation id, or the component that several operations share."""

    subject: str
    what: str
    breaking: bool = True


def changes(old: Document, new: Document) -> list[Change]:
    """What a program written for the old spec has to fear from the new one, each thing once."""
    return sorted(set(_Comparison(old, new).operations()))


class _Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        self._compared: set[tuple[str, str, Direction]] = set()

    def operations(self) -> Iterator[Change]:
        for path, methods in self._old["paths"].items():
            for method in sorted(METHODS & set(methods)):
                before = methods[method]
                after = self._new["paths"].get(path, {}).get(method)
                subject = before["operationId"]
                if after is None:
                    yield Change(subject, f"{method.upper()} {path} was removed")
                    continue
                if after["operationId"] != subject:
                    yield Change(subject, f"its operation id is {after['operationId']} now")
                yield from self._callers(subject, before, after)
                yield from self._parameters(subject, before, after)
                yield from self._bodies(subject, before, after)
                yield from self._answers(subject, before, after)

    def _callers(self, subject: str, before: Document, after: Document) -> Iterator[Change]:
        if {} in before.get("security", [{}]) and {} not in after.get("security", [{}]):
            yield Change(subject, "callers must sign in now")

    def _parameters(self, subject: str, before: Document, after: Document) -> Iterator[Change]:
        known = {(each["in"], each["name"]): each for each in before.get("parameters", [])}
        present = {(each["in"], each["name"]): each for each in after.get("parameters", [])}
        for place, name in known.keys() - present.keys():
            yield Change(subject, f"{place} parameter {name} was removed")
        for (place, name), parameter in present.items():
            was = known.get((place, name), NOTHING)
            if parameter.get("required") and not was.get("required"):
                yield Change(subject, f"{place} parameter {name} is required now")
            if was:
                where = f"{place} parameter {name}"
                yield from self._schemas(subject, where, was["schema"], parameter["schema"], "request")

    def _bodies(self, subject: str, before: Document, after: Document) -> Iterator[Change]:
        was, body = before.get("requestBody", NOTHING), after.get("requestBody", NOTHING)
        if body.get("required") and not was.get("required"):
            yield Change(subject, "a body is required now")
        yield from self._contents(subject, "body", was.get("content", NOTHING), body.get("content", NOTHING), "request")

    def _answers(self, subject: str, before: Document, after: Document) -> Iterator[Change]:
        for status, answer in before["responses"].items():
            present = after["responses"].get(status)
            if present is None:
                # Who is prepared for a refusal that does not come any more loses nothing.
                yield Change(subject, f"answer {status} was removed", breaking=status < "400")
            else:
                contents = answer.get("content", NOTHING), present.get("content", NOTHING)
                yield from self._contents(subject, f"answer {status}", *contents, "answer")
        for status in after["responses"].keys() - before["responses"].keys():
            yield Change(subject, f"answer {status} was added", breaking=False)

    def _contents(
        self, subject: str, where: str, before: Document, after: Document, direction: Direction
    ) -> Iterator[Change]:
        for kind, content in before.items():
            if kind not in after:
                yield Change(subject, f"{where}: {kind} was removed")
            else:
                yield from self._schemas(subject, where, content["schema"], after[kind]["schema"], direction)

    # Schemas

    def _schemas(
        self, subject: str, where: str, before: Document, after: Document, direction: Direction
    ) -> Iterator[Change]:
        name, before = _resolved(before, self._old)
        new_name, after = _resolved(after, self._new)
        # Of each use: null may be allowed beside a component.
        yield from self._types(subject, where, before, after, direction)
        if name:
            if (name, new_name, direction) in self._compared:
                return
            self._compared.add((name, new_name, direction))
            subject, where = name, "it"
        yield from self._values(subject, where, before, after, direction)
        yield from self._limits(subject, where, before, after, direction)
        yield from self._members(subject, where, before, after, direction)
        if "items" in before and "items" in after:
            yield from self._schemas(
                subject, f"{'' if where == 'it' else where}[]", before["items"], after["items"], direction
            )
        if before.get("alternatives") != after.get("alternatives"):
            yield Change(subject, f"{where}: other alternatives")

    def _types(
        self, subject: str, where: str, before: Document, after: Document, direction: Direction
    ) -> Iterator[Change]:
        was, types = _types_of(before), _types_of(after)
        inner, outer = (was, types) if direction == "request" else (types, was)
        stray = inner - outer - ({"integer"} if "number" in outer else set())
        if stray:
            verb = "may not be {} any more" if direction == "request" else "may be {} now"
            yield Change(subject, f"{where} {verb.format(' or '.join(sorted(stray)))}")
        narrower, wider = (before, after) if direction == "request" else (after, before)
        if wider.get("format") not in {None, narrower.get("format")}:
            yield Change(subject, f"{where}: format {before.get('format')} became {after.get('format')}")

    def _values(
        self, subject: str, where: str, before: Document, after: Document, direction: Direction
    ) -> Iterator[Change]:
        was, values = before.get("enum"), after.get("enum")
        if direction == "request" and values is not None:
            for value in [each for each in was if each not in values] if was is not None else ["anything else"]:
                yield Change(subject, f"{where} may not be {value} any more")
        if direction == "answer" and was is not None:
            for value in [each for each in values if each not in was] if values is not None else ["anything else"]:
                yield Change(subject, f"{where} may be {value} now", breaking=False)

    def _limits(
        self, subject: str, where: str, before: Document, after: Document, direction: Direction
    ) -> Iterator[Change]:
        narrower, wider = (before, after) if direction == "request" else (after, before)
        for limits, sign in ((UPPER_LIMITS, 1), (LOWER_LIMITS, -1)):
            for limit in limits:
                outer = wider.get(limit)
                if outer is not None and (narrower.get(limit) is None or sign * narrower[limit] > sign * outer):
                    what = f"{where}: {limit} {before.get(limit)} became {after.get(limit)}"
                    yield Change(subject, what, breaking=direction == "request")
        if wider.get("pattern") not in {None, narrower.get("pattern")}:
            yield Change(subject, f"{where}: another pattern", breaking=direction == "request")

    def _members(
        self, subject: str, where: str, before: Document, after: Document, direction: Direction
    ) -> Iterator[Change]:
        was, members = before.get("properties", NOTHING), after.get("properties", NOTHING)
        for name in was.keys() - members.keys():
            yield Change(subject, f"{_inside(where)}{name} was removed")
        for name in was.keys() & members.keys():
            yield from self._schemas(subject, f"{_inside(where)}{name}", was[name], members[name], direction)
        required_before, required = set(before.get("required", [])), set(after.get("required", []))
        if direction == "request":
            for name in required - required_before:
                yield Change(subject, f"{_inside(where)}{name} is required now")
        else:
            for name in (required_before - required) & members.keys():
                yield Change(subject, f"{_inside(where)}{name} may be missing now")


def _resolved(schema: Document, document: Document) -> tuple[str, Document]:
    """The component's name, if it is one, and the schema with what it refers to, null among its types."""
    name = ""
    merged: dict[str, Any] = {key: value for key, value in schema.items() if key not in {"$ref", "allOf"}}
    references = [schema] if "$ref" in schema else []
    for part in [*references, *schema.get("allOf", [])]:
        inner = part
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            inner = _resolved(document["components"]["schemas"][name], document)[1]
        for key, value in inner.items():
            merged[key] = {**merged[key], **value} if key == "properties" and key in merged else value
    for keyword in ("oneOf", "anyOf"):
        variants = merged.pop(keyword, None)
        if variants is None:
            continue
        rest = [variant for variant in variants if variant != {"type": "null"}]
        if len(rest) == 1:
            name, only = _resolved(rest[0], document)
            merged = {**merged, **only}
        elif rest:
            merged["alternatives"] = [_resolved(variant, document)[1] for variant in rest]
        if len(rest) < len(variants):
            merged["type"] = sorted({*_types_of(merged), "null"})
    return name, merged


def _types_of(schema: Document) -> set[str]:
    types = schema.get("type", ANYTHING)
    return {types} if isinstance(types, str) else set(types)


ANYTHING = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})


def _inside(where: str) -> str:
    return "" if where == "it" else f"{where}."
