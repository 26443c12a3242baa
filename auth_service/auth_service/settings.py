from pathlib import Path

from chassis.settings import env, is_production, service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

_common = service_settings(
    service="auth",
    base_dir=BASE_DIR,
    apps=["accounts", "sellers", "logins", "keys", "service_accounts"],
)
_common["SPECTACULAR_SETTINGS"] |= {
    "TITLE": "Mylittleshopping: auth",
    "DESCRIPTION": "Accounts, sellers' public profiles, tokens and the keys that verify them.",
    "ENUM_NAME_OVERRIDES": _common["SPECTACULAR_SETTINGS"]["ENUM_NAME_OVERRIDES"]
    | {
        "LanguageEnum": "accounts.models.Language",
        "RoleEnum": "accounts.models.Role",
    },
}
globals().update(_common)

# This service knows its accounts and keys itself: nothing of its own goes through HTTP.
AUTHENTICATION_BACKENDS = ["chassis.identity.backends.BreakGlassBackend", "logins.backends.OwnAccountBackend"]
KEY_SET_SOURCE = "keys.services.published_key_set"

PASSWORD_HASHERS = ["accounts.passwords.AccountPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# On a development machine all buyers come from one address.
_production = is_production()
THROTTLES = {
    "login_address": env.str("THROTTLE_LOGIN_ADDRESS", default="60/min" if _production else "6000/min"),
    "login_account": env.str("THROTTLE_LOGIN_ACCOUNT", default="10/min" if _production else "120/min"),
    "register_address": env.str("THROTTLE_REGISTER_ADDRESS", default="20/hour" if _production else "6000/hour"),
}
