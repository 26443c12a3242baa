"""Has a service token at hand before the first purchase needs it."""

from datetime import timedelta

from chassis.jobs.tasks import periodic
from gateways.service_token import NoServiceTokenError, service_token


@periodic(every=timedelta(seconds=15))
def keep_service_token() -> None:
    try:
        service_token.get()
    except NoServiceTokenError:
        return
