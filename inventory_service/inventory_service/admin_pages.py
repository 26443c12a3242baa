"""What the admin pages of this service share."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from chassis.errors import DomainError


class KeptAdmin(admin.ModelAdmin[Any]):
    """Rows that an admin neither adds nor deletes."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(KeptAdmin):
    """Rows to look at."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline[Any, Any]):
    """Rows shown below the one they belong to."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def apply_to_rows(
    page: admin.ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], *, done: str, apply: Callable[[Any], Any]
) -> None:
    """Call a service for each row, note it in the row's history, and tell the admin what was refused."""
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
    page: admin.ModelAdmin[Any],
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    action: str,
    title: str,
    form_class: type[forms.Form],
    apply: Callable[[Any, dict[str, Any]], Any],
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
