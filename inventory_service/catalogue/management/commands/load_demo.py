"""Fills an empty shop with the demo's products. Ids follow from names: loading again adds nothing twice."""

import json
import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.text import slugify

from catalogue.demo.assortment import CLOSERS, DEPARTMENTS, RANGES, Range
from catalogue.demo.drawings import draw
from catalogue.models import Category, Product, ProductImage, Variant
from catalogue.states import ProductState
from stock.models import StockMovement
from stock.states import MovementReason

NAMESPACE = uuid.UUID("0c7d0f2e-52a4-4d0b-9c53-2a0d6f4e7b31")
OPENED_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
STEPPED = {"size", "pack", "weight", "volume", "sleeps", "length"}
SOLD_OUT = 0.06
"""Share of the variants that nobody has in stock."""


class Command(BaseCommand):
    help = "Load demo categories, products, stock and drawn images, for the sellers named in a file of accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=Path, required=True, help="JSON list of accounts, each with its roles")

    def handle(self, *args: Any, **options: Any) -> None:
        sellers = sellers_in(options["accounts"])
        with transaction.atomic():
            load_categories()
            products = load_products(sellers)
        self.stdout.write(f"{len(RANGES)} categories, {len(products)} products")
        drawn = draw_images(products)
        self.stdout.write(f"{drawn} images drawn")


def sellers_in(path: Path) -> list[uuid.UUID]:
    """Return the ids of the sellers in a file of accounts, in its order."""
    sellers = [uuid.UUID(account["id"]) for account in json.loads(path.read_text()) if "seller" in account["roles"]]
    if not sellers:
        raise CommandError(f"{path} names no seller")
    return sellers


def load_categories() -> None:
    Category.objects.bulk_create(
        [Category(id=ident("category", slug), name=name, slug=slug) for slug, name in DEPARTMENTS],
        ignore_conflicts=True,
    )
    Category.objects.bulk_create(
        [
            Category(
                id=ident("category", one.slug),
                name=one.name,
                slug=one.slug,
                parent_id=ident("category", one.department),
            )
            for one in RANGES
        ],
        ignore_conflicts=True,
    )


def load_products(sellers: list[uuid.UUID]) -> list[tuple[Product, Range]]:
    """Add what is missing of products, variants, receipts and images, in a few statements each."""
    dice = random.Random(20260105)
    # Told in the order of the sale, so that the newest are of all departments.
    offered = [(one, number) for one in RANGES for number in range(len(one.titles))]
    dice.shuffle(offered)
    products: list[tuple[Product, Range]] = []
    variants: list[Variant] = []
    movements: list[StockMovement] = []
    for place, (one, number) in enumerate(offered):
        product = product_of(one, number, sellers, created_at=OPENED_AT + timedelta(hours=30 * place))
        made = variants_of(product, one, dice)
        product.price_from = min(variant.price_amount for variant in made)
        products.append((product, one))
        variants += made
        movements += [
            StockMovement(
                id=ident("receipt", variant.sku),
                level_id=variant.pk,
                delta=dice.choice((3, 8, 12, 25, 40, 120)),
                reason=MovementReason.RECEIPT,
                actor=variant.seller,
                created_at=variant.created_at,
            )
            for variant in made
            if dice.random() >= SOLD_OUT
        ]
    # What services.py would do for each: price_from is set above, levels are opened and filled by the database.
    Product.objects.bulk_create([product for product, _one in products], ignore_conflicts=True)
    Variant.objects.bulk_create(variants, ignore_conflicts=True)
    StockMovement.objects.bulk_create(movements, ignore_conflicts=True)
    ProductImage.objects.bulk_create(
        [
            ProductImage(
                id=ident("image", product.slug), product=product, file=file_of(product), alt=f"Drawing: {product.title}"
            )
            for product, _one in products
        ],
        ignore_conflicts=True,
    )
    return products


def product_of(one: Range, number: int, sellers: list[uuid.UUID], *, created_at: datetime) -> Product:
    title = one.titles[number]
    texts = (one.openers[number % len(one.openers)], one.details[number // 2 % len(one.details)], CLOSERS[number % 4])
    return Product(
        id=ident("product", slugify(title)),
        seller=sellers[one.sellers[number % len(one.sellers)] % len(sellers)],
        category_id=ident("category", one.slug),
        slug=slugify(title),
        title=title,
        description=" ".join(texts),
        state=ProductState.PUBLISHED,
        created_at=created_at,
    )


def variants_of(product: Product, one: Range, dice: random.Random) -> list[Variant]:
    """Return two to four variants, each a step dearer where they are sizes or packs."""
    low, high = one.prices
    base = low + round((high - low) * dice.random() ** 2 * 0.6)
    values = one.values[: dice.randint(2, len(one.values))]
    step = (
        0.35 if one.option in {"size", "pack", "weight", "volume", "sleeps", "length"} and one.values[0] != "S" else 0
    )
    return [
        Variant(
            id=ident("variant", product.slug, value),
            product=product,
            seller=product.seller,
            sku=f"{slugify(product.title).upper()[:24].strip('-')}-{place + 1}",
            title=value,
            options={one.option: value},
            price_amount=round_price(base * (1 + step * place)),
            currency=settings.CURRENCY,
            position=place,
            created_at=product.created_at,
        )
        for place, value in enumerate(values)
    ]


def round_price(amount: float) -> int:
    """Return a price as shops write them: 12.90, 249.00."""
    return round(amount / 100) * 100 - 10 if amount < 10_000 else round(amount / 500) * 500


def draw_images(products: list[tuple[Product, Range]]) -> int:
    """Draw the images whose files are missing; return how many."""
    media = Path(settings.MEDIA_ROOT)
    missing = [
        (one.shape, number, media / file_of(product))
        for number, (product, one) in enumerate(products)
        if not (media / file_of(product)).exists()
    ]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda job: draw(job[0], number=job[1], to=job[2]), missing))
    return len(missing)


def file_of(product: Product) -> str:
    return f"products/{product.slug}.webp"


def ident(*names: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, "/".join(names))
