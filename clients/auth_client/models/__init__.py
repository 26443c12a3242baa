"""Contains all the data models used in inputs/outputs"""

from .account import Account
from .audit_jobs_list_state import AuditJobsListState
from .audited_account import AuditedAccount
from .audited_job import AuditedJob
from .audited_restore import AuditedRestore
from .client_credentials_request import ClientCredentialsRequest
from .credentials_request import CredentialsRequest
from .issued_tokens import IssuedTokens
from .job_state import JobState
from .key_set import KeySet
from .language_enum import LanguageEnum
from .paginated_audited_account_list import PaginatedAuditedAccountList
from .paginated_audited_job_list import PaginatedAuditedJobList
from .paginated_audited_restore_list import PaginatedAuditedRestoreList
from .past_logins import PastLogins
from .past_logins_filter_request import PastLoginsFilterRequest
from .problem import Problem
from .problem_errors_item import ProblemErrorsItem
from .published_key import PublishedKey
from .refresh_request import RefreshRequest
from .registered import Registered
from .registration_request import RegistrationRequest
from .release_request import ReleaseRequest
from .remembered_account_request import RememberedAccountRequest
from .role_enum import RoleEnum
from .seller import Seller
from .sellers import Sellers
from .service_token import ServiceToken
from .verification_request import VerificationRequest

__all__ = (
    "Account",
    "AuditedAccount",
    "AuditedJob",
    "AuditedRestore",
    "AuditJobsListState",
    "ClientCredentialsRequest",
    "CredentialsRequest",
    "IssuedTokens",
    "JobState",
    "KeySet",
    "LanguageEnum",
    "PaginatedAuditedAccountList",
    "PaginatedAuditedJobList",
    "PaginatedAuditedRestoreList",
    "PastLogins",
    "PastLoginsFilterRequest",
    "Problem",
    "ProblemErrorsItem",
    "PublishedKey",
    "RefreshRequest",
    "Registered",
    "RegistrationRequest",
    "ReleaseRequest",
    "RememberedAccountRequest",
    "RoleEnum",
    "Seller",
    "Sellers",
    "ServiceToken",
    "VerificationRequest",
)
