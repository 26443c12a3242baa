from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError


class ProductNotFoundError(DomainError):
    code = "product_not_found"
    status = 404
    message = _("There is no such product.")


class VariantNotFoundError(DomainError):
    code = "variant_not_found"
    status = 404
    message = _("There is no such variant.")


class ProductArchivedError(DomainError):
    code = "product_archived"
    status = 409
    message = _("An archived product can no longer be changed.")


class VariantArchivedError(DomainError):
    code = "variant_archived"
    status = 409
    message = _("An archived variant can no longer be changed.")


class SkuTakenError(DomainError):
    code = "sku_taken"
    status = 409
    message = _("Another of this seller's variants has this SKU.")
