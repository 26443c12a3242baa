from rest_framework.routers import SimpleRouter

from addresses.api.views import AddressViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("addresses", AddressViewSet, basename="address")

urlpatterns = router.urls
