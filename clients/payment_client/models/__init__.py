"""Contains all the data models used in inputs/outputs"""

from .money import Money
from .money_request import MoneyRequest
from .paginated_payment_list import PaginatedPaymentList
from .paginated_sandbox_intent_list import PaginatedSandboxIntentList
from .pay_request import PayRequest
from .payment import Payment
from .payment_state import PaymentState
from .problem import Problem
from .problem_errors_item import ProblemErrorsItem
from .refund import Refund
from .refund_payment_request import RefundPaymentRequest
from .refund_state import RefundState
from .sandbox_intent import SandboxIntent
from .sandbox_intent_status import SandboxIntentStatus

__all__ = (
    "Money",
    "MoneyRequest",
    "PaginatedPaymentList",
    "PaginatedSandboxIntentList",
    "Payment",
    "PaymentState",
    "PayRequest",
    "Problem",
    "ProblemErrorsItem",
    "Refund",
    "RefundPaymentRequest",
    "RefundState",
    "SandboxIntent",
    "SandboxIntentStatus",
)
