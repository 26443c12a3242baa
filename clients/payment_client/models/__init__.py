"""Contains all the data models used in inputs/outputs"""

from .audit_jobs_list_state import AuditJobsListState
from .audited_job import AuditedJob
from .audited_payment import AuditedPayment
from .audited_restore import AuditedRestore
from .book_entry import BookEntry
from .job_state import JobState
from .money import Money
from .money_request import MoneyRequest
from .paginated_audited_job_list import PaginatedAuditedJobList
from .paginated_audited_payment_list import PaginatedAuditedPaymentList
from .paginated_audited_restore_list import PaginatedAuditedRestoreList
from .paginated_book_entry_list import PaginatedBookEntryList
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
from .release_request import ReleaseRequest
from .remembered_payment_request import RememberedPaymentRequest
from .sandbox_intent import SandboxIntent
from .sandbox_intent_status import SandboxIntentStatus

__all__ = (
    "AuditedJob",
    "AuditedPayment",
    "AuditedRestore",
    "AuditJobsListState",
    "BookEntry",
    "JobState",
    "Money",
    "MoneyRequest",
    "PaginatedAuditedJobList",
    "PaginatedAuditedPaymentList",
    "PaginatedAuditedRestoreList",
    "PaginatedBookEntryList",
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
    "ReleaseRequest",
    "RememberedPaymentRequest",
    "SandboxIntent",
    "SandboxIntentStatus",
)
