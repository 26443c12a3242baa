"""The pages of the browsable API: where they begin, and how they lead on."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from chassis.testing import ClientFactory
from tests.parcels.models import Parcel

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"
PARCELS = "/api/v1/parcels"
HTML: dict[str, Any] = {"accept": "text/html"}


def test_the_root_lists_what_can_be_read_without_an_id(anonymous: APIClient) -> None:
    readable = ("audit/jobs", "audit/restores", "parcels", "parcels/counted", "parcels/tariff")
    expected = {name: f"http://testserver{ROOT}{name}" for name in readable}
    assert anonymous.get(ROOT).json() == expected
    assert anonymous.get(ROOT.rstrip("/")).json() == expected


def test_the_root_is_a_page_named_after_its_service_and_no_part_of_the_spec(anonymous: APIClient) -> None:
    page = anonymous.get(ROOT, headers=HTML).text
    assert "<h1>Parcels</h1>" in page
    assert f'<a href="http://testserver{PARCELS}"' in page
    assert "/login/?next=/api/v1/" in page
    paths = anonymous.get("/api/schema/?format=json").json()["paths"]
    assert PARCELS in paths
    assert not {ROOT, ROOT.rstrip("/")} & set(paths)


def test_ids_lead_from_a_list_to_its_rows_and_from_an_answer_to_what_was_made(client_for: ClientFactory) -> None:
    account = uuid.uuid4()
    client = client_for(account=account)
    parcel = Parcel.objects.create(owner=account, name="A", weight=1)
    link = f'<a href="{PARCELS}/{parcel.pk}">{parcel.pk}</a>'
    assert link in client.get(PARCELS, headers=HTML).text
    assert link not in client.get(f"{PARCELS}/{parcel.pk}", headers=HTML).text
    made = client.post(PARCELS, {"name": "B", "weight": 2}, headers=HTML)
    assert made.status_code == 201
    new = Parcel.objects.get(name="B")
    assert f'<a href="{PARCELS}/{new.pk}">{new.pk}</a>' in made.text


def test_what_people_wrote_stays_text(client_for: ClientFactory) -> None:
    account = uuid.uuid4()
    for name in ("<script>alert(1)</script>", "&lt;b&gt;", 'https://x.test/"><i>'):
        Parcel.objects.create(owner=account, name=name, weight=1)
    page = client_for(account=account).get(PARCELS, headers=HTML).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&amp;lt;b&amp;gt;" in page
    assert "<i>" not in page


def test_options_describe_an_address_and_leave_its_fields_to_the_spec(client_for: ClientFactory) -> None:
    answer = client_for().options(PARCELS)
    assert answer.status_code == 200
    assert set(answer.json()) == {"name", "description", "renders", "parses"}
