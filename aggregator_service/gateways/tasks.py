"""Has a service token at hand before a purchase needs it: no buyer waits for it to be renewed."""

from datetime import timedelta

from chassis.jobs.tasks import periodic
from gateways.service_token import service_token


@periodic(every=timedelta(seconds=15))
def keep_service_token() -> None:
    service_token.renew_if_due()
