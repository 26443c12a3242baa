from django.db import models


class ProductState(models.TextChoices):
    """Who sees a product: its seller alone, everybody, or nobody any more."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


TRANSITIONS = {
    ProductState.DRAFT: {ProductState.PUBLISHED, ProductState.ARCHIVED},
    ProductState.PUBLISHED: {ProductState.DRAFT, ProductState.ARCHIVED},
}
