"""The committed spec as a contract: an answer that it does not promise fails the test that received it.

`chassis.testing` holds every answer of Django's and DRF's test clients against the service's openapi.yaml; tests that
talk HTTP hold theirs against it themselves. There is nothing to opt out of: what a request outside the spec may be
answered is a rule here.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import schemathesis
import yaml
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema

API = "/api/v1/"
PROBLEM_JSON = "application/problem+json"

TOO_LONG = {414, 431}
"""gunicorn's own, to a request line or headers longer than it reads: no service hears of the request."""

UNKNOWN_ADDRESS = {400, 404, 411, 413, 415}
"""Where the spec has no path: nothing is there, or the request was refused before anything was looked for."""

UNKNOWN_METHOD = UNKNOWN_ADDRESS | {401, 403, 405, 406, 429}
"""Where the spec has the path, but not the method."""


class ContractError(AssertionError):
    """An answer that the spec does not promise."""


@dataclass(frozen=True)
class Answer:
    """An answer and what it answers, wherever both come from. Names of headers are in lower case."""

    method: str
    path: str
    accept: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip()


class Contract:
    """One service's spec, compiled as far as answers have asked for it."""

    def __init__(self, spec: Path) -> None:
        self.spec = spec
        document = yaml.load(spec.read_bytes(), Loader=yaml.CSafeLoader)
        self._paths: dict[str, Any] = document["paths"]
        _name_all_properties(document)
        self._schema: OpenApiSchema = schemathesis.openapi.from_dict(document)
        # Fixed paths before templates that match them too.
        ordered = sorted(self._paths, key=lambda path: [part.startswith("{") for part in path.split("/")])
        self._patterns = {path: re.compile(re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(path))) for path in ordered}

    def check(self, answer: Answer) -> None:
        """Raise `ContractError` when the answer is not one that the spec promises."""
        path = next((path for path, pattern in self._patterns.items() if pattern.fullmatch(answer.path)), None)
        if path is None and not (answer.path.startswith(API) and answer.path != API):
            return  # pages, probes, the admin: the spec does not speak of them
        if answer.status in TOO_LONG:
            return
        if answer.content_type == "text/html" and "text/html" in answer.accept and answer.status < 500:
            return  # the browsable API's page for a person who asked for one
        if answer.method == "OPTIONS" and answer.status < 500:
            return  # describes an address; belongs to HTTP, not to the spec
        method = "get" if answer.method == "HEAD" else answer.method.lower()
        operation = self._paths[path].get(method) if path is not None else None
        if path is None:
            self._expect_problem(answer, "has no such path", UNKNOWN_ADDRESS)
        elif operation is None:
            self._expect_problem(answer, f"has no {answer.method} of {path}", UNKNOWN_METHOD)
        else:
            self._check_promised(answer, path, method, operation)

    def _check_promised(self, answer: Answer, path: str, method: str, operation: Mapping[str, Any]) -> None:
        promised = operation["responses"].get(str(answer.status))
        if promised is None:
            raise self._broken(answer, f"promises only {', '.join(operation['responses'])}")
        contents = promised.get("content", {})
        if answer.method == "HEAD" or not contents:
            if answer.body:
                raise self._broken(answer, "promises an empty body")
            return
        if answer.content_type not in contents:
            raise self._broken(answer, f"promises {', '.join(contents)}, not {answer.content_type or 'no type'}")
        self._validate(answer, path, method)

    def _validate(self, answer: Answer, path: str, method: str) -> None:
        response = Response(
            status_code=answer.status,
            headers={name: [value] for name, value in answer.headers.items()},
            content=answer.body,
            request=requests.Request(answer.method, "http://service").prepare(),
            elapsed=0.0,
            verify=False,
        )
        try:
            self._schema[path][method].validate_response(response)
        except (Failure, FailureGroup) as failure:
            failures = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            raise self._broken(answer, "\n".join(each.message for each in failures)) from None

    def _expect_problem(self, answer: Answer, why: str, statuses: set[int]) -> None:
        if answer.status not in statuses or (answer.content_type != PROBLEM_JSON and answer.method != "HEAD"):
            allowed = ", ".join(map(str, sorted(statuses)))
            raise self._broken(answer, f"{why}: only a problem may be answered, with one of {allowed}")

    def _broken(self, answer: Answer, why: str) -> ContractError:
        return ContractError(
            f"{answer.method} {answer.path} answered {answer.status} {answer.content_type}, against "
            f"{self.spec.parent.name}/{self.spec.name}: {why}\n{answer.body[:1000].decode(errors='replace')}"
        )


def _name_all_properties(document: dict[str, Any]) -> None:
    """Take an object's named properties for all that it may have, unless the spec says otherwise.

    Programs that read answers must bear more than they know; answers of this very version have no excuse.
    """
    for schema in document.get("components", {}).get("schemas", {}).values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)


@functools.cache
def contract_of(service_folder: Path) -> Contract:
    """Return the contract of the service in that folder; read once per process."""
    return Contract(service_folder / "openapi.yaml")
