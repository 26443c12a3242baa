"""Address books: everybody has their own, and sees no other."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from addresses.countries import COUNTRY_CODES, country_name
from addresses.models import Address
from chassis.testing import ClientFactory
from tests.samples import ADDRESS, address_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/addresses"


def test_an_address_is_added_shown_and_listed(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    answer = buyer_client.post(URL, ADDRESS)
    assert answer.status_code == 201
    address = answer.json()
    assert address == {"id": address["id"], **ADDRESS}
    assert buyer_client.get(f"{URL}/{address['id']}").json() == address
    assert buyer_client.get(URL).json() == {"next": None, "previous": None, "results": [address]}
    assert Address.objects.get().account_id == buyer


def test_optional_parts_may_be_left_out(buyer_client: APIClient) -> None:
    needed = {name: ADDRESS[name] for name in ("full_name", "line1", "postal_code", "city", "country")}
    assert {name: buyer_client.post(URL, needed).json()[name] for name in ADDRESS} == ADDRESS


@pytest.mark.parametrize("role", ["buyer", "seller", "admin"])
def test_every_person_has_an_address_book(client_for: ClientFactory, role: str) -> None:
    assert client_for(roles=[role]).post(URL, ADDRESS).status_code == 201


def test_services_have_no_address_book(checkout: APIClient, anonymous: APIClient) -> None:
    assert checkout.get(URL).status_code == 403
    assert checkout.post(URL, ADDRESS).status_code == 403
    assert anonymous.post(URL, ADDRESS).status_code == 401
    assert Address.objects.count() == 0


def test_a_patch_changes_only_what_is_sent(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    address = address_of(buyer, company="Lilas SARL")
    answer = buyer_client.patch(f"{URL}/{address.pk}", {"city": "Paris", "country": "be"})
    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(address.pk),
        **ADDRESS,
        "company": "Lilas SARL",
        "city": "Paris",
        "country": "BE",
    }
    address.refresh_from_db()
    assert (address.city, address.country, address.company) == ("Paris", "BE", "Lilas SARL")


def test_a_put_replaces_the_whole(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    address = address_of(buyer, company="Lilas SARL")
    needed = {name: ADDRESS[name] for name in ("full_name", "line1", "postal_code", "city", "country")}
    assert buyer_client.put(f"{URL}/{address.pk}", needed).json() == {"id": str(address.pk), **ADDRESS}


def test_a_removed_address_is_gone(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    address = address_of(buyer)
    assert buyer_client.delete(f"{URL}/{address.pk}").status_code == 204
    assert buyer_client.get(f"{URL}/{address.pk}").status_code == 404
    assert buyer_client.delete(f"{URL}/{address.pk}").status_code == 404


def test_another_s_address_does_not_exist(buyer_client: APIClient, client_for: ClientFactory) -> None:
    theirs = address_of(uuid.uuid4())
    for client in (buyer_client, client_for(roles=["admin"])):
        assert client.get(f"{URL}/{theirs.pk}").status_code == 404
        assert client.patch(f"{URL}/{theirs.pk}", {"city": "Paris"}).status_code == 404
        assert client.put(f"{URL}/{theirs.pk}", ADDRESS).status_code == 404
        assert client.delete(f"{URL}/{theirs.pk}").status_code == 404
        assert client.get(URL).json()["results"] == []
    theirs.refresh_from_db()
    assert theirs.city == "Lyon"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"country": "XX"}, "country", "invalid_choice"),
        ({"country": "EU"}, "country", "invalid_choice"),
        ({"country": "FRA"}, "country", "invalid_choice"),
        ({"country": 7}, "country", "invalid_choice"),
        ({"country": {}}, "country", "invalid_choice"),
        ({"country": ["FR"]}, "country", "invalid_choice"),
        ({"country": None}, "country", "null"),
        ({"full_name": ""}, "full_name", "blank"),
        ({"full_name": " "}, "full_name", "blank"),
        ({"full_name": "x" * 101}, "full_name", "max_length"),
        ({"full_name": "A\nBcc: b@example.com"}, "full_name", "invalid"),
        ({"full_name": "A\x00B"}, "full_name", "null_characters_not_allowed"),
        ({"full_name": {"a": 1}}, "full_name", "invalid"),
        ({"full_name": True}, "full_name", "invalid"),
        ({"postal_code": "69<003"}, "postal_code", "invalid"),
        ({"phone": "call me"}, "phone", "invalid"),
        ({"company": None}, "company", "null"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(
    buyer_client: APIClient, buyer: uuid.UUID, change: dict[str, Any], field: str, code: str
) -> None:
    address = address_of(buyer)
    for answer in (
        buyer_client.post(URL, {**ADDRESS, **change}),
        buyer_client.patch(f"{URL}/{address.pk}", change),
    ):
        assert answer.status_code == 400
        errors = answer.json()["errors"]
        assert {error["field"] for error in errors} == {field}
        assert code in {error["code"] for error in errors}
    unchanged = Address.objects.get()
    assert {name: getattr(unchanged, name) for name in ADDRESS} == ADDRESS


def test_the_owner_cannot_be_named(buyer_client: APIClient, buyer: uuid.UUID) -> None:
    answer = buyer_client.post(URL, {**ADDRESS, "account_id": str(uuid.uuid4()), "id": str(uuid.uuid4())})
    assert Address.objects.get(pk=answer.json()["id"]).account_id == buyer


@pytest.mark.parametrize("path", [f"{URL}/7", f"{URL}/not-an-id", f"{URL}/", f"{URL}/{uuid.uuid4()}"])
def test_what_is_no_id_of_an_address_is_a_404(buyer_client: APIClient, path: str) -> None:
    answer = buyer_client.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_a_page_of_addresses_is_one_query(
    buyer_client: APIClient, buyer: uuid.UUID, django_assert_num_queries: Any
) -> None:
    for number in range(12):
        address_of(buyer, city=f"Lyon {number}")
    with django_assert_num_queries(1):
        page = buyer_client.get(f"{URL}?page_size=10").json()
    assert [address["city"] for address in page["results"]] == [f"Lyon {number}" for number in range(11, 1, -1)]


def test_all_countries_of_iso_3166_are_known() -> None:
    assert len(COUNTRY_CODES) == 249
    assert {"FR", "GB", "AX", "PS", "TW", "UM"} <= COUNTRY_CODES
    assert (country_name("DE", "fr"), country_name("DE", "en")) == ("Allemagne", "Germany")
