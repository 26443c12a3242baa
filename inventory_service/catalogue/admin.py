from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from catalogue import services
from catalogue.models import MAX_PRICE, Category, Product, ProductImage, Variant
from catalogue.states import ProductState
from chassis.admin_pages import KeptAdmin, ReadOnlyInline, SearchedAdmin, apply_to_rows, ask_and_apply
from chassis.money import Money


@admin.register(Category)
class CategoryAdmin(SearchedAdmin[Category]):
    """The tree, parents before their children."""

    list_display = ("indented_name", "slug", "path")
    search_fields = ("name", "slug")
    ordering = ("path",)
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "parent")

    @admin.display(description="name", ordering="path")
    def indented_name(self, category: Category) -> str:
        return format_html('<span style="padding-left: {}em">{}</span>', 2 * (category.path.count("/") - 1), category)


class VariantInline(ReadOnlyInline[Variant, Product]):
    model = Variant
    fields = ("sku", "title", "options", "price", "archived_at")
    readonly_fields = fields
    show_change_link = True

    @admin.display(description="price")
    def price(self, variant: Variant) -> str:
        return str(variant.price)


class ProductImageInline(ReadOnlyInline[ProductImage, Product]):
    model = ProductImage
    fields = ("file", "alt", "position")
    readonly_fields = fields


@admin.register(Product)
class ProductAdmin(KeptAdmin[Product]):
    """Everybody's products. Their state changes by actions, their prices on the variants' page."""

    list_display = ("title", "seller", "category", "state", "lowest_price", "created_at")
    list_filter = ("state", "category")
    list_select_related = ("category",)
    search_fields = ("title", "slug")
    id_search_fields = ("pk", "seller")
    ordering = ("-created_at", "-id")
    fields = ("title", "slug", "seller", "category", "description", "state", "lowest_price", "created_at")
    readonly_fields = ("slug", "seller", "state", "lowest_price", "created_at")
    inlines = (VariantInline, ProductImageInline)
    actions = ("publish", "unpublish", "archive")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).defer("search")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        return self.fields if obj is not None and obj.state == ProductState.ARCHIVED else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        services.update_product(
            product_id=obj.pk, **{name: form.cleaned_data[name] for name in form.changed_data if name in form.fields}
        )

    @admin.display(description="price from", ordering="price_from")
    def lowest_price(self, product: Product) -> str:
        return "–" if product.price_from is None else str(Money(product.price_from, settings.CURRENCY))

    @admin.action(description="Publish")
    def publish(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        apply_to_rows(
            self, request, rows, done="Published", apply=lambda row: services.publish_product(product_id=row.pk)
        )

    @admin.action(description="Take back to draft")
    def unpublish(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        apply_to_rows(
            self, request, rows, done="Unpublished", apply=lambda row: services.unpublish_product(product_id=row.pk)
        )

    @admin.action(description="Archive for good")
    def archive(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        apply_to_rows(
            self, request, rows, done="Archived", apply=lambda row: services.archive_product(product_id=row.pk)
        )


class PriceForm(forms.Form):
    price = forms.IntegerField(min_value=1, max_value=MAX_PRICE, help_text="Including VAT, in minor units.")


@admin.register(Variant)
class VariantAdmin(KeptAdmin[Variant]):
    """Everybody's variants. Prices change by an action, stock on the stock levels' page."""

    list_display = ("sku", "title", "product", "seller", "price_shown", "archived_at")
    list_filter = (("archived_at", admin.EmptyFieldListFilter),)
    list_select_related = ("product",)
    search_fields = ("sku", "title", "product__title")
    id_search_fields = ("pk", "product", "seller")
    ordering = ("-created_at", "-id")
    fields = ("product", "sku", "title", "options", "position", "price_shown", "archived_at", "created_at")
    readonly_fields = ("product", "sku", "options", "price_shown", "archived_at", "created_at")
    actions = ("change_price", "archive")

    def get_readonly_fields(self, request: HttpRequest, obj: Variant | None = None) -> Any:
        return self.fields if obj is not None and obj.archived_at is not None else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Variant, form: Any, change: bool) -> None:
        services.update_variant(variant_id=obj.pk, **{name: form.cleaned_data[name] for name in form.changed_data})

    @admin.display(description="price", ordering="price_amount")
    def price_shown(self, variant: Variant) -> str:
        return str(variant.price)

    @admin.action(description="Change price")
    def change_price(self, request: HttpRequest, rows: QuerySet[Variant]) -> HttpResponse | None:
        return ask_and_apply(
            self,
            request,
            rows,
            action="change_price",
            title="Change price",
            form_class=PriceForm,
            apply=lambda row, said: services.update_variant(variant_id=row.pk, price_amount=said["price"]),
        )

    @admin.action(description="Archive for good")
    def archive(self, request: HttpRequest, rows: QuerySet[Variant]) -> None:
        apply_to_rows(
            self, request, rows, done="Archived", apply=lambda row: services.archive_variant(variant_id=row.pk)
        )
