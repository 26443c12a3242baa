"""What Prometheus is told about sagas."""

from collections.abc import Iterable

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import Counter
from prometheus_client.core import GaugeMetricFamily, Metric

from chassis.metrics import database_gauges
from sagas.models import Saga
from sagas.selectors import overdue_sagas
from sagas.states import SagaState

sagas_ended = Counter("shop_sagas_ended", "Sagas that ended, or got stuck.", ["kind", "state"])


@database_gauges
def saga_gauges() -> Iterable[Metric]:
    """Sagas that have not ended; those that have are counted as they end, because thirty days of them are many."""
    labels = ["kind", "state", "direction"]
    count = GaugeMetricFamily("shop_sagas", "Sagas that have not ended.", labels=labels)
    oldest = GaugeMetricFamily("shop_sagas_oldest_seconds", "Age of the oldest of them.", labels=labels)
    overdue = GaugeMetricFamily("shop_sagas_overdue", "Sagas that run far past their deadline.", labels=["kind"])
    open_sagas = Saga.objects.filter(state__in=(SagaState.RUNNING, SagaState.STUCK)).order_by()
    now = timezone.now()
    by_kind = open_sagas.values_list("kind", "state", "direction").annotate(number=Count("pk"), since=Min("created_at"))
    for kind, state, direction, number, since in by_kind:
        count.add_metric([kind, state, direction], number)
        oldest.add_metric([kind, state, direction], max(0.0, (now - since).total_seconds()))
    for kind, number in overdue_sagas().order_by().values_list("kind").annotate(number=Count("pk")):
        overdue.add_metric([kind], number)
    return [count, oldest, overdue]
