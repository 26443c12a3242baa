"""Hold in the database, at commit, that the amounts of an order are the sums of its lines.

CHECK constraints see one row; these see an order whole. They are deferred, since an order is written before its lines.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION orders_check_sums(target uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present orders_order%ROWTYPE;
    line_count bigint;
    line_sum numeric;
BEGIN
    -- One at a time: two transactions that each remove a line would not see that together they remove all.
    SELECT * INTO present FROM orders_order WHERE id = target FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT count(*), coalesce(sum(l.line_amount), 0) INTO line_count, line_sum
    FROM orders_orderline l JOIN orders_sellerorder s ON s.id = l.seller_order_id
    WHERE s.order_id = target;
    IF present.buyer IS NULL AND EXISTS (SELECT FROM orders_sellerorder WHERE order_id = target) THEN
        RAISE EXCEPTION 'order % is a tombstone and has parts', target
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_tombstone_is_empty';
    END IF;
    IF present.buyer IS NOT NULL AND line_count = 0 THEN
        RAISE EXCEPTION 'order % has no lines', target
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_has_lines';
    END IF;
    IF present.items_amount <> line_sum THEN
        RAISE EXCEPTION 'order % says % for lines of %', target, present.items_amount, line_sum
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_items_amount_is_sum';
    END IF;
    IF EXISTS (
        SELECT FROM orders_sellerorder s WHERE s.order_id = target AND s.total_amount IS DISTINCT FROM
            (SELECT sum(l.line_amount) FROM orders_orderline l WHERE l.seller_order_id = s.id)
    ) THEN
        RAISE EXCEPTION 'a part of order % does not have the total of its lines', target
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seller_order_total_is_sum';
    END IF;
END $$;

CREATE FUNCTION orders_order_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM orders_check_sums(NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION orders_seller_order_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM orders_check_sums(OLD.order_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM orders_check_sums(NEW.order_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION orders_line_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM orders_check_sums((SELECT order_id FROM orders_sellerorder WHERE id = OLD.seller_order_id));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM orders_check_sums((SELECT order_id FROM orders_sellerorder WHERE id = NEW.seller_order_id));
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER order_adds_up
    AFTER INSERT OR UPDATE OF buyer, items_amount ON orders_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_order_adds_up();
CREATE CONSTRAINT TRIGGER seller_order_adds_up
    AFTER INSERT OR UPDATE OF order_id, total_amount OR DELETE ON orders_sellerorder
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_seller_order_adds_up();
CREATE CONSTRAINT TRIGGER order_line_adds_up
    AFTER INSERT OR UPDATE OF seller_order_id, line_amount OR DELETE ON orders_orderline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION orders_line_adds_up();
"""

BACKWARD = """
DROP TRIGGER order_adds_up ON orders_order;
DROP TRIGGER seller_order_adds_up ON orders_sellerorder;
DROP TRIGGER order_line_adds_up ON orders_orderline;
DROP FUNCTION orders_order_adds_up(), orders_seller_order_adds_up(), orders_line_adds_up(), orders_check_sums(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
