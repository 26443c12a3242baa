from typing import Any

from django.conf import settings
from django.http import Http404
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class SandboxIsTheProvider(BasePermission):
    """Where payments go elsewhere there is no sandbox to look into, for anybody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if settings.PAYMENT_PROVIDER != "sandbox":
            raise Http404
        return True

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        return True
