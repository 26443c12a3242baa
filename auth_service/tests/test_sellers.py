"""Sellers' public profiles."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from sellers.models import SellerProfile
from sellers.services import save_profile
from tests.conftest import make_account

URL = "/api/v1/sellers"


@pytest.fixture
def shops() -> list[SellerProfile]:
    return [
        save_profile(
            account_id=make_account(f"seller{number}@example.com", roles=["seller"]).pk, name=name, slug=name.lower()
        )
        for number, name in enumerate(["Zebra", "Acacia", "Maple"])
    ]


def test_profiles_are_public_and_come_in_one_query(
    anonymous: APIClient, shops: list[SellerProfile], django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        answer = anonymous.get(f"{URL}?id={shops[0].pk}&id={uuid.uuid4()}&id={shops[1].pk}")
    assert answer.status_code == 200
    assert answer.json() == {
        "results": [
            {"id": str(shops[1].pk), "name": "Acacia", "slug": "acacia"},
            {"id": str(shops[0].pk), "name": "Zebra", "slug": "zebra"},
        ]
    }


def test_without_ids_all_sellers_are_listed_by_name(anonymous: APIClient, shops: list[SellerProfile]) -> None:
    assert [row["name"] for row in anonymous.get(URL).json()["results"]] == ["Acacia", "Maple", "Zebra"]


def test_a_profile_is_public_and_costs_one_query(
    anonymous: APIClient, shops: list[SellerProfile], django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        answer = anonymous.get(f"{URL}/{shops[2].pk}")
    assert answer.json() == {"id": str(shops[2].pk), "name": "Maple", "slug": "maple"}


@pytest.mark.parametrize(
    "query", ["id=1", "id=", "id=' OR 1=1", "id=%00", "&".join(f"id={uuid.UUID(int=number)}" for number in range(101))]
)
def test_bad_ids_are_a_400(anonymous: APIClient, query: str) -> None:
    assert anonymous.get(f"{URL}?{query}").status_code == 400


@pytest.mark.parametrize("path", [str(uuid.uuid4()), "1", "acacia"])
def test_an_unknown_seller_is_a_404(anonymous: APIClient, path: str) -> None:
    assert anonymous.get(f"{URL}/{path}").status_code == 404


def test_sellers_are_not_changed_here(signed_in: APIClient, shops: list[SellerProfile]) -> None:
    assert signed_in.post(URL, {"name": "Mine"}).status_code == 405
    assert signed_in.patch(f"{URL}/{shops[0].pk}", {"name": "Mine"}).status_code == 405
    assert SellerProfile.objects.filter(name="Mine").count() == 0


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"slug": "acacia"}, "seller_profile_slug_once"),
        ({"slug": ""}, "seller_profile_has_a_slug"),
        ({"name": ""}, "seller_profile_has_a_name"),
    ],
    ids=str,
)
def test_the_database_refuses_profiles_that_make_no_sense(
    shops: list[SellerProfile], change: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SellerProfile.objects.filter(pk=shops[0].pk).update(**change)
