from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="compared_since",
            field=models.DateTimeField(
                blank=True,
                help_text="The run that found it compared what began after that; empty: everything.",
                null=True,
            ),
        ),
    ]
