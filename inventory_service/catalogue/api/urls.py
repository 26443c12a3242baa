from rest_framework.routers import SimpleRouter

from catalogue.api.views import CategoryViewSet, ManagedProductViewSet, ManagedVariantViewSet, ProductViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("categories", CategoryViewSet, basename="category")
router.register("products", ProductViewSet, basename="product")
router.register("seller/products", ManagedProductViewSet, basename="seller-product")
router.register("seller/variants", ManagedVariantViewSet, basename="seller-variant")

urlpatterns = router.urls
