"""What an answer may be, held against a small spec."""

import pytest

from chassis.testing_contract import Answer, Contract, ContractError

SPEC = """
openapi: 3.1.0
info: {title: Parcels, version: 1.0.0}
paths:
  /api/v1/parcels/{id}:
    get:
      responses:
        '200':
          description: Done
          content: {application/json: {schema: {$ref: '#/components/schemas/Parcel'}}}
        '404': &problem
          description: Does not exist
          content: {application/problem+json: {schema: {$ref: '#/components/schemas/Problem'}}}
    delete:
      responses:
        '204': {description: Done}
        '404': *problem
  /api/v1/parcels/latest:
    get:
      responses:
        '202': {description: Fixed paths come before templates}
  /.well-known/parcels.json:
    get:
      responses:
        '204': {description: Done}
components:
  schemas:
    Parcel:
      type: object
      required: [id, weight, sent]
      properties:
        id: {type: string, format: uuid}
        weight: {type: [integer, 'null'], minimum: 1}
        sent: {type: string, format: date-time}
        state: {type: string, enum: [packed, sent]}
    Problem:
      type: object
      required: [code]
      properties: {code: {type: string}}
      additionalProperties: true
"""
JSON = "application/json"
PROBLEM = "application/problem+json"
ID = "0190f0c2-7b7e-7c9a-8b1e-0d9f3f1d2c11"
PARCEL = f'{{"id": "{ID}", "weight": 3, "sent": "2026-11-22T10:00:00Z", "state": "sent"}}'
ONE = f"/api/v1/parcels/{ID}"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    spec = tmp_path_factory.mktemp("parcels_service") / "openapi.yaml"
    spec.write_text(SPEC)
    return Contract(spec)


def answer(method: str, path: str, status: int, kind: str = "", body: str = "", accept: str = JSON) -> Answer:
    headers = {"content-type": kind} if kind else {}
    return Answer(method=method, path=path, accept=accept, status=status, headers=headers, body=body.encode())


@pytest.mark.parametrize(
    "kept",
    [
        answer("GET", ONE, 200, JSON, PARCEL),
        answer("GET", ONE, 200, f"{JSON}; charset=utf-8", PARCEL),
        answer("GET", ONE, 200, JSON, PARCEL.replace("3,", "null,")),
        answer("HEAD", ONE, 200, JSON),
        answer("GET", ONE, 404, PROBLEM, '{"code": "not_found", "more": 1}'),
        answer("DELETE", ONE, 204),
        answer("GET", "/api/v1/parcels/latest", 202),
        answer("GET", "/.well-known/parcels.json", 204),
        answer("PATCH", ONE, 405, PROBLEM, "{}"),
        answer("PATCH", ONE, 401, PROBLEM, "{}"),
        answer("GET", "/api/v1/letters", 404, PROBLEM, "{}"),
        answer("OPTIONS", ONE, 200, JSON, "{}"),
        answer("GET", ONE, 200, "text/html", "<p>a page", accept="text/html,*/*"),
        answer("GET", "/api/v1/", 200, JSON, "{}"),
        answer("GET", "/admin/", 302),
        answer("GET", ONE, 414, "text/html", "<p>"),
    ],
    ids=lambda kept: f"{kept.method} {kept.path} {kept.status} {kept.content_type}",
)
def test_what_the_spec_promises_may_be_answered(contract: Contract, kept: Answer) -> None:
    contract.check(kept)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (answer("GET", ONE, 201, JSON, PARCEL), "promises only 200, 404"),
        (answer("GET", ONE, 500, PROBLEM, '{"code": "internal_error"}'), "promises only 200, 404"),
        (answer("GET", ONE, 200, "text/plain", PARCEL), "promises application/json, not text/plain"),
        (answer("GET", ONE, 200, "text/html", "<p>a page"), "promises application/json, not text/html"),
        (answer("GET", ONE, 200, "", PARCEL), "promises application/json, not no type"),
        (answer("GET", ONE, 404, JSON, '{"code": "not_found"}'), "promises application/problem+json"),
        (answer("GET", ONE, 200, JSON, "{"), "JSON"),
        (answer("GET", ONE, 200, JSON, "{}"), '"id" is a required property'),
        (answer("GET", ONE, 200, JSON, PARCEL.replace("3,", '"3",')), "is not of types"),
        (answer("GET", ONE, 200, JSON, PARCEL.replace("3,", "0,")), "less than the minimum"),
        (answer("GET", ONE, 200, JSON, PARCEL.replace(ID, "7")), 'is not a "uuid"'),
        (answer("GET", ONE, 200, JSON, PARCEL.replace("2026-11-22T", "")), 'is not a "date-time"'),
        (answer("GET", ONE, 200, JSON, PARCEL.replace('"sent"}', '"lost"}')), "is not one of"),
        (answer("GET", ONE, 200, JSON, PARCEL.replace("}", ', "secret": 1}')), "secret"),
        (answer("GET", ONE, 404, PROBLEM, "{}"), '"code" is a required property'),
        (answer("DELETE", ONE, 204, "", "gone"), "promises an empty body"),
        (answer("PATCH", ONE, 200, JSON, PARCEL), "has no PATCH of /api/v1/parcels/{id}"),
        (answer("PATCH", ONE, 405, JSON, "{}"), "only a problem may be answered"),
        (answer("OPTIONS", ONE, 500, PROBLEM, "{}"), "has no OPTIONS"),
        (answer("GET", "/api/v1/letters", 200, JSON, "{}"), "has no such path"),
        (answer("GET", "/api/v1/letters", 404, "text/html", "<p>", accept=JSON), "has no such path"),
        (answer("GET", "/api/v1/letters", 500, "text/html", "<p>", accept="text/html"), "has no such path"),
    ],
    ids=lambda value: f"{value.method} {value.status} {value.content_type}" if isinstance(value, Answer) else "",
)
def test_nothing_else_may_be_answered(contract: Contract, broken: Answer, why: str) -> None:
    with pytest.raises(ContractError) as failure:
        contract.check(broken)
    said = str(failure.value)
    assert said.startswith(f"{broken.method} {broken.path} answered {broken.status}")
    assert "parcels_service" in said
    assert why in said
