from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from chassis.jobs.tasks import periodic
from logins.models import FAMILY_LIFE, RefreshFamily, RefreshToken

USED_KEPT_FOR = FAMILY_LIFE
"""For so long the reuse of a token is noticed."""


@periodic(every=timedelta(hours=1))
def forget_ended_logins() -> None:
    ended = Q(expires_at__lt=Now() - USED_KEPT_FOR) | Q(revoked_at__lt=Now() - USED_KEPT_FOR)
    RefreshFamily.objects.filter(ended).delete()
    RefreshToken.objects.filter(used_at__lt=Now() - USED_KEPT_FOR).delete()
