from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision
from django import template
from django.utils.translation import get_language

from chassis.money import Money

register = template.Library()


@register.filter
def money(value: Money, language: str | None = None) -> str:
    """Write an amount as people of `language` do: €19.99, 19,99 €. Without it, in the language of the request."""
    return _written(value, (language or get_language() or "en").replace("-", "_"))


@lru_cache(maxsize=1024)  # a mail says each amount twice, and the same prices come again
def _written(value: Money, locale: str) -> str:
    units = Decimal(value.amount).scaleb(-get_currency_precision(value.currency))
    return str(format_currency(units, value.currency, locale=locale))
