"""What Prometheus is told about jobs: how many there are, how old, and how long they have waited for a worker."""

from collections.abc import Iterable

from django.db import connection
from prometheus_client.core import GaugeMetricFamily, Metric

from chassis.jobs.tasks import periodics
from chassis.metrics import database_gauges

# One pass over each of two small partial indexes: done jobs, which are many, are not read.
_JOBS = """
SELECT task, CASE WHEN state = 'dead' THEN 'dead' WHEN lease IS NULL THEN 'waiting' ELSE 'running' END AS kind,
       count(*), extract(epoch FROM now() - min(CASE WHEN state = 'dead' THEN finished_at ELSE created_at END)),
       greatest(0, extract(epoch FROM now() - min(run_at)))
  FROM jobs_job WHERE state = 'waiting' OR state = 'dead' GROUP BY 1, 2
"""
_PERIODICS = "SELECT task, greatest(0, extract(epoch FROM now() - due_at)) FROM jobs_schedule"


@database_gauges
def job_gauges() -> Iterable[Metric]:
    count = GaugeMetricFamily("shop_jobs", "Jobs that are not done.", labels=["task", "state"])
    oldest = GaugeMetricFamily("shop_jobs_oldest_seconds", "Age of the oldest of them.", labels=["task", "state"])
    lag = GaugeMetricFamily("shop_jobs_lag_seconds", "How long the first in line waits for a worker.", labels=["task"])
    overdue = GaugeMetricFamily("shop_periodic_overdue_seconds", "How long a turn is overdue.", labels=["task"])
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        for task, state, number, age, late in cursor.fetchall():
            count.add_metric([task, state], number)
            oldest.add_metric([task, state], max(0.0, float(age)))
            if state == "waiting":
                lag.add_metric([task], float(late))
        cursor.execute(_PERIODICS)
        for task, late in cursor.fetchall():
            if task in periodics:  # not one of an earlier release
                overdue.add_metric([task], float(late))
    return [count, oldest, lag, overdue]
