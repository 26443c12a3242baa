output "kubernetes" {
  description = "How the cluster's API is reached: its address, its authority's certificate (PEM), a token."
  sensitive   = true
  value = {
    host           = scaleway_k8s_cluster.this.kubeconfig[0].host
    ca_certificate = base64decode(scaleway_k8s_cluster.this.kubeconfig[0].cluster_ca_certificate)
    token          = scaleway_k8s_cluster.this.kubeconfig[0].token
  }
}

output "kubeconfig_command" {
  description = "Writes an entry for kubectl."
  value       = "scw k8s kubeconfig install ${split("/", scaleway_k8s_cluster.this.id)[1]} region=${var.region}"
}

output "backup_bucket" {
  description = "Where pgBackRest writes: the databases chart's values backups."
  value = {
    bucket    = scaleway_object_bucket.backups.name
    region    = var.region
    endpoint  = "s3.${var.region}.scw.cloud"
    uri_style = "host"
  }
}

output "backup_keys" {
  description = "Who may write there."
  sensitive   = true
  value       = { access_key = scaleway_iam_api_key.this["backups"].access_key, secret_key = scaleway_iam_api_key.this["backups"].secret_key }
}

output "image_bucket" {
  description = "Where product images lie: the platform chart's values media."
  value = {
    bucket     = scaleway_object_bucket.images.name
    region     = var.region
    endpoint   = "https://s3.${var.region}.scw.cloud"
    public_url = "https://${scaleway_object_bucket.images.name}.s3.${var.region}.scw.cloud/"
  }
}

output "image_keys" {
  description = "Who may write there."
  sensitive   = true
  value       = { access_key = scaleway_iam_api_key.this["images"].access_key, secret_key = scaleway_iam_api_key.this["images"].secret_key }
}

output "ingress_addresses" {
  description = "What the DNS names of the shop must point at (A records). Known before anything runs behind them."
  value       = [scaleway_lb_ip.ingress.ip_address]
}

output "load_balancer_annotations" {
  description = "Annotations of the Gateway's Service that give it those addresses."
  value = {
    "service.beta.kubernetes.io/scw-loadbalancer-zone"   = local.all_zones[0]
    "service.beta.kubernetes.io/scw-loadbalancer-ip-ids" = scaleway_lb_ip.ingress.id
    "service.beta.kubernetes.io/scw-loadbalancer-type"   = "LB-S"
    # The load balancer is the one who connects: it says for whom.
    "service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2" = "true"
    # Pods that call a name of the shop, as cert-manager does, go by it too: past it nobody would say.
    "service.beta.kubernetes.io/scw-loadbalancer-use-hostname" = "true"
  }
}

output "proxy_protocol" {
  description = "Whether the load balancer tells callers' addresses by the PROXY protocol; false: connections come with them."
  value       = true
}

output "autoscaler" {
  description = "What the program that makes and removes nodes must know; null: the hosting provider runs one of its own."
  value       = null
}

output "storage_class" {
  description = "The storage class of the databases' disks; it can be expanded."
  value       = "sbs-5k"
}

output "api_cidrs" {
  description = "Where pods reach the cluster's API: the databases chart's networkPolicy.apiCidrs."
  value       = ["0.0.0.0/0"]
}

# Cilium weighs a packet by the pod that it goes to.
output "service_cidrs" {
  description = "Services' addresses that network policies must name: both charts' networkPolicy.serviceCidrs."
  value       = []
}
