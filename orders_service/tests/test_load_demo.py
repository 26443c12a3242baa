import io
import json
import uuid
from pathlib import Path

import pytest
from django.core.management import call_command

from addresses.models import Address


@pytest.mark.django_db
def test_the_first_buyers_get_one_address_each_however_often(tmp_path: Path) -> None:
    accounts = [
        {"id": str(uuid.uuid4()), "email": "s@demo.test", "full_name": "Seller", "roles": ["seller"], "language": "en"},
        *(
            {
                "id": str(uuid.uuid4()),
                "email": f"buyer{number:03}@demo.test",
                "full_name": f"Buyer {number}",
                "roles": ["buyer"],
                "language": "fr",
            }
            for number in range(1, 31)
        ),
    ]
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(accounts))
    call_command("load_demo", accounts=path, stdout=io.StringIO())
    first = list(Address.objects.order_by("id").values())
    call_command("load_demo", "--accounts", str(path), stdout=io.StringIO())
    assert list(Address.objects.order_by("id").values()) == first
    assert {str(address["account_id"]) for address in first} == {account["id"] for account in accounts[1:21]}
    for address in Address.objects.all():
        address.full_clean()
