"""Contains all the data models used in inputs/outputs"""

from .account import Account
from .client_credentials_request import ClientCredentialsRequest
from .credentials_request import CredentialsRequest
from .issued_tokens import IssuedTokens
from .key_set import KeySet
from .language_enum import LanguageEnum
from .problem import Problem
from .problem_errors_item import ProblemErrorsItem
from .published_key import PublishedKey
from .refresh_request import RefreshRequest
from .registered import Registered
from .registration_request import RegistrationRequest
from .role_enum import RoleEnum
from .seller import Seller
from .sellers import Sellers
from .service_token import ServiceToken
from .verification_request import VerificationRequest

__all__ = (
    "Account",
    "ClientCredentialsRequest",
    "CredentialsRequest",
    "IssuedTokens",
    "KeySet",
    "LanguageEnum",
    "Problem",
    "ProblemErrorsItem",
    "PublishedKey",
    "RefreshRequest",
    "Registered",
    "RegistrationRequest",
    "RoleEnum",
    "Seller",
    "Sellers",
    "ServiceToken",
    "VerificationRequest",
)
