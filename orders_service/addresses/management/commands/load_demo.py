"""Demo data of this service: addresses. Orders come from real checkouts."""

import json
import random
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from addresses.models import Address

BUYERS_WITH_ADDRESS = 20
NAMESPACE = uuid.UUID("6f0d6a2e-54f3-4d0a-9a52-0d5f2b3c7e11")
STREETS = ("rue des Lilas", "avenue de la République", "rue du Four", "place Bellecour", "chemin des Vignes")
CITIES = (("69003", "Lyon"), ("75011", "Paris"), ("33000", "Bordeaux"), ("59800", "Lille"), ("35000", "Rennes"))


class Command(BaseCommand):
    help = "Give the first demo buyers an address each; run again, it adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=Path, required=True, help="JSON list of the demo accounts.")

    def handle(self, *args: Any, accounts: Path, **options: Any) -> None:
        buyers = [account for account in json.loads(accounts.read_text()) if "buyer" in account["roles"]]
        addresses = [address_of(buyer) for buyer in buyers[:BUYERS_WITH_ADDRESS]]
        Address.objects.bulk_create(addresses, ignore_conflicts=True)
        self.stdout.write(f"{len(addresses)} buyers have an address")


def address_of(buyer: dict[str, Any]) -> Address:
    """Draw a buyer's address; the same account always gets the same one."""
    chance = random.Random(buyer["id"])
    postal_code, city = chance.choice(CITIES)
    return Address(
        id=uuid.uuid5(NAMESPACE, buyer["id"]),
        account_id=buyer["id"],
        full_name=buyer["full_name"],
        line1=f"{chance.randint(1, 120)} {chance.choice(STREETS)}",
        postal_code=postal_code,
        city=city,
        country="FR",
        phone=f"+33 6 {chance.randint(10, 99)} {chance.randint(10, 99)} {chance.randint(10, 99)} 00",
    )
