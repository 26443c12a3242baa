from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from chassis.ids import uuid7


class Role(models.TextChoices):
    """What an account may do in the marketplace."""

    BUYER = "buyer"
    SELLER = "seller"
    ADMIN = "admin"


class Language(models.TextChoices):
    """The language of mails to an account."""

    EN = "en", "English"
    FR = "fr", "Français"


def buyer_role() -> list[str]:
    return [Role.BUYER.value]


class Account(models.Model):
    """A person of the marketplace.

    It is no Django user: the chassis's `User` is whoever calls, this is what is known of an account. Its id is the
    subject of its tokens, and a seller's id everywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254)
    password = models.CharField(max_length=200, editable=False)
    full_name = models.CharField(max_length=150)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.EN)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), default=buyer_role)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="account_email_once",
                violation_error_message=_("There is an account with this address already."),
            ),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=Role.values, roles__len__gte=1), name="account_roles_known"
            ),
            models.CheckConstraint(condition=models.Q(language__in=Language.values), name="account_language_known"),
            models.CheckConstraint(condition=~models.Q(full_name=""), name="account_has_a_name"),
            models.CheckConstraint(condition=~models.Q(password=""), name="account_has_a_password"),
        ]

    def __str__(self) -> str:
        return self.email


class EmailVerification(models.Model):
    """A link that was mailed to an account's address; whoever opens it can read that mailbox.

    The token itself is known to the mail alone. One that was used answers as it did, and changes nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="verifications")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="email_verification_digest_once")]

    def __str__(self) -> str:
        return str(self.id)
