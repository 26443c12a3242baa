"""Who is calling.

`User` is the type of `request.user` in every service. In API calls it is built from a verified token without a query
and never saved. A row exists only where Django needs one: for sessions of the admin and the browsable API (a shadow of
the marketplace's account, refreshed at each login), and for the local break-glass superuser.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from chassis.ids import uuid7


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says of its bearer."""

    account_id: uuid.UUID
    email: str
    email_verified: bool
    language: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]

    def as_columns(self) -> dict[str, Any]:
        """What a `User` holds of them beside its id."""
        return {
            "username": str(self.account_id),
            "email": self.email,
            "email_verified": self.email_verified,
            "language": self.language,
            "roles": list(self.roles),
        }


class UserManager(BaseUserManager["User"]):
    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Create the break-glass superuser, known to this service alone. Used by `manage.py createsuperuser`."""
        user = self.model(username=username, is_superuser=True, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A caller: an account of the marketplace, a service, or the local superuser."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # An account's id, so that no e-mail can collide with the break-glass superuser's name.
    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(max_length=254, blank=True)
    email_verified = models.BooleanField(default=False)
    language = models.CharField(max_length=5, default="en")
    roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    is_superuser = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    scopes: Sequence[str] = ()

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "user"

    def __str__(self) -> str:
        return self.email or self.username

    def get_short_name(self) -> str:
        """What the Django admin greets with."""
        return str(self)

    def get_full_name(self) -> str:
        """What the Django admin's history says beside the id."""
        return str(self)

    @classmethod
    def from_claims(cls, claims: Claims) -> "User":
        """Build the caller of an API request; not saved, costs no query."""
        user = cls(id=claims.account_id, **claims.as_columns())
        user.scopes = claims.scopes
        return user

    @property
    def is_staff(self) -> bool:
        """Whether the Django admin lets this user in."""
        return self.is_superuser or self.has_role("admin")

    def has_role(self, role: str) -> bool:
        return role in self.roles

    def has_scope(self, scope: str) -> bool:
        """Whether a service token carries `scope`. People have no scopes."""
        return scope in self.scopes

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Admins may do all that an admin page offers; nobody else anything. Costs no query."""
        return self.is_active and self.is_staff

    def has_perms(self, perm_list: Sequence[str], obj: Any = None) -> bool:
        return self.has_perm("", obj)

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(app_label)


class PublishedKeys(models.Model):
    """The last key set that the auth service published, shared by all processes of this service.

    It is kept so that tokens can be verified while the auth service is down, and after a restart.
    """

    issuer = models.CharField(max_length=200, primary_key=True)
    document = models.JSONField(null=True)
    fetched_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "published keys"

    def __str__(self) -> str:
        return self.issuer
