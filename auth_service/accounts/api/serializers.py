from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.core.exceptions import ValidationError as PasswordRefusedError
from django.core.validators import RegexValidator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from accounts.models import Account, Language, Role
from accounts.passwords import MAX_PASSWORD, check_new_password

no_control_characters = RegexValidator(
    r"\A[^\x00-\x1f\x7f-\x9f\u2028\u2029]*\Z", _("Control characters cannot be used.")
)


class RegistrationSerializer(serializers.Serializer[dict[str, Any]]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(
        max_length=MAX_PASSWORD,
        trim_whitespace=False,
        write_only=True,
        style={"input_type": "password", "autocomplete": "new-password"},
        help_text="At least 10 characters, not a common one, not like the name or the address.",
    )
    full_name = serializers.CharField(max_length=150, validators=[no_control_characters])
    language = serializers.ChoiceField(
        choices=Language.choices, required=False, help_text="Of mails; without it, the one of `Accept-Language`."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("language", asked_language())
        try:
            check_new_password(attrs["password"], email=attrs["email"], full_name=attrs["full_name"])
        except PasswordRefusedError as exc:
            raise serializers.ValidationError({"password": get_error_detail(exc)}) from exc
        return attrs


class RegisteredSerializer(serializers.Serializer[dict[str, Any]]):
    email = serializers.EmailField(help_text="The address that was written to.")


class VerificationSerializer(serializers.Serializer[dict[str, Any]]):
    token = serializers.CharField(max_length=200, help_text="From the mailed link.")
    password = serializers.CharField(
        required=False,
        max_length=MAX_PASSWORD,
        trim_whitespace=False,
        write_only=True,
        style={"input_type": "password", "autocomplete": "new-password"},
        help_text="For an account that came back without one, as the mail says; others keep theirs.",
    )

    def validate_password(self, value: str) -> str:
        try:
            check_new_password(value, email="", full_name="")
        except PasswordRefusedError as exc:
            raise serializers.ValidationError(get_error_detail(exc)) from exc
        return value


class AccountSerializer(serializers.ModelSerializer[Account]):
    email_verified = serializers.SerializerMethodField()
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.choices))

    class Meta:
        model = Account
        fields = ("id", "email", "full_name", "language", "email_verified", "roles", "created_at")
        read_only_fields = fields

    @extend_schema_field(bool)
    def get_email_verified(self, account: Account) -> bool:
        return account.email_verified_at is not None


class AuditedAccountSerializer(serializers.ModelSerializer[Account]):
    """That there is an account, and whether its address is verified; nothing of who it is."""

    email_verified = serializers.SerializerMethodField()
    awaits_password = serializers.SerializerMethodField(
        help_text="Whether it came back after a restore, and its owner has been mailed a link to choose a password."
    )

    class Meta:
        model = Account
        fields = ("id", "email_verified", "awaits_password", "is_active", "created_at")
        read_only_fields = fields

    @extend_schema_field(bool)
    def get_email_verified(self, account: Account) -> bool:
        return account.email_verified_at is not None

    @extend_schema_field(bool)
    def get_awaits_password(self, account: Account) -> bool:
        return not is_password_usable(account.password)


class RememberedAccountSerializer(serializers.Serializer[dict[str, Any]]):
    """A buyer's account as others remember it."""

    email = serializers.EmailField(max_length=254)
    full_name = serializers.CharField(max_length=150, validators=[no_control_characters])
    language = serializers.ChoiceField(choices=Language.choices)


def asked_language() -> str:
    """Return the language of the request, if mails are written in it, else English."""
    language = (get_language() or "")[:2]
    return language if language in Language.values else Language.EN.value
