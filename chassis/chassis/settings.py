"""Settings that every service shares, read from the environment and safe by default.

A service's settings.py names what is its own:

    globals().update(service_settings(service="orders", base_dir=BASE_DIR, apps=["orders", ...]))

Production is the default; a secret missing there stops the start. `ENVIRONMENT=development` supplies secrets that are
no secrets, for one machine only.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from chassis.logs import logging_config
from chassis.sizes import BODY_BYTES, UPLOAD_BYTES


class _Environment(FileAwareMapping):  # type: ignore[misc]
    """The environment's variables; `X_FILE` names a file that holds the value of X."""

    def __getitem__(self, key: str) -> str:
        try:
            return str(super().__getitem__(key)).removesuffix("\n")
        except (OSError, UnicodeDecodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "not UTF-8"
            raise ImproperlyConfigured(f"{key}_FILE names a file that cannot be read ({reason}).") from None


class _Env(environ.Env):  # type: ignore[misc]
    ENVIRON = _Environment(cache=False)


env = _Env()

DEVELOPMENT_SECRET_KEY = "development-only-never-in-production-0123456789abcdef"  # noqa: S105
DEVELOPMENT_ENCRYPTION_KEY = "ZGV2ZWxvcG1lbnQtb25seS1maWVsZC1rZXktMzJieXQ="


def is_production() -> bool:
    environment = env.str("ENVIRONMENT", default="production")
    if environment not in {"production", "development"}:
        raise ImproperlyConfigured(f"ENVIRONMENT is {environment!r}; it must be production or development.")
    return bool(environment == "production")


def required(name: str, *, development: str) -> str:
    """Return a setting that production must be given. Raises `ImproperlyConfigured` when it is missing there."""
    value: str = env.str(name, default="")
    if value and not (is_production() and value == development):
        return value
    if is_production():
        raise ImproperlyConfigured(f"Set {name}: production does not start without a value of its own.")
    return development


def _level() -> str:
    level = str(env.str("LOG_LEVEL", default="INFO")).upper()
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ImproperlyConfigured(f"LOG_LEVEL is {level!r}; it must be DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    return level


def _secret_key() -> str:
    key = required("SECRET_KEY", development=DEVELOPMENT_SECRET_KEY)
    # What `check --deploy` asks for, which gunicorn does not run.
    if is_production() and (len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-")):
        raise ImproperlyConfigured("SECRET_KEY can be guessed: production needs 50 random characters or more.")
    return key


def _allowed_hosts() -> list[str]:
    hosts = [host.strip() for host in required("ALLOWED_HOSTS", development="*").split(",") if host.strip()]
    if is_production() and (not hosts or "*" in hosts):
        raise ImproperlyConfigured("ALLOWED_HOSTS must name hosts: production does not answer to any name.")
    return hosts


def _trusted_proxies() -> int:
    """How many proxies of ours a request passes, whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    proxies = env.str("TRUSTED_PROXIES", default="0")
    if not proxies.isdecimal():
        raise ImproperlyConfigured(f"TRUSTED_PROXIES is {proxies!r}; it must be how many proxies stand in front.")
    return int(proxies)


def _metrics_token() -> str:
    """What Prometheus shows to read /metrics."""
    token = str(env.str("METRICS_TOKEN", default=""))
    if token and is_production() and len(token) < 32:
        raise ImproperlyConfigured("METRICS_TOKEN can be guessed: production needs 32 random characters or more.")
    return token


def _encryption_key() -> str:
    keys = required("FIELD_ENCRYPTION_KEY", development=DEVELOPMENT_ENCRYPTION_KEY)
    try:
        for key in keys.split(","):
            Fernet(key)
    except ValueError as exc:
        message = (
            "FIELD_ENCRYPTION_KEY must be 32 bytes in URL-safe base64 (a Fernet key), or several of them with commas."
        )
        raise ImproperlyConfigured(message) from exc
    if is_production() and DEVELOPMENT_ENCRYPTION_KEY in keys:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEY names development's key: production needs keys of its own.")
    return keys


def _database(service: str) -> dict[str, Any]:
    url = required("DATABASE_URL", development=f"postgres://{service}:{service}@127.0.0.1:5432/{service}")
    try:
        if urlsplit(url).scheme not in {"postgres", "postgresql"}:
            raise ValueError
        database: dict[str, Any] = environ.Env.db_url_config(url)
    except ValueError:
        # Without the cause, which quotes the password.
        message = "DATABASE_URL must be like postgres://user:password@host:port/database."
        raise ImproperlyConfigured(message) from None
    # A connection per thread is kept; one that died is noticed before it is used.
    database |= {"ENGINE": "chassis.database", "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    database["OPTIONS"] = {
        "connect_timeout": 3,
        "application_name": service,
        # A server that vanished without a word is given up after a quarter of a minute.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 1,
        "tcp_user_timeout": 15_000,
        **database.get("OPTIONS", {}),
    }
    return database


def service_settings(*, service: str, base_dir: Path, apps: Sequence[str]) -> dict[str, Any]:
    """Return the settings of a service called `service`, whose apps are `apps`."""
    django_stubs_ext.monkeypatch()
    production = is_production()
    project = f"{service}_service"
    if production and env.bool("DEBUG", default=False):
        raise ImproperlyConfigured("Unset DEBUG: production does not start with it.")
    proxies = _trusted_proxies()
    public_url = required("PUBLIC_URL", development="http://127.0.0.1:8000")
    static_root = env.str("STATIC_ROOT", default="") or None
    mailjet_key = env.str("MAILJET_API_KEY", default="")
    mailjet_secret = env.str("MAILJET_API_SECRET", default="")
    if bool(mailjet_key) != bool(mailjet_secret):
        raise ImproperlyConfigured("Set both MAILJET_API_KEY and MAILJET_API_SECRET, or neither.")
    return {
        "SERVICE_NAME": service,
        "DEBUG": False,
        "SECRET_KEY": _secret_key(),
        "FIELD_ENCRYPTION_KEY": _encryption_key(),
        "ALLOWED_HOSTS": _allowed_hosts(),
        "PUBLIC_URL": public_url,
        "CSRF_TRUSTED_ORIGINS": ["{0.scheme}://{0.netloc}".format(urlsplit(public_url))],
        "ROOT_URLCONF": f"{project}.urls",
        "WSGI_APPLICATION": f"{project}.wsgi.application",
        "DATABASES": {"default": _database(service)},
        "READY_WITHOUT_DATABASE": False,
        # A pooler in transaction mode, which gives each transaction another session, cannot have them.
        "PREPARED_STATEMENTS": env.bool("PREPARED_STATEMENTS", default=True),
        "METRICS_TOKEN": _metrics_token(),
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "INSTALLED_APPS": [
            *apps,
            "chassis.database",
            "chassis.identity",
            "chassis.idempotency",
            "chassis.jobs",
            "chassis.mail",
            "chassis.restores",
            "chassis.throttles",
            # Its pages are found where there are addresses, in `chassis.urls`: a worker has none.
            "django.contrib.admin.apps.SimpleAdminConfig",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.postgres",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "rest_framework",
            "drf_spectacular",
            "drf_spectacular_sidecar",
        ],
        "MIDDLEWARE": [
            "chassis.logs.RequestLogMiddleware",
            "django.middleware.security.SecurityMiddleware",
            "chassis.headers.HeadersMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "chassis.headers.ProxiesMiddleware",
            "chassis.limits.LimitsMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "chassis.cookies.SessionMiddleware",
            "chassis.languages.LanguageMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "chassis.cookies.AuthenticationMiddleware",
            "chassis.cookies.MessageMiddleware",
            "chassis.restores.middleware.ReconcileMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates", base_dir / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        # Languages and times
        "LANGUAGE_CODE": "en",
        "LANGUAGES": [("en", "English"), ("fr", "Français")],
        "LOCALE_PATHS": [Path(__file__).parent / "locale", base_dir / "locale"],
        "USE_I18N": True,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        # Who is who
        "AUTH_USER_MODEL": "identity.User",
        "AUTHENTICATION_BACKENDS": [
            "chassis.identity.backends.BreakGlassBackend",
            "chassis.identity.backends.AccountBackend",
        ],
        "AUTH_URL": required("AUTH_URL", development="http://127.0.0.1:8001"),
        "TOKEN_ISSUER": env.str("TOKEN_ISSUER", default="mylittleshopping"),
        "TOKEN_AUDIENCE": env.str("TOKEN_AUDIENCE", default="mylittleshopping"),
        "KEY_SET_SOURCE": "chassis.identity.keys.fetch_published_keys",
        "LOGIN_URL": "/login/",
        "LOGIN_REDIRECT_URL": "/api/v1/",
        # Cookies: services on one host share its cookie jar, whatever their ports.
        "SESSION_COOKIE_NAME": f"{service}_session",
        "CSRF_COOKIE_NAME": f"{service}_csrf",
        "SESSION_COOKIE_AGE": 8 * 3600,
        "SESSION_COOKIE_SECURE": production,
        "CSRF_COOKIE_SECURE": production,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SAMESITE": "Lax",
        # HTTPS ends at a proxy; without one to believe nobody can tell HTTP from HTTPS here.
        "TRUSTED_PROXIES": proxies,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None,
        # Pages for people. A program that sends its token over HTTP is not helped by a redirect, and services may call
        # each other, and be probed, without the proxy.
        "SECURE_SSL_REDIRECT": production and proxies > 0,
        "SECURE_REDIRECT_EXEMPT": [r"^livez$", r"^readyz$", r"^metrics$", r"^api/v1/", r"^\.well-known/"],
        "SECURE_HSTS_SECONDS": env.int("HSTS_SECONDS", default=31_536_000 if production else 0),
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": env.bool("HSTS_INCLUDE_SUBDOMAINS", default=True),
        "SECURE_HSTS_PRELOAD": env.bool("HSTS_PRELOAD", default=True),
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "CSRF_FAILURE_VIEW": "chassis.problems.csrf_failure",
        "X_FRAME_OPTIONS": "DENY",
        # Files
        "STATIC_URL": "/static/",
        # Collected and compressed where an image is built; without that, WhiteNoise finds the files in their packages.
        "STATIC_ROOT": static_root,
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
        },
        "WHITENOISE_USE_FINDERS": static_root is None,
        "WHITENOISE_ALLOW_ALL_ORIGINS": False,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": BODY_BYTES,
        "UPLOAD_MAX_SIZE": UPLOAD_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 2000,  # an admin's page of a product with all its variants
        "DATA_UPLOAD_MAX_NUMBER_FILES": 20,
        # The marketplace
        "CURRENCY": env.str("CURRENCY", default="EUR"),
        "FRONTEND_URL": env.str("FRONTEND_URL", default=public_url),
        "THROTTLES": {},
        # Mails
        "MAIL_FROM": env.str("MAIL_FROM", default="shop@mylittleshopping.example"),
        "MAIL_DIRECTORY": env.str("MAIL_DIRECTORY", default=str(base_dir / "var" / "mail")),
        "MAILJET_API_KEY": mailjet_key,
        "MAILJET_API_SECRET": mailjet_secret,
        "MAILJET_URL": env.str("MAILJET_URL", default=""),
        "EMAIL_BACKEND": f"chassis.mail.{'mailjet' if mailjet_key else 'files'}.EmailBackend",
        "LOGGING": logging_config(service=service, level=_level()),
        "APPEND_SLASH": False,
        "REST_FRAMEWORK": {
            "DEFAULT_AUTHENTICATION_CLASSES": [
                "chassis.identity.tokens.BearerAuthentication",
                "rest_framework.authentication.SessionAuthentication",
            ],
            "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
            "DEFAULT_RENDERER_CLASSES": [
                "chassis.renderers.JSONRenderer",
                "chassis.browsable.LinkingBrowsableAPIRenderer",
            ],
            "DEFAULT_PARSER_CLASSES": [
                "chassis.parsers.JSONParser",
                "rest_framework.parsers.FormParser",
                "rest_framework.parsers.MultiPartParser",
            ],
            "DEFAULT_PAGINATION_CLASS": "chassis.pagination.KeysetPagination",
            "DEFAULT_CONTENT_NEGOTIATION_CLASS": "chassis.negotiation.ContentNegotiation",
            "DEFAULT_METADATA_CLASS": "chassis.browsable.AddressMetadata",
            "DEFAULT_SCHEMA_CLASS": "chassis.schema.AutoSchema",
            "EXCEPTION_HANDLER": "chassis.exception_handler.exception_handler",
            "TEST_REQUEST_DEFAULT_FORMAT": "json",
            "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
        },
        "SPECTACULAR_SETTINGS": {
            "TITLE": f"Mylittleshopping: {service}",
            "VERSION": "1.0.0",
            "OAS_VERSION": "3.1.0",
            "SCHEMA_PATH_PREFIX": r"/api/v1",
            "COMPONENT_SPLIT_REQUEST": True,
            "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
            "ENUM_NAME_OVERRIDES": {"JobState": "chassis.jobs.models.JobState"},
            "PARSER_WHITELIST": ["chassis.parsers.JSONParser"],
            "RENDERER_WHITELIST": ["chassis.renderers.JSONRenderer"],
            "AUTHENTICATION_WHITELIST": ["chassis.identity.tokens.BearerAuthentication"],
            "SERVE_INCLUDE_SCHEMA": False,
            "SERVE_PUBLIC": True,
            "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
            "SWAGGER_UI_DIST": "SIDECAR",
            "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
            "POSTPROCESSING_HOOKS": [
                "drf_spectacular.hooks.postprocess_schema_enums",
                "chassis.schema.require_answered_fields",
                "chassis.schema.add_problems",
            ],
        },
    }
