"""System checks: what must not go live."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from chassis.settings import is_production
from chassis.wsgi import START
from payments.providers import PROVIDERS


@register(START)
def provider_is_fit_for_the_environment(**kwargs: Any) -> list[CheckMessage]:
    """Refuse an unknown provider anywhere, and in production the sandbox, which takes no money at all."""
    if settings.PAYMENT_PROVIDER not in PROVIDERS:
        return [
            Error(
                f"PAYMENT_PROVIDER is {settings.PAYMENT_PROVIDER!r}; it must be one of {', '.join(PROVIDERS)}.",
                id="payments.E001",
            )
        ]
    if is_production() and settings.PAYMENT_PROVIDER == "sandbox":
        return [Error("The sandbox takes no money: production needs another PAYMENT_PROVIDER.", id="payments.E002")]
    return []
