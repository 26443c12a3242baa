"""Registers the periodic clean-up with the worker."""

import time
from datetime import timedelta

from chassis.jobs.tasks import periodic
from chassis.throttles.counting import PERIODS
from chassis.throttles.models import ThrottleWindow


@periodic(every=timedelta(hours=1))
def forget_old_windows() -> None:
    ThrottleWindow.objects.filter(window__lt=time.time() - 2 * PERIODS["day"]).delete()
