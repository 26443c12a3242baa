from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside writes; PostgreSQL does so outside of transactions only.
    atomic = False

    dependencies = [
        ("jobs", "0003_traceparent"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(condition=models.Q(("state", "dead")), fields=["finished_at"], name="job_dead"),
        ),
    ]
