"""Pages of the provider's book, which the provider cuts itself."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from chassis.audit import AuditPagination
from payments.errors import ProviderUnreachableError
from payments.providers import ProviderUnavailableError, UnknownReferenceError


class BookPagination(AuditPagination):
    """The cursor is the provider's reference of the last entry seen; a provider's list goes one way only."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """`queryset` is the book: a function that takes where to go on and how much to read."""
        self.url = request.build_absolute_uri()
        try:
            page = queryset(after=request.query_params.get(self.cursor_param), limit=self.page_size(request))
        except UnknownReferenceError as exc:
            raise ValidationError({self.cursor_param: [_("This cursor is not valid for this list.")]}) from exc
        except ProviderUnavailableError as exc:
            raise ProviderUnreachableError() from exc
        self.next = page.entries[-1].reference if page.more else None
        self.previous = None
        return list(page.entries)
