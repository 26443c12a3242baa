import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chassis.errors import DomainError
from chassis.settings import env
from service_accounts.services import save_service_account


class Command(BaseCommand):
    help = (
        "Add a service account, or change the one of that name. The secret is SERVICE_CLIENT_SECRET of the "
        "environment; without it a new one is drawn and printed, this once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client-id", required=True)
        parser.add_argument("--scopes", required=True, nargs="+", help="Separated by commas or spaces.")

    def handle(self, *args: Any, **options: Any) -> None:
        given = env.str("SERVICE_CLIENT_SECRET", default="")
        secret = given or secrets.token_urlsafe(32)
        scopes = [scope for part in options["scopes"] for scope in part.replace(",", " ").split()]
        try:
            account = save_service_account(client_id=options["client_id"], scopes=scopes, secret=secret)
        except DomainError as exc:
            raise CommandError(str(exc.detail)) from exc
        self.stdout.write(f"{account.client_id} may {', '.join(account.scopes)}")
        if not given:
            self.stdout.write(f"secret: {secret}")
