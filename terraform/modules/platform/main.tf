# Operators, then the databases, then the platform: on any cluster. Everything that differs between hosting providers comes in
# by variables.

locals {
  # "restricted": no pod of the shop needs more. The agents that read the nodes' logs do, and live apart.
  namespaces = {
    mylittleshopping      = "restricted"
    mylittleshopping-logs = "privileged"
    postgres-operator     = "restricted"
    cert-manager          = "restricted"
    envoy-gateway-system  = "restricted"
    monitoring            = "privileged"
  }
}

resource "kubernetes_namespace_v1" "this" {
  for_each = local.namespaces
  metadata {
    name = each.key
    labels = {
      "pod-security.kubernetes.io/enforce" = each.value
      "pod-security.kubernetes.io/warn"    = "restricted"
    }
  }
}

# Its version is Kubernetes'. It asks as a service account whose identity the cluster's module gives it.
resource "helm_release" "autoscaler" {
  count      = var.autoscaler == null ? 0 : 1
  name       = "cluster-autoscaler"
  namespace  = "kube-system"
  repository = "https://kubernetes.github.io/autoscaler"
  chart      = "cluster-autoscaler"
  version    = "9.50.1"
  atomic     = true
  values = [yamlencode({
    cloudProvider = "aws"
    awsRegion     = var.autoscaler.region
    autoDiscovery = { clusterName = var.autoscaler.cluster }
    rbac          = { serviceAccount = { name = "cluster-autoscaler" } }
    extraArgs     = { balance-similar-node-groups = true, skip-nodes-with-system-pods = false }
  })]
}

resource "helm_release" "cert_manager" {
  name       = "cert-manager"
  namespace  = kubernetes_namespace_v1.this["cert-manager"].metadata[0].name
  repository = "https://charts.jetstack.io"
  chart      = "cert-manager"
  version    = "v1.17.2"
  atomic     = true
  values = [yamlencode({
    crds       = { enabled = true, keep = true }
    config     = { enableGatewayAPI = true }
    prometheus = { servicemonitor = { enabled = true, labels = { release = "kube-prometheus-stack" } } }
  })]
  depends_on = [helm_release.envoy_gateway, helm_release.prometheus]
}

# The Gateway API and an implementation of it.
resource "helm_release" "envoy_gateway" {
  name       = "envoy-gateway"
  namespace  = kubernetes_namespace_v1.this["envoy-gateway-system"].metadata[0].name
  repository = "oci://docker.io/envoyproxy"
  chart      = "gateway-helm"
  version    = "v1.4.1"
  atomic     = true
}

resource "helm_release" "percona" {
  name       = "postgres-operator"
  namespace  = kubernetes_namespace_v1.this["postgres-operator"].metadata[0].name
  repository = "https://percona.github.io/percona-helm-charts"
  chart      = "pg-operator"
  version    = "2.9.0"
  atomic     = true
  values     = [yamlencode({ watchAllNamespaces = true, disableTelemetry = true })]
}

resource "helm_release" "prometheus" {
  name       = "kube-prometheus-stack"
  namespace  = kubernetes_namespace_v1.this["monitoring"].metadata[0].name
  repository = "https://prometheus-community.github.io/helm-charts"
  chart      = "kube-prometheus-stack"
  version    = "72.6.2"
  atomic     = true
  values = [yamlencode({
    prometheus = {
      prometheusSpec = {
        retention   = "30d"
        storageSpec = { volumeClaimTemplate = { spec = { storageClassName = var.storage_class, accessModes = ["ReadWriteOnce"], resources = { requests = { storage = "50Gi" } } } } }
      }
    }
    alertmanager = { config = local.alertmanager_config }
    # The hosting provider runs these and shows them to nobody: their alerts would ring for ever.
    kubeControllerManager = { enabled = false }
    kubeScheduler         = { enabled = false }
    kubeEtcd              = { enabled = false }
    kubeProxy             = { enabled = false }
    grafana               = { persistence = { enabled = false }, sidecar = { dashboards = { searchNamespace = "ALL" } } }
    # When the databases' last backups ended.
    kube-state-metrics = {
      customResourceState = { enabled = true, config = yamldecode(file("${path.module}/../../../monitoring/kube-state-metrics/backups.yaml")) }
      rbac                = { extraRules = [{ apiGroups = ["pgv2.percona.com"], resources = ["perconapgbackups"], verbs = ["list", "watch"] }] }
    }
  })]
}

# The issuer, the class and the load balancer's addresses are objects of operators whose types a fresh cluster does not know
# before they are installed: a chart of their own, not `kubernetes_manifest`, which asks the cluster while planning.
resource "helm_release" "edge" {
  name      = "shop-edge"
  namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  chart     = "${path.module}/edge"
  atomic    = true
  values    = [yamlencode({ acmeEmail = var.acme_email, loadBalancerAnnotations = var.load_balancer_annotations, proxyProtocol = var.proxy_protocol })]

  depends_on = [helm_release.cert_manager, helm_release.envoy_gateway]
}

resource "helm_release" "databases" {
  name      = "shop-databases"
  namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  chart     = "${path.module}/../../../helm/databases"
  timeout   = 1800
  values    = [yamlencode(local.databases_values)]

  depends_on = [helm_release.percona, kubernetes_secret_v1.backups, kubernetes_secret_v1.old_backups, kubernetes_secret_v1.registry]
}

# The operator makes the logins some minutes after it was asked to, and then the databases: migrations wait for the secrets, and for an
# answer; pods come after them.
resource "helm_release" "platform" {
  name      = "shop"
  namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  chart     = "${path.module}/../../../helm/mylittleshopping"
  timeout   = local.install_seconds
  values    = [yamlencode(local.platform_values)]

  depends_on = [helm_release.databases, helm_release.edge, helm_release.prometheus, kubernetes_secret_v1.service, kubernetes_secret_v1.metrics, kubernetes_secret_v1.log_store]
}
