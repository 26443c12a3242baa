# `terraform test` with a provider that answers for itself: no account is needed, nothing is made.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-3a", "eu-west-3b", "eu-west-3c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-3:123456789012:key/mock" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_eks_cluster" {
    defaults = {
      endpoint              = "https://mock.eks.amazonaws.com"
      certificate_authority = [{ data = "bW9jaw==" }]
    }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock", bucket_regional_domain_name = "mock.s3.eu-west-3.amazonaws.com" }
  }
}

variables {
  name        = "shop"
  region      = "eu-west-3"
  admin_cidrs = ["198.51.100.0/24"]
}

run "three_zones" {
  command = apply

  assert {
    condition     = length(aws_subnet.private) == 3 && length(aws_nat_gateway.this) == 3
    error_message = "A zone that is lost must take no other with it."
  }
  assert {
    condition     = length(distinct(concat([for s in aws_subnet.private : s.cidr_block], [for s in aws_subnet.public : s.cidr_block]))) == 6
    error_message = "Each subnet has addresses of its own."
  }
  assert {
    condition     = alltrue([for s in aws_subnet.private : s.map_public_ip_on_launch != true])
    error_message = "Nodes have no public addresses."
  }
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["198.51.100.0/24"])
    error_message = "Only the operators' networks reach the cluster's API."
  }
  assert {
    condition     = aws_eks_node_group.this["main"].scaling_config[0].min_size == 3 && aws_eks_node_group.this["main"].instance_types == tolist(["m7i.xlarge"])
    error_message = "The pools are those of the variable."
  }
  assert {
    condition     = jsondecode(aws_eks_addon.this["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "Network policies must be enforced."
  }
  assert {
    condition     = aws_s3_bucket.backups.object_lock_enabled && aws_s3_bucket_object_lock_configuration.backups.rule[0].default_retention[0].mode == "COMPLIANCE"
    error_message = "Backups cannot be removed before their time."
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.this["backups"].block_public_policy && aws_s3_bucket_public_access_block.this["backups"].restrict_public_buckets
    error_message = "Nobody reads the backups."
  }
  assert {
    condition     = output.backup_bucket == { bucket = "shop-backups-123456789012", region = "eu-west-3", endpoint = "s3.eu-west-3.amazonaws.com", uri_style = "host" }
    error_message = "The databases chart is told where the bucket is."
  }
  assert {
    condition     = length(output.ingress_addresses) == 3 && length(split(",", output.load_balancer_annotations["service.beta.kubernetes.io/aws-load-balancer-eip-allocations"])) == 3
    error_message = "DNS names have an address in each zone."
  }
  assert {
    condition     = output.autoscaler == { cluster = aws_eks_cluster.this.name, region = "eu-west-3" } && strcontains(aws_iam_role_policy.autoscaler.policy, "k8s.io/cluster-autoscaler/shop")
    error_message = "The autoscaler changes the number of this cluster's nodes, and of no other's."
  }
  assert {
    condition     = aws_ebs_encryption_by_default.this.enabled && alltrue([for t in aws_launch_template.nodes : tobool(t.block_device_mappings[0].ebs[0].encrypted)])
    error_message = "Disks are encrypted: the databases' and the nodes'."
  }
  assert {
    condition     = aws_eks_cluster.this.kubernetes_network_config[0].service_ipv4_cidr == "172.20.0.0/16" && output.service_cidrs == ["172.20.0.0/16"] && output.api_cidrs == ["10.40.0.0/16", "172.20.0.0/16"]
    error_message = "Amazon's CNI sees Services' addresses: policies must let pods reach databases and the cluster's API by them."
  }
}

run "one_zone" {
  command = plan
  variables { zones = 1 }

  assert {
    condition     = length(aws_subnet.private) == 1
    error_message = "zones = 1 makes one."
  }
}

run "refuses_an_api_that_is_open_to_all" {
  command = plan
  variables { admin_cidrs = ["0.0.0.0/0"] }
  expect_failures = [var.admin_cidrs]
}

run "refuses_an_unknown_size" {
  command = plan
  variables { node_pools = { main = { size = "huge", min = 1, max = 2 } } }
  expect_failures = [var.node_pools]
}

run "refuses_an_old_kubernetes" {
  command = plan
  variables { kubernetes_version = "1.31" }
  expect_failures = [var.kubernetes_version]
}

run "refuses_a_small_network" {
  command = plan
  variables { network_cidr = "10.40.0.0/24" }
  expect_failures = [var.network_cidr]
}
