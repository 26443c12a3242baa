import uuid

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from chassis.admin_pages import ReadOnlyAdmin, ReadOnlyInline
from chassis.errors import DomainError
from chassis.ids import uuid7
from payments.card_numbers import holds_card_number
from payments.errors import RefundExceedsPaymentError
from payments.models import Payment, Refund
from payments.services import refund_payment
from payments.states import RefundState

MAX_REASON = 200


class RefundInline(ReadOnlyInline[Refund, Payment]):
    """What was given back of the payment."""

    model = Refund
    fields = ("id", "amount", "state", "reason", "failure_code", "created_at", "settled_at")
    readonly_fields = fields


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin[Payment]):
    """Payments, found by their id, order or buyer; given back in full after a confirmation."""

    list_display = ("id", "order", "buyer", "state", "asked", "given_back", "decline_code", "created_at", "captured_at")
    list_filter = ("state", "provider", "created_at")
    id_search_fields = ("pk", "order", "buyer")
    search_help_text = _("The id of a payment, an order or a buyer, in full.")
    ordering = ("-created_at", "-id")
    inlines = (RefundInline,)
    actions = ("refund_in_full",)

    @admin.display(description=_("amount"), ordering="amount")
    def asked(self, payment: Payment) -> str:
        return str(payment.money or "–")

    @admin.display(description=_("refunded"), ordering="refunded_amount")
    def given_back(self, payment: Payment) -> str:
        return str(payment.refunded)

    @admin.action(description=_("Refund in full"))
    def refund_in_full(self, request: HttpRequest, queryset: QuerySet[Payment]) -> TemplateResponse | None:
        """Show what would be given back; once confirmed, give it back.

        The refunds' ids are made with the question, so that confirming twice gives nothing back twice.
        """
        refundable = [payment for payment in queryset if payment.refundable.amount > 0]
        if request.POST.get("confirmed"):
            reason = request.POST.get("reason", "").strip()[:MAX_REASON]
            if holds_card_number(reason):
                self.message_user(request, _("Card numbers are not accepted here."), messages.ERROR)
                return None
            for payment in queryset:
                self._refund(request, payment, request.POST.get(f"refund_{payment.pk}", ""), reason)
            return None
        if not refundable:
            self.message_user(request, _("None of these payments has anything to refund."), messages.WARNING)
            return None
        return TemplateResponse(
            request,
            "admin/payments/payment/refund_in_full.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Refund in full"),
                "opts": self.opts,
                "questions": [(payment, uuid7()) for payment in refundable],
                "max_reason": MAX_REASON,
            },
        )

    def _refund(self, request: HttpRequest, payment: Payment, asked: str, reason: str) -> None:
        try:
            refund_id = uuid.UUID(asked)
        except ValueError:
            return  # it was not part of the question
        present = Refund.objects.filter(pk=refund_id).select_related("payment").first()
        amount = present.money if present is not None else payment.refundable
        try:
            if amount.amount <= 0:
                raise RefundExceedsPaymentError()
            refund, _created = refund_payment(
                refund_id=refund_id, payment_id=payment.pk, amount=amount, reason=present.reason if present else reason
            )
        except DomainError as exc:
            self.message_user(request, f"{payment.pk}: {exc.detail}", messages.ERROR)
            return
        level = messages.ERROR if refund.state == RefundState.FAILED else messages.SUCCESS
        self.message_user(
            request,
            _("{payment}: refund of {amount} {state}.").format(
                payment=payment.pk, amount=refund.money, state=RefundState(refund.state).label.lower()
            ),
            level,
        )


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin[Refund]):
    """Refunds, found by their id or their payment's."""

    list_display = ("id", "payment_id", "given_back", "state", "reason", "failure_code", "created_at", "settled_at")
    list_filter = ("state", "created_at")
    list_select_related = ("payment",)
    id_search_fields = ("pk", "payment")
    ordering = ("-created_at", "-id")

    @admin.display(description=_("amount"), ordering="amount")
    def given_back(self, refund: Refund) -> str:
        return str(refund.money)
