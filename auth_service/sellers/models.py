from django.db import models

from accounts.models import Account


class SellerProfile(models.Model):
    """What the public sees of a seller: the name on its products' pages. Its id is the account's."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="seller_profile")
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="seller_profile_slug_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="seller_profile_has_a_name"),
            models.CheckConstraint(condition=~models.Q(slug=""), name="seller_profile_has_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name
