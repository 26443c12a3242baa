from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class InvalidClientError(DomainError):
    """No such service, another secret, or a service that is shut out."""

    code = "invalid_client"
    status = 401
    message = _("The client id or the secret is not right.")


class WeakSecretError(DomainError):
    """A secret that could be guessed: it is digested fast, since it is random."""

    code = "weak_secret"
    message = _("A service's secret has at least 32 characters.")


class InvalidScopeError(DomainError):
    code = "invalid_scope"
    message = _("A scope is written as service.permission, in small letters.")
