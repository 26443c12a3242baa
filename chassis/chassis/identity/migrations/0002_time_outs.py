"""Every session of this service's database role is bounded in time.

A process that is stopped in the middle of a transaction must not hold the others. `manage.py migrate` may need longer: it
is run with PGOPTIONS, which override the role's defaults.
"""

from django.db import migrations

SET = """
DO $$ BEGIN
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %1$I SET lock_timeout = ''4s''', current_database());
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %1$I SET statement_timeout = ''10s''', current_database());
    EXECUTE format(
        'ALTER ROLE CURRENT_USER IN DATABASE %1$I SET idle_in_transaction_session_timeout = ''5s''', current_database()
    );
END $$
"""

RESET = """
DO $$ BEGIN
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %1$I RESET lock_timeout', current_database());
    EXECUTE format('ALTER ROLE CURRENT_USER IN DATABASE %1$I RESET statement_timeout', current_database());
    EXECUTE format(
        'ALTER ROLE CURRENT_USER IN DATABASE %1$I RESET idle_in_transaction_session_timeout', current_database()
    );
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [migrations.RunSQL(SET, RESET)]
