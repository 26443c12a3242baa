"""What the admin pages of all services share: what they let alone, how rows are found, how services are called."""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from chassis.errors import DomainError

M = TypeVar("M", bound=Model)
P = TypeVar("P", bound=Model)


class SearchedAdmin(admin.ModelAdmin[M]):
    """Rows found by a whole id, through its index; what names no row that way is looked for in `search_fields`."""

    id_search_fields: tuple[str, ...] = ("pk",)
    """Fields that hold UUIDs; none where a row is known by other things."""
    show_full_result_count = False
    list_per_page = 50

    def get_search_fields(self, request: HttpRequest) -> list[str] | tuple[str, ...]:
        """The page has its search box also where there are only ids to search."""
        return self.search_fields or self.id_search_fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            ident = uuid.UUID(term)
        except ValueError:
            pass
        else:
            found = queryset.filter(Q(*((name, ident) for name in self.id_search_fields), _connector=Q.OR))
            if self.id_search_fields and (not self.search_fields or found.exists()):
                return found, False
        return super().get_search_results(request, queryset, term) if self.search_fields else (queryset.none(), False)


class UndeletedAdmin(SearchedAdmin[M]):
    """Rows that an admin does not delete."""

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class KeptAdmin(UndeletedAdmin[M]):
    """Rows that an admin neither adds nor deletes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin[M]):
    """Rows to look at; what may be done to them are the page's actions."""

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline[M, P]):
    """Rows shown below the one they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: P | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def apply_to_rows(
    page: admin.ModelAdmin[M], request: HttpRequest, rows: QuerySet[M], *, done: str, apply: Callable[[M], Any]
) -> None:
    """Call a service for each row, note it in the row's history, and tell the admin what was done and what refused."""
    count = 0
    for row in rows:
        try:
            apply(row)
        except DomainError as refusal:
            messages.error(request, f"{row}: {refusal.detail}")
        else:
            count += 1
            page.log_change(request, row, done)
    if count:
        messages.success(request, f"{done}: {count}")


def ask_and_apply(
    page: admin.ModelAdmin[M],
    request: HttpRequest,
    rows: QuerySet[M],
    *,
    action: str,
    title: str,
    form_class: type[forms.Form],
    apply: Callable[[M, dict[str, Any]], Any],
) -> HttpResponse | None:
    """Ask on a page of its own for what an action needs, then apply it to the chosen rows."""
    answered = "answered" in request.POST
    form = form_class(request.POST) if answered else form_class()
    if answered and form.is_valid():
        said = ", ".join(f"{name} {value}" for name, value in form.cleaned_data.items())
        apply_to_rows(page, request, rows, done=f"{title} ({said})", apply=lambda row: apply(row, form.cleaned_data))
        return None
    chosen: list[Model] = list(rows)
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "form": form,
        "rows": chosen,
        "action": action,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "opts": page.opts,
        "submit": _("Apply"),
    }
    return TemplateResponse(request, "admin/action_form.html", context)
