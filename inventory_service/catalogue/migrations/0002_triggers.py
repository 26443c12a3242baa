"""What keys and checks cannot say: the categories' paths, and that a variant's seller is its product's."""

from django.db import migrations

PATHS = """
CREATE FUNCTION catalogue_lock_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Taken before any row: two moves at once could close a cycle that neither sees.
    PERFORM pg_advisory_xact_lock(hashtext('catalogue_category'));
    RETURN NULL;
END $$;

CREATE FUNCTION catalogue_set_path() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE above text := '';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO above FROM catalogue_category WHERE id = NEW.parent_id;
        IF NEW.parent_id = NEW.id OR TG_OP = 'UPDATE' AND starts_with(above, OLD.path) THEN
            RAISE EXCEPTION 'a category cannot lie below itself'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'category_is_no_cycle';
        END IF;
    END IF;
    NEW.path := coalesce(above, '') || NEW.slug || '/';
    RETURN NEW;
END $$;

CREATE FUNCTION catalogue_pass_path_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalogue_category SET path = path WHERE parent_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER category_lock_tree BEFORE INSERT OR UPDATE ON catalogue_category
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_lock_tree();
CREATE TRIGGER category_set_path BEFORE INSERT OR UPDATE ON catalogue_category
    FOR EACH ROW EXECUTE FUNCTION catalogue_set_path();
CREATE TRIGGER category_pass_path_on AFTER UPDATE ON catalogue_category
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION catalogue_pass_path_on();
"""

NO_PATHS = """
DROP TRIGGER category_pass_path_on ON catalogue_category;
DROP TRIGGER category_set_path ON catalogue_category;
DROP TRIGGER category_lock_tree ON catalogue_category;
DROP FUNCTION catalogue_pass_path_on();
DROP FUNCTION catalogue_set_path();
DROP FUNCTION catalogue_lock_tree();
"""

SELLER = """
ALTER TABLE catalogue_variant ADD CONSTRAINT variant_seller_is_products
    FOREIGN KEY (product_id, seller) REFERENCES catalogue_product (id, seller)
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]

    operations = [
        migrations.RunSQL(PATHS, NO_PATHS),
        migrations.RunSQL(SELLER, "ALTER TABLE catalogue_variant DROP CONSTRAINT variant_seller_is_products"),
    ]
