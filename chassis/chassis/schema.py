"""What every operation of every spec says without being told: `Idempotency-Key`, and the errors it can answer."""

from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny

from chassis.problems import PROBLEM_JSON

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "An error as RFC 9457 describes it; some carry further members that their operation names.",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Stable, relative: `/problems/<code>`."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable name of the error, for programs."},
        "detail": {"type": "string", "description": "What happened, in the language asked for."},
        "errors": {
            "type": "array",
            "description": "One entry per field that was refused.",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string", "description": "Quote it when asking for help."},
    },
    "additionalProperties": True,
    "example": {
        "type": "/problems/not_found",
        "title": "Not found",
        "status": 404,
        "code": "not_found",
        "detail": "No such thing.",
        "errors": [],
        "request_id": "0d2bb7a1c7a54f0e8f6c2f1f0d2bb7a1",
    },
}

PROBLEM_REFERENCE = {"$ref": "#/components/schemas/Problem"}

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    type=str,
    description="Names this request: repeated with the same key it does nothing twice and gets the first answer again.",
)

REQUIRED_IDEMPOTENCY_KEY = OpenApiParameter(
    name=IDEMPOTENCY_KEY.name,
    location=IDEMPOTENCY_KEY.location,
    type=str,
    required=True,
    description=IDEMPOTENCY_KEY.description,
)

CLIENT_ADDRESS = OpenApiParameter(
    name="X-Client-Address",
    location=OpenApiParameter.HEADER,
    type=str,
    description="Where the request came from, believed only from a service whose token allows it to forward addresses.",
)
"""For operations that are throttled by address."""


class AutoSchema(SpectacularAutoSchema):
    """Adds the header that every POST accepts, whether a token is needed, and whether a kind of caller is refused.

    An operation that demands the header declares it itself.
    """

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and not all(isinstance(each, AllowAny) for each in self.view.get_permissions()):
            operation["responses"].setdefault("403", {})
        return operation

    def get_override_parameters(self) -> list[Any]:
        declared: list[Any] = list(super().get_override_parameters())
        if self.method != "POST" or any(parameter.name == IDEMPOTENCY_KEY.name for parameter in declared):
            return declared
        return [*declared, IDEMPOTENCY_KEY]

    def get_auth(self) -> list[Any]:
        schemes: list[Any] = super().get_auth()
        open_to_all = all(getattr(each, "lets_anybody_in", False) for each in self.view.get_permissions())
        return [*schemes, {}] if open_to_all and {} not in schemes else schemes


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: document the errors that any operation of a kind can answer."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            if not isinstance(operation, dict):
                continue
            for status in _statuses(path, method, operation):
                operation["responses"].setdefault(status, {})
            for status, response in operation["responses"].items():
                response["description"] = response.get("description") or DESCRIPTIONS.get(status, "Done")
                if status >= "400":
                    response.setdefault("content", {PROBLEM_JSON: {"schema": PROBLEM_REFERENCE}})
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


DESCRIPTIONS = {
    "200": "Done",
    "201": "Created",
    "202": "Accepted, not decided yet",
    "204": "Done; no content",
    "400": "Not valid",
    "401": "Not signed in, or the token is not valid",
    "402": "Payment refused",
    "403": "Not for callers of this kind",
    "404": "Does not exist, or not for this caller",
    "406": "Only JSON is spoken here",
    "409": "Conflicts with the present state",
    "411": "Content-Length is missing",
    "413": "Too large",
    "415": "Only JSON in UTF-8 is understood here",
    "422": "The id or key was used for something else",
    "429": "Too many requests",
    "503": "Not available for now; nothing was changed",
}


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[str]:
    # `chassis.limits` refuses what is malformed (400), of unknown length (411), too large (413) or no UTF-8 (415),
    # whatever it is for; a token that is not valid (401) is refused also where none is needed.
    statuses = ["400", "401", "406", "411", "413", "415", "429", "503"]
    if "{" in path:
        statuses.append("404")
    if method in {"post", "put", "patch", "delete"}:
        statuses.append("409")
    if method in {"post", "put", "patch"}:
        statuses.append("422")
    return statuses


def require_answered_fields(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: a field of an answer is always there, so that clients need not ask whether it is.

    With split components, what is sent has the suffix `Request`; all other objects are answers.
    """
    for name, schema in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("Request") or name == "Problem" or "properties" not in schema:
            continue
        schema["required"] = list(schema["properties"])
    return result
