from datetime import timedelta

from django.db.models.functions import Now

from accounts.models import EmailVerification
from chassis.jobs.tasks import periodic

KEPT_AFTER_EXPIRY = timedelta(days=30)
"""A link that was used goes on answering so for this long."""


@periodic(every=timedelta(hours=1))
def forget_old_verifications() -> None:
    EmailVerification.objects.filter(expires_at__lt=Now() - KEPT_AFTER_EXPIRY).delete()
