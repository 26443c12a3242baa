"""The worker's part: sagas that nobody drives any more are driven on."""

import logging
import uuid
from datetime import timedelta
from functools import partial

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import translation

from chassis import tracing
from chassis.jobs.tasks import periodic, task
from chassis.logs import request_id
from sagas.engine import OvertakenError, take
from sagas.models import Saga
from sagas.states import SagaState

logger = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=30)
BATCH = 50


@periodic(every=timedelta(seconds=1))
def resume_sagas() -> None:
    """Queue every running saga whose lease ran out or whose pause is over."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    due = Saga.objects.filter(free, state=SagaState.RUNNING, next_attempt_at__lte=Now()).order_by("next_attempt_at")
    for saga_id in due.values_list("id", flat=True)[:BATCH]:
        resume_saga.enqueue_once(str(saga_id), saga_id=str(saga_id))


@task(lease=timedelta(seconds=90))
def resume_saga(*, saga_id: str) -> None:
    drive = take(uuid.UUID(saga_id))
    if drive is None:
        return
    request_id.set(drive.saga.data.get("request_id", ""))
    run = partial(drive.run, seconds=15)
    try:
        with translation.override(drive.saga.data.get("language", "en")):
            tracing.resume(drive.saga.data.get("traceparent", ""), "resume saga", run)
    except OvertakenError:
        logger.info("saga overtaken", extra={"saga": saga_id})


@periodic(every=timedelta(hours=1))
def forget_old_sagas() -> None:
    """Ended sagas are kept for 30 days: as long as their Idempotency-Keys hold."""
    Saga.objects.filter(
        state__in=(SagaState.COMPLETED, SagaState.COMPENSATED), finished_at__lt=Now() - KEPT_FOR
    ).delete()
