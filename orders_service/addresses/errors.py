from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class AddressNotFoundError(DomainError):
    """No such address, or another account's."""

    code = "address_not_found"
    status = 404
    message = _("There is no such address in this address book.")
