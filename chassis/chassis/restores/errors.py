from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError

AWAITING_RECONCILE = "restored_awaiting_reconcile"
RETRY_AFTER_SECONDS = 30
"""People compare and repair meanwhile."""


class RestoredAwaitingReconcileError(DomainError):
    """The database was restored, and what other services remember was not compared with it yet. Nothing was changed."""

    code = AWAITING_RECONCILE
    status = 503
    message = _("This part of the shop is being restored and can only be read for now. Please try again later.")

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_AFTER_SECONDS)


class RestoreNotFoundError(DomainError):
    code = "not_found"
    status = 404
    message = _("No such restore.")
