from django.db.models import QuerySet

from chassis.restores.models import Restore


def awaiting_reconcile() -> QuerySet[Restore]:
    """Return the restores after which the service does not write yet, oldest first."""
    return Restore.objects.filter(released_at=None).order_by("restored_at", "id")
