import json
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.services import DemoAccount, load_demo_accounts
from chassis.settings import is_production
from sellers.services import load_demo_profiles


class Command(BaseCommand):
    help = "Load the accounts of the demo platform and its sellers' profiles; what exists stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=Path, required=True, help="JSON list of the accounts.")

    def handle(self, *args: Any, **options: Any) -> None:
        if is_production():
            raise CommandError("Demo accounts have known passwords: they are never loaded in production.")
        rows = json.loads(options["accounts"].read_text())
        accounts = [
            DemoAccount(
                id=uuid.UUID(row["id"]),
                email=row["email"],
                password=row["password"],
                full_name=row["full_name"],
                language=row["language"],
                roles=tuple(row["roles"]),
            )
            for row in rows
        ]
        names = {uuid.UUID(row["id"]): row["seller_name"] for row in rows if row.get("seller_name")}
        with transaction.atomic():
            added = load_demo_accounts(accounts=accounts)
            self.stdout.write(f"{added} accounts added, {len(accounts) - added} were there")
            profiles = load_demo_profiles(names=names)
            self.stdout.write(f"{profiles} sellers' profiles added, {len(names) - profiles} were there")
