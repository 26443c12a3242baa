import logging
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from chassis.restores.errors import RestoreNotFoundError
from chassis.restores.models import Restore

logger = logging.getLogger(__name__)


def record(*, recovery_point: datetime, backup: str) -> Restore:
    """Note in a restored database how far back it went; from its next connection on the service refuses to write."""
    restore = Restore.objects.create(restored_at=Now(), recovery_point=recovery_point, backup=backup)
    restore.refresh_from_db()
    return restore


@transaction.atomic
def release(*, restore_id: uuid.UUID, note: str, by: str = "") -> Restore:
    """Let the service write again, once none of its restores is left to be released.

    A second release changes nothing. Raises `RestoreNotFoundError`.
    """
    released = Restore.objects.filter(pk=restore_id, released_at=None).update(
        released_at=Now(), released_by=by, note=note
    )
    restore = Restore.objects.filter(pk=restore_id).first()
    if restore is None:
        raise RestoreNotFoundError()
    if released:
        logger.warning("restore released", extra={"restore": str(restore_id), "by": by})
    return restore
