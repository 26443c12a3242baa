"""The demo data: named by the file that every service reads."""

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import Account
from sellers.models import SellerProfile

PASSWORD = "a-shared-demo-password"
PEOPLE: list[dict[str, Any]] = [
    {
        "id": str(uuid.UUID(int=1)),
        "email": "Buyer001@demo.test",
        "password": PASSWORD,
        "full_name": "Bea",
        "roles": ["buyer"],
        "language": "en",
        "seller_name": None,
    },
    {
        "id": str(uuid.UUID(int=2)),
        "email": "seller1@demo.test",
        "password": PASSWORD,
        "full_name": "Sam",
        "roles": ["buyer", "seller"],
        "language": "fr",
        "seller_name": "Conti & Figli",
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(PEOPLE))
    return path


def load(file: Path) -> str:
    out = io.StringIO()
    call_command("load_demo", "--accounts", str(file), stdout=out)
    return out.getvalue()


def test_demo_accounts_can_log_in_and_sellers_have_a_profile(anonymous: APIClient, file: Path) -> None:
    assert load(file) == "2 accounts added, 0 were there\n1 sellers' profiles added, 0 were there\n"
    buyer, seller = Account.objects.order_by("pk")
    assert (str(buyer.pk), buyer.email, buyer.full_name) == (PEOPLE[0]["id"], "buyer001@demo.test", "Bea")
    assert buyer.email_verified_at is not None
    assert (seller.roles, seller.language) == (["buyer", "seller"], "fr")
    assert buyer.password == seller.password
    assert anonymous.post("/api/v1/auth/token", {"email": buyer.email, "password": PASSWORD}).status_code == 200
    profile = SellerProfile.objects.get()
    assert (profile.pk, profile.name, profile.slug) == (seller.pk, "Conti & Figli", "conti-figli")


def test_loading_again_keeps_what_people_changed(file: Path) -> None:
    load(file)
    Account.objects.filter(pk=PEOPLE[0]["id"]).update(full_name="Beatrix")
    SellerProfile.objects.update(name="Conti")
    assert load(file) == "0 accounts added, 2 were there\n0 sellers' profiles added, 1 were there\n"
    assert Account.objects.get(pk=PEOPLE[0]["id"]).full_name == "Beatrix"
    assert SellerProfile.objects.get().name == "Conti"


def test_demo_accounts_are_never_loaded_in_production(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(CommandError, match="never loaded in production"):
        load(file)
    assert Account.objects.count() == 0
