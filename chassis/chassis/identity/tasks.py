"""Keeps the published keys at hand, also in services that nobody has called yet."""

from datetime import timedelta

from chassis.identity.keys import REFRESH_AFTER, key_ring
from chassis.jobs.tasks import periodic


@periodic(every=timedelta(seconds=15))
def refresh_published_keys() -> None:
    key_ring.refresh(older_than=REFRESH_AFTER)
