from datetime import timedelta

from chassis.jobs.tasks import periodic
from keys import services


@periodic(every=timedelta(minutes=1))
def promote_due_signing_key() -> None:
    services.promote_due_key()


@periodic(every=timedelta(hours=1))
def forget_outlived_signing_keys() -> None:
    services.forget_outlived_keys()
