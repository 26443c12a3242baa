"""What goes on without a caller: refunds that were left pending, payments that nobody drives any more."""

import logging
import uuid
from datetime import timedelta

from chassis.jobs.tasks import periodic, task
from payments import services
from payments.errors import ProviderUnreachableError
from payments.models import Refund
from payments.selectors import stuck_payments, stuck_refunds
from payments.states import RefundState

logger = logging.getLogger(__name__)


@task()
def finish_refund(*, refund_id: str) -> None:
    """Settle a refund that its request left pending. Raises, and so is tried again, while the provider is away."""
    refund = Refund.objects.select_related("payment").get(pk=uuid.UUID(refund_id))
    if refund.state == RefundState.PENDING:
        services.settle_refund(refund=refund)


@periodic(every=timedelta(minutes=1))
def settle_stuck_payments() -> None:
    """Ask the provider about payments left undecided, and write down what it decided.

    What it has not decided stays: only the checkout knows whether it still wants the money.
    """
    for payment in stuck_payments()[:1000]:
        try:
            services.settle_from_provider(payment=payment)
        except ProviderUnreachableError:
            logger.warning("stuck payment not settled", extra={"payment": str(payment.pk)})


@periodic(every=timedelta(minutes=5))
def resume_stuck_refunds() -> None:
    """Have refunds tried again whose job gave up, or that the provider itself keeps pending."""
    for refund_id in stuck_refunds().values_list("pk", flat=True)[:1000]:
        finish_refund.enqueue_once(str(refund_id), refund_id=str(refund_id))
