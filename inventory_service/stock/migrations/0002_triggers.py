"""The ledger of stock, kept true by the database: levels follow movements, and movements stay."""

from django.db import migrations

LEDGER = """
CREATE FUNCTION stock_open_level() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO stock_stocklevel (variant_id, on_hand, reserved) VALUES (NEW.id, 0, 0);
    RETURN NULL;
END $$;

CREATE FUNCTION stock_guard_level() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.on_hand = 0 AND NEW.reserved = 0 THEN
            RETURN NEW;
        END IF;
    -- Depth 2 is the update that the insertion of a movement makes.
    ELSIF NEW.variant_id = OLD.variant_id AND (NEW.on_hand = OLD.on_hand OR pg_trigger_depth() > 1) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'stock on hand changes by a movement only'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'stock_level_by_movement';
END $$;

CREATE FUNCTION stock_apply_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stock_stocklevel SET on_hand = on_hand + NEW.delta WHERE variant_id = NEW.level_id;
    RETURN NULL;
END $$;

CREATE FUNCTION stock_keep_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a movement is never changed: record another one'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'stock_movement_is_final';
END $$;

CREATE TRIGGER variant_open_level AFTER INSERT ON catalogue_variant
    FOR EACH ROW EXECUTE FUNCTION stock_open_level();
CREATE TRIGGER stock_level_guard BEFORE INSERT OR UPDATE ON stock_stocklevel
    FOR EACH ROW EXECUTE FUNCTION stock_guard_level();
CREATE TRIGGER stock_movement_apply AFTER INSERT ON stock_stockmovement
    FOR EACH ROW EXECUTE FUNCTION stock_apply_movement();
CREATE TRIGGER stock_movement_keep BEFORE UPDATE OR DELETE ON stock_stockmovement
    FOR EACH ROW EXECUTE FUNCTION stock_keep_movement();
"""

NO_LEDGER = """
DROP TRIGGER stock_movement_keep ON stock_stockmovement;
DROP TRIGGER stock_movement_apply ON stock_stockmovement;
DROP TRIGGER stock_level_guard ON stock_stocklevel;
DROP TRIGGER variant_open_level ON catalogue_variant;
DROP FUNCTION stock_keep_movement();
DROP FUNCTION stock_apply_movement();
DROP FUNCTION stock_guard_level();
DROP FUNCTION stock_open_level();
"""


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial"), ("catalogue", "0002_triggers")]

    operations = [migrations.RunSQL(LEDGER, NO_LEDGER)]
