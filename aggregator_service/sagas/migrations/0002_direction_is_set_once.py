"""A saga's direction is decided once, and an ended saga does not change: the database refuses anything else."""

from django.db import migrations

CREATE = """
CREATE FUNCTION sagas_saga_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.direction <> 'undecided' AND NEW.direction <> OLD.direction THEN
        RAISE EXCEPTION 'a saga''s direction is set once' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('completed', 'compensated') THEN
        RAISE EXCEPTION 'an ended saga does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <= OLD.version THEN
        RAISE EXCEPTION 'every write of a saga increments its version' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sagas_saga_guard BEFORE UPDATE ON sagas_saga FOR EACH ROW EXECUTE FUNCTION sagas_saga_guard();
"""

DROP = """
DROP TRIGGER sagas_saga_guard ON sagas_saga;
DROP FUNCTION sagas_saga_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("sagas", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
