locals {
  commercial_types = { small = "PRO2-XS", medium = "PRO2-S", large = "PRO2-M" }
  tags             = concat(["mylittleshopping"], [for key, value in var.labels : "${key}=${value}"])
  all_zones        = [for number in range(1, var.zones + 1) : "${var.region}-${number}"]

  # A pool lies in one zone here: one per pool and zone, the numbers shared out.
  pools = merge([
    for name, pool in var.node_pools : {
      for place, zone in local.all_zones : "${name}-${zone}" => {
        zone     = zone
        size     = pool.size
        disk_gib = pool.disk_gib
        min      = floor(pool.min / var.zones) + (place < pool.min % var.zones ? 1 : 0)
        max      = floor(pool.max / var.zones) + (place < pool.max % var.zones ? 1 : 0)
      }
    }
  ]...)
}

resource "scaleway_vpc" "this" {
  name   = var.name
  region = var.region
  tags   = local.tags
}

resource "scaleway_vpc_private_network" "this" {
  name   = var.name
  region = var.region
  vpc_id = scaleway_vpc.this.id
  tags   = local.tags

  ipv4_subnet { subnet = var.network_cidr }
}

# Nodes have no public addresses: one gateway a zone takes them out.
resource "scaleway_vpc_public_gateway_ip" "this" {
  for_each = toset(local.all_zones)
  zone     = each.value
  tags     = local.tags
}

resource "scaleway_vpc_public_gateway" "this" {
  for_each        = toset(local.all_zones)
  name            = "${var.name}-${each.value}"
  zone            = each.value
  type            = "VPC-GW-S"
  ip_id           = scaleway_vpc_public_gateway_ip.this[each.value].id
  bastion_enabled = false
  tags            = local.tags
}

resource "scaleway_vpc_gateway_network" "this" {
  for_each           = toset(local.all_zones)
  gateway_id         = scaleway_vpc_public_gateway.this[each.value].id
  private_network_id = scaleway_vpc_private_network.this.id
  zone               = each.value
  enable_masquerade  = true

  ipam_config { push_default_route = true }
}

resource "scaleway_k8s_cluster" "this" {
  name                        = var.name
  region                      = var.region
  version                     = var.kubernetes_version
  cni                         = "cilium"
  private_network_id          = scaleway_vpc_private_network.this.id
  delete_additional_resources = false
  tags                        = local.tags

  auto_upgrade {
    enable                        = true
    maintenance_window_day        = "tuesday"
    maintenance_window_start_hour = 3
  }

  autoscaler_config {
    disable_scale_down               = false
    scale_down_unneeded_time         = "10m"
    ignore_daemonsets_utilization    = true
    balance_similar_node_groups      = true
    max_graceful_termination_sec     = 600
    scale_down_utilization_threshold = 0.5
  }

  depends_on = [scaleway_vpc_gateway_network.this]
}

resource "scaleway_k8s_pool" "this" {
  for_each               = local.pools
  cluster_id             = scaleway_k8s_cluster.this.id
  name                   = each.key
  region                 = var.region
  zone                   = each.value.zone
  node_type              = local.commercial_types[each.value.size]
  size                   = max(each.value.min, 1)
  min_size               = each.value.min
  max_size               = max(each.value.max, 1)
  autoscaling            = true
  autohealing            = true
  public_ip_disabled     = true
  root_volume_type       = "sbs_5k"
  root_volume_size_in_gb = each.value.disk_gib
  tags                   = local.tags

  upgrade_policy {
    max_unavailable = 0
    max_surge       = 1
  }

  # The autoscaler's business once it runs.
  lifecycle { ignore_changes = [size] }
}

resource "scaleway_k8s_acl" "this" {
  cluster_id = scaleway_k8s_cluster.this.id
  region     = var.region

  dynamic "acl_rules" {
    for_each = toset(var.admin_cidrs)
    content {
      ip          = acl_rules.value
      description = "operators"
    }
  }
  # The nodes themselves.
  acl_rules {
    scaleway_ranges = true
    description     = "nodes"
  }
}

# The address that the DNS names point at; it outlives the load balancer.
resource "scaleway_lb_ip" "ingress" {
  zone = local.all_zones[0]
  tags = local.tags
}
