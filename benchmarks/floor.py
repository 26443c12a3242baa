"""The floor under a checkout: the same invariants as one hand-written transaction in one database.

Stock is never promised twice, a cart is bought once, an order sums up and is paid once, and all of it is repeatable by
its key; there is nobody to call, nothing to undo, and no JSON between parts.
"""

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

import psycopg2  # type: ignore[import-untyped]

SCHEMA = """
CREATE TABLE product (
    id int PRIMARY KEY, title text NOT NULL, price int NOT NULL CHECK (price > 0),
    on_hand int NOT NULL CHECK (on_hand >= 0)
);
CREATE TABLE cart (id uuid PRIMARY KEY, state text NOT NULL CHECK (state IN ('open', 'closed')));
CREATE TABLE cart_line (
    cart uuid REFERENCES cart, product int REFERENCES product, quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (cart, product)
);
CREATE TABLE purchase (
    id uuid PRIMARY KEY, cart uuid NOT NULL UNIQUE REFERENCES cart, buyer uuid NOT NULL, address jsonb NOT NULL,
    total int NOT NULL, answer text NOT NULL
);
CREATE TABLE purchase_line (
    purchase uuid REFERENCES purchase, product int REFERENCES product, title text NOT NULL, quantity int NOT NULL,
    price int NOT NULL, PRIMARY KEY (purchase, product)
);
CREATE TABLE payment (
    purchase uuid PRIMARY KEY REFERENCES purchase, amount int NOT NULL CHECK (amount > 0), method text NOT NULL
);
CREATE TABLE movement (
    product int REFERENCES product, purchase uuid REFERENCES purchase, delta int NOT NULL,
    PRIMARY KEY (purchase, product)
);
INSERT INTO product SELECT n, 'Mug no. ' || n, 1000 + n, 1000000 FROM generate_series(1, 2000) n;
"""
ADDRESS = json.dumps({"full_name": "Ada Lovelace", "line1": "12 rue des Lilas", "city": "Paris", "country": "FR"})


def prepare(url: str) -> None:
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA)


def check_out(cursor: Any, products: Sequence[int]) -> None:
    """Open a cart, put the products into it, and buy it, as one transaction."""
    cart, purchase = uuid.uuid4(), uuid.uuid4()
    cursor.execute("BEGIN")
    cursor.execute("INSERT INTO cart VALUES (%s, 'open')", [str(cart)])
    for product in products:
        cursor.execute("INSERT INTO cart_line VALUES (%s, %s, 1)", [str(cart), product])
    cursor.execute("SELECT answer FROM purchase WHERE id = %s", [str(purchase)])
    cursor.execute("SELECT state FROM cart WHERE id = %s FOR UPDATE", [str(cart)])
    cursor.execute(
        "SELECT p.id, p.title, p.price, l.quantity, p.on_hand FROM cart_line l JOIN product p ON p.id = l.product"
        " WHERE l.cart = %s ORDER BY p.id FOR UPDATE OF p",
        [str(cart)],
    )
    lines = cursor.fetchall()
    total = sum(price * quantity for _, _, price, quantity, _ in lines)
    cursor.execute(
        "UPDATE product p SET on_hand = on_hand - l.quantity FROM cart_line l"
        " WHERE l.cart = %s AND l.product = p.id AND p.on_hand >= l.quantity",
        [str(cart)],
    )
    if cursor.rowcount != len(products):
        raise RuntimeError("out of stock")
    cursor.execute(
        "INSERT INTO purchase VALUES (%s, %s, %s, %s, %s, %s)",
        [str(purchase), str(cart), str(uuid.uuid4()), ADDRESS, total, json.dumps({"total": total, "lines": lines})],
    )
    cursor.execute(
        "INSERT INTO purchase_line SELECT %s, p.id, p.title, l.quantity, p.price FROM cart_line l"
        " JOIN product p ON p.id = l.product WHERE l.cart = %s",
        [str(purchase), str(cart)],
    )
    cursor.execute(
        "INSERT INTO movement SELECT product, %s, -quantity FROM cart_line WHERE cart = %s", [str(purchase), str(cart)]
    )
    cursor.execute("INSERT INTO payment VALUES (%s, %s, 'pm_card_visa')", [str(purchase), total])
    cursor.execute("UPDATE cart SET state = 'closed' WHERE id = %s AND state = 'open'", [str(cart)])
    cursor.execute("COMMIT")


def run(url: str, *, times: int) -> float:
    """Check out so many times; return this thread's milliseconds of processor for each."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    began = time.thread_time()
    with connection.cursor() as cursor:
        for number in range(times):
            check_out(cursor, [1 + number * 2 % 2000, 1 + (number * 2 + 1) % 2000])
    spent = time.thread_time() - began
    connection.close()
    return spent * 1000 / times
