"""Every kind of change between two specs, and on which side of an API it breaks somebody."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from local.compatibility import Change, changes

Spec = dict[str, Any]

MONEY = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "integer"}, "state": {"type": "string", "enum": ["due", "paid"]}},
}
PARCEL = {
    "type": "object",
    "required": ["id", "note"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "note": {"type": ["string", "null"]},
        "weight": {"type": "number", "minimum": 0, "maximum": 30},
        "price": {"allOf": [{"$ref": "#/components/schemas/Money"}], "readOnly": True},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
        "to": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    },
}
PARCEL_REQUEST = {
    "type": "object",
    "required": ["note"],
    "properties": {
        "note": {"type": ["string", "null"], "maxLength": 50},
        "state": {"type": "string", "enum": ["due", "paid"]},
        "code": {"type": "string", "pattern": "^a"},
        "weight": {"type": "integer"},
        "lines": {"type": "array", "maxItems": 5, "items": {"type": "object", "properties": {"sku": {}}}},
    },
}


def spec() -> Spec:
    problem = {"description": "Refused", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    parcel = {"$ref": "#/components/schemas/Parcel"}
    return copy.deepcopy(
        {
            "paths": {
                "/parcels": {
                    "parameters": [],
                    "get": {
                        "operationId": "parcels_list",
                        "security": [{"bearer": []}, {}],
                        "parameters": [
                            {"in": "query", "name": "size", "schema": {"type": "integer", "maximum": 100}},
                            {"in": "query", "name": "state", "schema": {"type": "string", "enum": ["due", "paid"]}},
                        ],
                        "responses": {
                            "200": {"content": {"application/json": {"schema": {"type": "array", "items": parcel}}}},
                            "404": problem,
                        },
                    },
                    "post": {
                        "operationId": "parcels_send",
                        "security": [{"bearer": []}],
                        "requestBody": {
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/ParcelRequest"}},
                                "text/csv": {"schema": {"type": "string"}},
                            }
                        },
                        "responses": {
                            "201": {"content": {"application/json": {"schema": parcel}}},
                            "202": {"content": {"application/json": {"schema": {"oneOf": [parcel, {"type": "null"}]}}}},
                        },
                    },
                }
            },
            "components": {"schemas": {"Money": MONEY, "Parcel": PARCEL, "ParcelRequest": PARCEL_REQUEST}},
        }
    )


def get(spec: Spec) -> Any:
    return spec["paths"]["/parcels"]["get"]


def post(spec: Spec) -> Any:
    return spec["paths"]["/parcels"]["post"]


def component(spec: Spec, name: str) -> Any:
    return spec["components"]["schemas"][name]


def members(spec: Spec, name: str) -> Any:
    return component(spec, name)["properties"]


def size(spec: Spec) -> Any:
    return get(spec)["parameters"][0]


BREAKING: list[tuple[Callable[[Spec], object], str]] = [
    # Operations
    (lambda new: new["paths"].clear(), "parcels_list: GET /parcels was removed"),
    (lambda new: new["paths"]["/parcels"].pop("get"), "parcels_list: GET /parcels was removed"),
    (lambda new: get(new).update(operationId="all"), "parcels_list: its operation id is all now"),
    (lambda new: get(new).update(security=[{"bearer": []}]), "parcels_list: callers must sign in now"),
    # Parameters
    (lambda new: get(new)["parameters"].pop(0), "parcels_list: query parameter size was removed"),
    (lambda new: size(new).update(required=True), "parcels_list: query parameter size is required now"),
    (
        lambda new: get(new)["parameters"].append({"in": "header", "name": "X", "required": True, "schema": {}}),
        "parcels_list: header parameter X is required now",
    ),
    (
        lambda new: size(new)["schema"].update(type="boolean"),
        "parcels_list: query parameter size may not be integer any more",
    ),
    (lambda new: size(new)["schema"].update(maximum=50), "parcels_list: query parameter size: maximum 100 became 50"),
    (lambda new: size(new)["schema"].update(minimum=1), "parcels_list: query parameter size: minimum None became 1"),
    (
        lambda new: get(new)["parameters"][1]["schema"]["enum"].remove("due"),
        "parcels_list: query parameter state may not be due any more",
    ),
    # Requests
    (lambda new: post(new)["requestBody"].update(required=True), "parcels_send: a body is required now"),
    (lambda new: post(new)["requestBody"]["content"].pop("text/csv"), "parcels_send: body: text/csv was removed"),
    (lambda new: post(new).pop("requestBody"), "parcels_send: body: application/json was removed"),
    (lambda new: members(new, "ParcelRequest").pop("code"), "ParcelRequest: code was removed"),
    (lambda new: component(new, "ParcelRequest")["required"].append("code"), "ParcelRequest: code is required now"),
    (
        lambda new: (
            members(new, "ParcelRequest").update(insured={"type": "boolean"}),
            component(new, "ParcelRequest")["required"].append("insured"),
        ),
        "ParcelRequest: insured is required now",
    ),
    (
        lambda new: members(new, "ParcelRequest")["note"].update(type="string"),
        "ParcelRequest: note may not be null any more",
    ),
    (
        lambda new: members(new, "ParcelRequest")["note"].update(maxLength=49),
        "ParcelRequest: note: maxLength 50 became 49",
    ),
    (
        lambda new: members(new, "ParcelRequest")["note"].update(format="email"),
        "ParcelRequest: note: format None became email",
    ),
    (lambda new: members(new, "ParcelRequest")["code"].update(pattern="^b"), "ParcelRequest: code: another pattern"),
    (
        lambda new: members(new, "ParcelRequest")["state"]["enum"].remove("paid"),
        "ParcelRequest: state may not be paid any more",
    ),
    (
        lambda new: members(new, "ParcelRequest")["code"].update(enum=["a"]),
        "ParcelRequest: code may not be anything else any more",
    ),
    (
        lambda new: members(new, "ParcelRequest")["lines"].update(maxItems=4),
        "ParcelRequest: lines: maxItems 5 became 4",
    ),
    (
        lambda new: members(new, "ParcelRequest")["lines"]["items"].update(required=["sku"]),
        "ParcelRequest: lines[].sku is required now",
    ),
    # Answers
    (lambda new: post(new)["responses"].pop("201"), "parcels_send: answer 201 was removed"),
    (
        lambda new: get(new)["responses"]["200"].update(content={"text/csv": {"schema": {}}}),
        "parcels_list: answer 200: application/json was removed",
    ),
    (
        lambda new: get(new)["responses"]["200"]["content"]["application/json"]["schema"].update(type="object"),
        "parcels_list: answer 200 may be object now",
    ),
    (lambda new: members(new, "Parcel").pop("id"), "Parcel: id was removed"),
    (lambda new: component(new, "Parcel")["required"].remove("note"), "Parcel: note may be missing now"),
    (lambda new: members(new, "Parcel")["id"].update(type=["string", "null"]), "Parcel: id may be null now"),
    (lambda new: members(new, "Parcel")["id"].pop("format"), "Parcel: id: format uuid became None"),
    (lambda new: members(new, "Parcel")["lines"]["items"]["properties"].pop("sku"), "Parcel: lines[].sku was removed"),
    (lambda new: members(new, "Parcel")["to"]["oneOf"].pop(), "Parcel: to: other alternatives"),
    (
        lambda new: members(new, "Parcel").update(
            price={"oneOf": [{"$ref": "#/components/schemas/Money"}, {"type": "null"}]}
        ),
        "Parcel: price may be null now",
    ),
    (lambda new: members(new, "Money").pop("amount"), "Money: amount was removed"),
    (lambda new: members(new, "Money")["amount"].update(type="number"), "Money: amount may be number now"),
]

SURPRISING: list[tuple[Callable[[Spec], object], str]] = [
    (lambda new: members(new, "Money")["state"]["enum"].append("lost"), "Money: state may be lost now"),
    (lambda new: members(new, "Money")["state"].pop("enum"), "Money: state may be anything else now"),
    (lambda new: members(new, "Parcel")["weight"].update(maximum=40), "Parcel: weight: maximum 30 became 40"),
    (lambda new: get(new)["responses"].pop("404"), "parcels_list: answer 404 was removed"),
    (lambda new: get(new)["responses"].update({"206": {}}), "parcels_list: answer 206 was added"),
]

HARMLESS: list[Callable[[Spec], object]] = [
    lambda new: new["paths"].update({"/letters": {"get": {"operationId": "letters", "responses": {}}}}),
    lambda new: get(new)["parameters"].append({"in": "query", "name": "order", "schema": {"type": "string"}}),
    lambda new: size(new)["schema"].update(maximum=200),
    lambda new: post(new).update(security=[{"bearer": []}, {}]),
    lambda new: members(new, "ParcelRequest").update(insured={"type": "boolean"}),
    lambda new: component(new, "ParcelRequest").update(required=[]),
    lambda new: members(new, "ParcelRequest")["state"]["enum"].append("lost"),
    lambda new: members(new, "ParcelRequest")["weight"].update(type="number"),
    lambda new: members(new, "ParcelRequest")["note"].update(maxLength=60),
    lambda new: members(new, "ParcelRequest")["code"].pop("pattern"),
    lambda new: members(new, "Parcel").update(more={"type": "string"}),
    lambda new: component(new, "Parcel")["required"].append("weight"),
    lambda new: members(new, "Parcel")["note"].update(type="string"),
    lambda new: members(new, "Parcel")["weight"].update(type="integer", maximum=20),
    lambda new: members(new, "Parcel")["note"].update(format="uri"),
    lambda new: members(new, "Money")["state"]["enum"].remove("due"),
    lambda new: members(new, "Parcel").update(price={"$ref": "#/components/schemas/Money", "description": "Due"}),
]


def said(found: Change) -> str:
    return f"{found.subject}: {found.what}"


@pytest.mark.parametrize(("change", "what"), BREAKING, ids=[what for _change, what in BREAKING])
def test_what_takes_away_or_demands_more_breaks(change: Callable[[Spec], object], what: str) -> None:
    new = spec()
    change(new)
    assert what in [said(found) for found in changes(spec(), new) if found.breaking]


@pytest.mark.parametrize(("change", "what"), SURPRISING, ids=[what for _change, what in SURPRISING])
def test_what_a_careful_program_bears_is_told(change: Callable[[Spec], object], what: str) -> None:
    new = spec()
    change(new)
    assert [(said(found), found.breaking) for found in changes(spec(), new)] == [(what, False)]


@pytest.mark.parametrize("change", HARMLESS)
def test_what_gives_more_or_demands_less_is_harmless(change: Callable[[Spec], object]) -> None:
    new = spec()
    change(new)
    assert new != spec()
    assert changes(spec(), new) == []


def test_a_component_that_refers_to_itself_is_compared_once() -> None:
    old, new = spec(), spec()
    for each in (old, new):
        members(each, "Parcel")["inner"] = {"$ref": "#/components/schemas/Parcel"}
    members(new, "Parcel").pop("weight")
    assert changes(old, new) == [Change("Parcel", "weight was removed")]
