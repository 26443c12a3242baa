from django.urls import path

from keys.api.views import KeySetViewSet

urlpatterns = [path("jwks.json", KeySetViewSet.as_view({"get": "list"}), name="key-set")]
