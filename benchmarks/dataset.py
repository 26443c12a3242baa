"""The shop that is measured: products made by SQL beside the demo's, and whatever history an operation may meet.

Every second product is called "handmade" in its description: the word that half of a search's products match.
"""

import uuid
from collections.abc import Sequence

import psycopg2  # type: ignore[import-untyped]

from local import demo_accounts
from local.platform import Platform

COMMON_WORD = "handmade"

PRODUCTS = r"""
WITH words AS (
    SELECT ARRAY['Amber','Birch','Cobalt','Coral','Ivory','Jade','Linen','Maple','Marble','Moss','Nordic','Oak','Ochre',
                 'Olive','Opal','Pine','Rustic','Sage','Sand','Slate','Stoneware','Teal','Umber','Walnut','Willow']
               AS first,
           ARRAY['Apron','Basket','Bench','Blanket','Bottle','Bowl','Candle','Carafe','Chair','Clock','Cushion','Desk',
                 'Jar','Jug','Lamp','Mirror','Mug','Notebook','Planter','Plate','Rug','Shelf','Stool','Teapot','Throw',
                 'Tray','Vase'] AS second,
           ARRAY['kitchen','garden','bathroom','bedroom','office','terrace','hallway','workshop','studio','nursery']
               AS room
), categories AS (
    SELECT array_agg(id ORDER BY id) AS ids FROM catalogue_category WHERE parent_id IS NOT NULL
)
INSERT INTO catalogue_product (id, seller, category_id, slug, title, description, state, price_from, created_at)
SELECT uuidv7(), (%(sellers)s::uuid[])[1 + n %% %(seller_count)s], ids[1 + n %% cardinality(ids)],
       'product-' || n, first[1 + n %% 25] || ' ' || second[1 + (n / 25) %% 27] || ' no. ' || n,
       CASE n %% 2 WHEN 0 THEN 'Handmade' ELSE 'Machined' END || ' for the ' || room[1 + n %% 10] || ', model ' || n
           || ', to be used every day for many years: it ages well and is repaired with ease.',
       'published', 500 + (n * 7919) %% 20000, now() - n * interval '1 minute'
  FROM generate_series(%(first)s, %(last)s) n, words, categories;

INSERT INTO catalogue_variant
       (id, product_id, seller, sku, title, options, price_amount, currency, position, created_at)
SELECT uuidv7(), p.id, p.seller, upper(p.slug) || '-' || v, (ARRAY['Small','Large'])[v],
       jsonb_build_object('size', (ARRAY['S','L'])[v]), p.price_from + (v - 1) * 500, 'EUR', v - 1, p.created_at
  FROM catalogue_product p, generate_series(1, 2) v
 WHERE p.slug ~ '^product-\d+$' AND NOT EXISTS (SELECT FROM catalogue_variant x WHERE x.product_id = p.id);

INSERT INTO stock_stockmovement (id, level_id, delta, reason, created_at)
SELECT uuidv7(), l.variant_id, 100000, 'receipt', now()
  FROM stock_stocklevel l
  JOIN catalogue_variant v ON v.id = l.variant_id JOIN catalogue_product p ON p.id = v.product_id
 WHERE p.slug ~ '^product-\d+$' AND l.on_hand = 0;

INSERT INTO catalogue_productimage (id, product_id, file, alt, position)
SELECT uuidv7(), p.id, 'products/' || p.slug || '.webp', p.title, 0
  FROM catalogue_product p
 WHERE p.slug ~ '^product-\d+$' AND NOT EXISTS (SELECT FROM catalogue_productimage i WHERE i.product_id = p.id);
"""

CARTS = """
INSERT INTO carts_cart (id, is_current, state, version, currency, created_at)
SELECT gen_random_uuid(), false, 'open', 1, 'EUR', now() FROM generate_series(1, %s) RETURNING id
"""

# A past of confirmed orders, each with its payment, saga, reservation and closed cart, in the order of the databases.
# Buyers of the past are nobody of the present, so that the lists of those who are measured stay as long as they are.
ORDERS = """
-- What they would look at, order by order, is so by construction here.
ALTER TABLE orders_order DISABLE TRIGGER USER;
ALTER TABLE orders_sellerorder DISABLE TRIGGER USER;
ALTER TABLE orders_orderline DISABLE TRIGGER USER;
CREATE TEMPORARY TABLE past AS SELECT uuidv7() AS id, n, now() - n * interval '1 minute' AS at
  FROM generate_series(1, %(count)s) n;
INSERT INTO orders_order (id, reference, state, buyer, buyer_email, buyer_language, shipping_address, currency,
                          items_amount, shipping_amount, total_amount, content_fingerprint, created_at, confirmed_at)
SELECT id, 'P' || lpad(n::text, 9, '0'), 'confirmed', md5('buyer' || n %% 10000)::uuid, 'past@example.com', 'en',
       '{"full_name": "Ada Lovelace", "company": "", "line1": "12 rue des Lilas", "line2": "", "postal_code": "75011",
         "city": "Paris", "region": "", "country": "FR", "phone": ""}',
       'EUR', 2000, 0, 2000, md5(n::text), at, at FROM past;
CREATE TEMPORARY TABLE part AS SELECT uuidv7() AS id, id AS order_id, n, at FROM past;
INSERT INTO orders_sellerorder (id, order_id, seller, state, total_amount, created_at)
SELECT id, order_id, (%(sellers)s::uuid[])[1 + n %% %(seller_count)s], 'to_prepare', 2000, at FROM part;
INSERT INTO orders_orderline (id, seller_order_id, variant, product, title, sku, quantity, unit_amount, line_amount)
SELECT uuidv7(), id, uuidv7(), uuidv7(), 'Past mug', 'PAST', 2, 1000, 2000 FROM part;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE orders_order ENABLE TRIGGER USER;
ALTER TABLE orders_sellerorder ENABLE TRIGGER USER;
ALTER TABLE orders_orderline ENABLE TRIGGER USER;
"""
PAYMENTS = """
CREATE TEMPORARY TABLE past AS SELECT uuidv7() AS id, n, now() - n * interval '1 minute' AS at
  FROM generate_series(1, %(count)s) n;
INSERT INTO sandbox_sandboxintent (reference, payment, amount, currency, payment_method, metadata, status,
                                   refunded_amount, created_at, succeeded_at)
SELECT 'pi_sandbox_past_' || n, id, 2000, 'EUR', 'pm_card_visa', '{}', 'succeeded', 0, at, at FROM past;
INSERT INTO payments_payment (id, "order", buyer, amount, currency, payment_method, state, provider, provider_reference,
                              refunded_amount, created_at, captured_at)
SELECT id, uuidv7(), md5('buyer' || n %% 10000)::uuid, 2000, 'EUR', 'pm_card_visa', 'captured', 'sandbox',
       'pi_sandbox_past_' || n, 0, at, at FROM past;
"""
SAGAS = """
INSERT INTO sagas_saga (id, kind, account_id, fingerprint, state, direction, done, intended, step, data, answer_status,
                        answer_body, version, attempts, last_error, next_attempt_at, created_at, deadline_at,
                        finished_at)
SELECT uuidv7(), 'checkout', md5('buyer' || n %% 10000)::uuid, md5(n::text), 'completed', 'forward', 5, 5, 'commit',
       jsonb_build_object('past', repeat('x', 800)), 201, repeat('x', 1200), 7, 0, '', at, at, at, at
  FROM (SELECT n, now() - n * interval '1 minute' AS at FROM generate_series(1, %(count)s) n) past;
"""
RESERVATIONS = """
CREATE TEMPORARY TABLE past AS
SELECT uuidv7() AS id, gen_random_uuid() AS cart, md5('buyer' || n %% 10000)::uuid AS buyer, n,
       now() - n * interval '1 minute' AS at FROM generate_series(1, %(count)s) n;
CREATE TEMPORARY TABLE sold AS
SELECT row_number() OVER () AS place, v.id, v.product_id, v.seller, v.price_amount
  FROM catalogue_variant v JOIN stock_stocklevel l ON l.variant_id = v.id WHERE l.on_hand > 50000 LIMIT 1000;
INSERT INTO carts_cart (id, account, is_current, state, version, currency, created_at)
SELECT cart, buyer, false, 'closed', 2, 'EUR', at FROM past;
INSERT INTO stock_reservation (id, cart_id, cart_version, buyer, currency, state, created_at, finished_at)
SELECT id, cart, 2, buyer, 'EUR', 'committed', at, at FROM past;
INSERT INTO carts_cartline (id, cart_id, variant_id, quantity, price_when_added)
SELECT uuidv7(), cart, s.id, 2, s.price_amount FROM past JOIN sold s ON s.place = 1 + n %% 1000;
INSERT INTO stock_reservationline
       (id, reservation_id, variant_id, product_id, seller, title, sku, quantity, price_amount, currency)
SELECT uuidv7(), past.id, s.id, s.product_id, s.seller, 'Past mug', 'PAST', 2, s.price_amount, 'EUR'
  FROM past JOIN sold s ON s.place = 1 + n %% 1000;
INSERT INTO stock_stockmovement (id, level_id, delta, reason, reservation_id, created_at)
SELECT uuidv7(), s.id, -2, 'sale', past.id, at FROM past JOIN sold s ON s.place = 1 + n %% 1000;
"""
PAST = {"orders": ORDERS, "payment": PAYMENTS, "aggregator": SAGAS, "inventory": RESERVATIONS}


def add_products(platform: Platform, *, up_to: int) -> None:
    """Bring the number of products that are on sale to `up_to`."""
    with psycopg2.connect(platform.database_url("inventory")) as connection, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE slug ~ '^product-\\d+$') FROM catalogue_product")
        all_of_them, ours = cursor.fetchone() or (0, 0)
        missing = up_to - all_of_them
        cursor.execute(PRODUCTS, {**_sellers(), "first": ours + 1, "last": ours + missing})
    _analyse(platform, "inventory")


def add_carts(platform: Platform, count: int) -> list[str]:
    """Open so many empty anonymous carts; return their ids."""
    with psycopg2.connect(platform.database_url("inventory")) as connection, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(CARTS, [count])
        carts = [str(row[0]) for row in cursor.fetchall()]
    _analyse(platform, "inventory")
    return carts


def orders_of(platform: Platform) -> int:
    """How many orders there are."""
    with psycopg2.connect(platform.database_url("orders")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM orders_order")
        return int((cursor.fetchone() or (0,))[0])


def add_past(platform: Platform, *, orders: int) -> None:
    """Add so many finished orders of the past to every database that would know of them."""
    for service, script in PAST.items():
        with psycopg2.connect(platform.database_url(service)) as connection, connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(script, {**_sellers(), "count": orders})
        _analyse(platform, service)


def variants_in_stock(platform: Platform, limit: int) -> list[tuple[str, str]]:
    """Ids of variants that will not run out, with their products'."""
    with psycopg2.connect(platform.database_url("inventory")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.id, v.product_id FROM catalogue_variant v"
            " JOIN stock_stocklevel l ON l.variant_id = v.id WHERE l.on_hand > 50000 ORDER BY v.id LIMIT %s",
            [limit],
        )
        return [(str(variant), str(product)) for variant, product in cursor.fetchall()]


def receive_stock(platform: Platform, *, variant: str, pieces: int) -> None:
    """Receive so many pieces of a variant."""
    with psycopg2.connect(platform.database_url("inventory")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stock_stockmovement (id, level_id, delta, reason, created_at)"
            " VALUES (uuidv7(), %s, %s, 'receipt', now())",
            [str(uuid.UUID(variant)), pieces],
        )


def _sellers() -> dict[str, Sequence[str] | int]:
    sellers = [account.id for account in demo_accounts.sellers()]
    return {"sellers": sellers, "seller_count": len(sellers)}


def _analyse(platform: Platform, service: str) -> None:
    connection = psycopg2.connect(platform.database_url(service))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM ANALYZE")
    connection.close()
