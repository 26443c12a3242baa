from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from chassis.audit import AuditFilterSerializer
from chassis.jobs.models import Job, JobState


class JobFilterSerializer(AuditFilterSerializer):
    state = serializers.ChoiceField(choices=JobState.choices, required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A mail that could not be sent",
            value={
                "id": "01939c5e-7e20-7b5a-8f7e-0d4f6a1c2b3d",
                "task": "chassis.mail.tasks.send_mail",
                "state": "dead",
                "attempts": 15,
                "run_at": "2026-11-23T03:04:05.123456Z",
                "leased": False,
                "created_at": "2026-11-22T15:04:05.123456Z",
                "finished_at": "2026-11-23T03:04:06.123456Z",
                "last_error": "ConnectionError: the mail provider does not answer",
            },
            response_only=True,
        )
    ]
)
class AuditedJobSerializer(serializers.ModelSerializer[Job]):
    """A job without its arguments, which may hold what is nobody's business."""

    run_at = serializers.DateTimeField(help_text="When it is due; while a worker has it, when that one's lease ends.")
    leased = serializers.SerializerMethodField(help_text="Whether a worker has it.")

    class Meta:
        model = Job
        fields = ("id", "task", "state", "attempts", "run_at", "leased", "created_at", "finished_at", "last_error")

    def get_leased(self, job: Job) -> bool:
        return job.lease is not None
