"""Tasks that leave traces, for tests of the worker."""

import os
import time
import uuid
from datetime import timedelta

from chassis.jobs.tasks import PermanentFailureError, periodic, task
from tests.parcels.models import Parcel

NOBODY = uuid.UUID(int=0)


def _note(name: str) -> None:
    Parcel.objects.create(owner=NOBODY, name=name, weight=os.getpid())


@task(lease=timedelta(seconds=3))
def pack(*, name: str, seconds: float = 0) -> None:
    _note(f"{name} begun")
    time.sleep(seconds)
    _note(f"{name} packed")


@task(atomic=True)
def weigh(*, name: str, fails: bool = False) -> None:
    _note(name)
    if fails:
        raise ValueError(f"{name} is too heavy\x00\ud800")


@task(max_attempts=3, private=True)
def lose(*, name: str) -> None:
    _note(name)
    raise ValueError(f"{name} is lost")


@task()
def refuse(*, name: str) -> None:
    _note(name)
    raise PermanentFailureError(f"{name} may not be sent")


@periodic(every=timedelta(seconds=1))
def tick() -> None:
    _note("tick")
