from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside writes; PostgreSQL does so outside of transactions only.
    atomic = False

    dependencies = [
        ("orders", "0002_orders_add_up"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(fields=["-created_at", "-id"], name="order_newest"),
        ),
    ]
