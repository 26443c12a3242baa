from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError, UnavailableError


class PaymentCancelledError(DomainError):
    """The id was called off before its payment arrived: a tombstone, which takes nothing any more."""

    code = "payment_cancelled"
    status = 409
    message = _("This payment was called off before it arrived.")


class PaymentMismatchError(DomainError):
    code = "payment_mismatch"
    status = 422
    message = _("This id belongs to a payment with another content.")


class OrderHasPaymentError(DomainError):
    """Another payment of the same order is under way or captured; `data.payment` names it."""

    code = "order_has_payment"
    status = 409
    message = _("Another payment of this order is under way or done.")


class PaymentNotFoundError(DomainError):
    code = "payment_not_found"
    status = 404
    message = _("There is no such payment.")


class PaymentNotCapturedError(DomainError):
    """Only money that was taken can be given back; `data.state` is the payment's."""

    code = "payment_not_captured"
    status = 409
    message = _("Only a captured payment can be refunded.")


class RefundExceedsPaymentError(DomainError):
    """More is asked for than is left of the payment; `data.refundable` is what is left."""

    code = "refund_exceeds_payment"
    status = 409
    message = _("The refund exceeds what is left of the payment.")


class RefundMismatchError(DomainError):
    code = "refund_mismatch"
    status = 422
    message = _("This id belongs to a refund with another content.")


class PaymentNotRecalledError(DomainError):
    """A checkout remembers a payment of which its provider knows nothing, or says something else: `data.verdict`."""

    code = "payment_not_recalled"
    status = 409
    message = _("The payment provider does not know this payment as it is remembered.")


class ProviderUnreachableError(UnavailableError):
    """The provider cannot say now what became of the payment, which stays undecided: the same call again continues."""

    code = "provider_unavailable"
    message = _("The payment provider does not answer right now. The same request again continues.")
