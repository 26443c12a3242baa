from django.urls import path

from platform_status.api.views import StatusViewSet

urlpatterns = [path("status", StatusViewSet.as_view({"get": "retrieve"}), name="status")]
