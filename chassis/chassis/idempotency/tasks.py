from datetime import timedelta

from django.db.models.functions import Now

from chassis.idempotency.models import IdempotencyRecord
from chassis.jobs.tasks import periodic

KEPT_FOR = timedelta(days=30)


@periodic(every=timedelta(hours=1))
def forget_old_keys() -> None:
    IdempotencyRecord.objects.filter(created_at__lt=Now() - KEPT_FOR).delete()
