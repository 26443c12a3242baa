"""The client generated from the sample spec, called against a real server on loopback."""

import datetime
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import requests
from conftest import Sample, Service

PARCEL_ID = UUID("01890000-0000-7000-8000-000000000001")
PARCEL: dict[str, Any] = {
    "id": str(PARCEL_ID),
    "state": "shipped",
    "carrier": "ups",
    "price": {"amount": 1999, "currency": "EUR"},
    "insurance": None,
    "weight": 250,
    "created_at": "2026-11-22T10:00:00.123456Z",
    "delivered_at": None,
}
PROBLEM = {
    "type": "/problems/not_found",
    "title": "Not found",
    "status": 404,
    "code": "not_found",
    "errors": [{"field": "id", "message": "unknown"}],
}


def test_a_success_is_parsed_into_its_model(sample: Sample, service: Service) -> None:
    service.answers(200, PARCEL)
    response = sample.operation("parcels", "parcels_retrieve").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert response.status_code == 200
    assert json.loads(response.content) == PARCEL
    assert response.headers["content-type"] == "application/json"
    parcel = response.parsed
    assert isinstance(parcel, sample.models.Parcel)
    assert parcel.id == PARCEL_ID
    assert parcel.state is sample.models.ParcelState.SHIPPED
    assert parcel.price == sample.models.Money(amount=1999, currency="EUR")
    assert parcel.insurance is None
    assert parcel.delivered_at is None
    assert parcel.created_at == datetime.datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=datetime.UTC)
    assert not parcel.note
    assert parcel.to_dict() == PARCEL | {"created_at": "2026-11-22T10:00:00.123456+00:00"}
    assert [(request.method, request.target) for request in service.received] == [
        ("GET", f"/api/v1/parcels/{PARCEL_ID}")
    ]


def test_without_models_a_success_stays_plain_json_and_a_refusal_is_parsed(sample: Sample, service: Service) -> None:
    client = sample.package.Client(
        base_url=sample.client.base_url, session=sample.client.session, timeout=(1, 5), models=False
    )
    call = sample.operation("parcels", "parcels_retrieve").sync_detailed
    service.answers(200, {"not": "what the spec says"})
    assert call(client=client, id=PARCEL_ID).parsed == {"not": "what the spec says"}
    service.answers(404, PROBLEM)
    assert isinstance(call(client=client, id=PARCEL_ID).parsed, sample.models.Problem)
    service.answers(418, {})
    assert call(client=client, id=PARCEL_ID).parsed is None
    service.answers(200, "text")
    service.content = b"<html>"
    with pytest.raises(sample.package.MalformedResponse):
        call(client=client, id=PARCEL_ID)


def test_sync_gives_the_parsed_body_alone(sample: Sample, service: Service) -> None:
    service.answers(200, PARCEL)
    parcel = sample.operation("parcels", "parcels_retrieve").sync(client=sample.client, id=PARCEL_ID)
    assert parcel.id == PARCEL_ID


def test_a_field_that_the_spec_does_not_know_is_kept_aside(sample: Sample, service: Service) -> None:
    service.answers(200, PARCEL | {"colour": "red"})
    parcel = sample.operation("parcels", "parcels_retrieve").sync(client=sample.client, id=PARCEL_ID)
    assert parcel.additional_properties == {"colour": "red"}


def test_a_page_is_parsed_with_its_items_and_links(sample: Sample, service: Service) -> None:
    service.answers(200, {"next": "http://x/?cursor=b", "previous": None, "results": [PARCEL]})
    page = sample.operation("parcels", "parcels_list").sync(client=sample.client)
    assert (page.next_, page.previous) == ("http://x/?cursor=b", None)
    assert [parcel.id for parcel in page.results] == [PARCEL_ID]
    assert service.received[0].target == "/api/v1/parcels"


@pytest.mark.parametrize("status", [404, 503])
def test_a_problem_is_parsed_for_each_documented_status(sample: Sample, service: Service, status: int) -> None:
    service.answers(status, PROBLEM, content_type="application/problem+json")
    response = sample.operation("parcels", "parcels_destroy").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert response.status_code == status
    assert isinstance(response.parsed, sample.models.Problem)
    assert response.parsed.code == "not_found"
    assert response.parsed.errors == [sample.models.FieldError(field="id", message="unknown")]


def test_no_content_has_no_parsed_body(sample: Sample, service: Service) -> None:
    service.status = 204
    response = sample.operation("parcels", "parcels_destroy").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert (response.status_code, response.content, response.parsed) == (204, b"", None)


@pytest.mark.parametrize("status", [418, 502, 599])
def test_an_undocumented_status_is_answered_unparsed(sample: Sample, service: Service, status: int) -> None:
    service.status, service.content, service.content_type = status, b"<html>", "text/html"
    service.headers = {"Retry-After": "7"}
    response = sample.operation("parcels", "parcels_retrieve").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert (response.status_code, response.content, response.parsed) == (status, b"<html>", None)
    assert response.headers["retry-after"] == "7"


def test_a_redirect_is_not_followed(sample: Sample, service: Service) -> None:
    service.status, service.headers = 302, {"Location": service.base_url + "/elsewhere"}
    response = sample.operation("parcels", "parcels_retrieve").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert response.status_code == 302
    assert len(service.received) == 1


def test_headers_of_a_call_are_sent_with_its_json_body(sample: Sample, service: Service) -> None:
    service.answers(201, PARCEL)
    models = sample.models
    response = sample.operation("parcels", "parcels_create").sync_detailed(
        client=sample.client,
        body=models.ParcelRequest(
            carrier=None,
            price=models.MoneyRequest(amount=1999, currency="EUR"),
            insurance=models.MoneyRequest(amount=5, currency="EUR"),
            weight=250,
            replaces=PARCEL_ID,
        ),
        headers={"Authorization": "Bearer t", "Idempotency-Key": "k-1", "X-Request-ID": "r-1"},
    )
    assert response.status_code == 201
    (request,) = service.received
    assert (request.method, request.target) == ("POST", "/api/v1/parcels")
    assert request.headers["authorization"] == "Bearer t"
    assert request.headers["idempotency-key"] == "k-1"
    assert request.headers["x-request-id"] == "r-1"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {
        "carrier": None,
        "price": {"amount": 1999, "currency": "EUR"},
        "insurance": {"amount": 5, "currency": "EUR"},
        "weight": 250,
        "replaces": str(PARCEL_ID),
    }


def test_headers_of_one_call_are_not_sent_with_the_next(sample: Sample, service: Service) -> None:
    service.answers(200, PARCEL)
    retrieve = sample.operation("parcels", "parcels_retrieve")
    retrieve.sync(client=sample.client, id=PARCEL_ID, headers={"Authorization": "Bearer t"})
    retrieve.sync(client=sample.client, id=PARCEL_ID)
    assert [request.headers.get("authorization") for request in service.received] == ["Bearer t", None]


def test_a_patch_sends_only_what_is_set(sample: Sample, service: Service) -> None:
    service.answers(200, PARCEL)
    sample.operation("parcels", "parcels_partial_update").sync(
        client=sample.client, id=PARCEL_ID, body=sample.models.PatchedParcelRequest(note=None)
    )
    assert [(request.method, request.body) for request in service.received] == [("PATCH", b'{"note": null}')]


def test_query_values_are_written_as_the_spec_says(sample: Sample, service: Service) -> None:
    service.answers(200, {"next": None, "previous": None, "results": []})
    other_id = UUID(int=2)
    sample.operation("parcels", "parcels_list").sync(
        client=sample.client,
        ordering=sample.models.ParcelsListOrdering.VALUE_0,
        state=sample.models.ParcelsListState.SHIPPED,
        id=[PARCEL_ID, other_id],
        insured=True,
        min_price=0,
        created_after=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    )
    assert parse_qs(urlsplit(service.received[0].target).query) == {
        "ordering": ["-price"],
        "state": ["shipped"],
        "id": [str(PARCEL_ID), str(other_id)],
        "insured": ["true"],
        "min_price": ["0"],
        "created_after": ["2026-01-01T00:00:00+00:00"],
    }


def test_a_path_value_is_one_quoted_segment(sample: Sample, service: Service) -> None:
    service.answers(200, {"amount": 1, "currency": "EUR"})
    sample.operation("notes", "notes_retrieve").sync(client=sample.client, name="../parcels?a=é")
    assert service.received[0].target == "/api/v1/notes/..%2Fparcels%3Fa%3D%C3%A9"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_path_value_that_would_change_the_path_is_refused(sample: Sample, service: Service, name: str) -> None:
    with pytest.raises(ValueError, match="not a path segment"):
        sample.operation("notes", "notes_retrieve").sync(client=sample.client, name=name)
    assert service.received == []


def test_the_time_out_of_the_client_raises_the_exception_of_requests(sample: Sample, service: Service) -> None:
    service.seconds_before_answer = 0.5
    impatient = sample.package.Client(base_url=service.base_url, session=sample.client.session, timeout=(1, 0.05))
    with pytest.raises(requests.ReadTimeout):
        sample.operation("parcels", "parcels_retrieve").sync(client=impatient, id=PARCEL_ID)


def test_a_call_may_have_a_time_out_of_its_own(sample: Sample, service: Service) -> None:
    service.seconds_before_answer = 0.5
    with pytest.raises(requests.ReadTimeout):
        sample.operation("parcels", "parcels_retrieve").sync(client=sample.client, id=PARCEL_ID, timeout=(1, 0.05))


def test_a_service_that_is_down_raises_the_exception_of_requests(sample: Sample) -> None:
    down = sample.package.Client(base_url="http://127.0.0.1:1", session=sample.client.session, timeout=(1, 1))
    with pytest.raises(requests.ConnectionError):
        sample.operation("parcels", "parcels_retrieve").sync(client=down, id=PARCEL_ID)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param({"state": "teleported"}, ValueError, id="unknown enum value"),
        pytest.param({"carrier": "pigeon"}, ValueError, id="unknown value of a nullable enum"),
        pytest.param({"price": {"amount": 1}}, KeyError, id="missing field"),
        pytest.param({"insurance": {"amount": 1}}, KeyError, id="missing field of a nullable object"),
        pytest.param({"insurance": "none"}, TypeError, id="text for a nullable object"),
        pytest.param({"delivered_at": "soon"}, ValueError, id="a nullable time that is none"),
        pytest.param({"created_at": 5}, TypeError, id="number for a time"),
        pytest.param({"id": 5}, AttributeError, id="number for an id"),
    ],
)
def test_a_body_that_breaks_the_spec_raises_malformed_response(
    sample: Sample, service: Service, change: dict[str, object], cause: type[Exception]
) -> None:
    service.answers(200, PARCEL | change)
    with pytest.raises(sample.package.MalformedResponse) as caught:
        sample.operation("parcels", "parcels_retrieve").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert caught.value.status_code == 200
    assert json.loads(caught.value.content) == PARCEL | change
    assert isinstance(caught.value.__cause__, cause)


def test_an_html_page_for_a_documented_status_raises_malformed_response(sample: Sample, service: Service) -> None:
    service.status, service.content, service.content_type = 503, b"<html>", "text/html"
    service.headers = {"Retry-After": "7"}
    with pytest.raises(sample.package.MalformedResponse) as caught:
        sample.operation("parcels", "parcels_destroy").sync_detailed(client=sample.client, id=PARCEL_ID)
    assert (caught.value.status_code, caught.value.content) == (503, b"<html>")
    assert caught.value.headers["retry-after"] == "7"
    assert isinstance(caught.value.__cause__, requests.JSONDecodeError)
    assert not isinstance(caught.value, requests.RequestException)
