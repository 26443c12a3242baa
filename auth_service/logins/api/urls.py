from django.urls import path

from logins.api.restoration import PastLoginsViewSet
from logins.api.views import LoginViewSet, RefreshViewSet, RevocationViewSet

urlpatterns = [
    path("auth/token", LoginViewSet.as_view({"post": "create"}), name="login"),
    path("auth/token/refresh", RefreshViewSet.as_view({"post": "create"}), name="refresh"),
    path("auth/token/revoke", RevocationViewSet.as_view({"post": "create"}), name="revocation"),
    path(
        "reconcile/logins",
        PastLoginsViewSet.as_view({"get": "retrieve", "post": "end"}),
        name="past-logins",
    ),
]
