from django.urls import path

from service_accounts.api.views import ServiceTokenViewSet

urlpatterns = [path("auth/service-token", ServiceTokenViewSet.as_view({"post": "create"}), name="service-token")]
