from typing import Any

from django.core.management.base import BaseCommand

from keys.lifetimes import CACHES
from keys.services import promote_due_key, publish_next_key


class Command(BaseCommand):
    help = (
        "Begin a rotation of the signing key: publish a new one, which the worker lets sign once every service "
        "knows it. Nobody is logged out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        promoted = promote_due_key()
        if promoted is not None:
            self.stdout.write(f"Key {promoted.kid} signs from now on.")
            return
        key = publish_next_key()
        minutes = int(CACHES.total_seconds() // 60)
        self.stdout.write(
            f"Key {key.kid} has been published since {key.published_at:%Y-%m-%d %H:%M} UTC "
            f"and will sign {minutes} minutes after that."
        )
