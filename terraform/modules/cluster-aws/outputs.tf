output "kubernetes" {
  description = "How the cluster's API is reached: its address, its authority's certificate (PEM), a token."
  sensitive   = true
  value = {
    host           = aws_eks_cluster.this.endpoint
    ca_certificate = base64decode(aws_eks_cluster.this.certificate_authority[0].data)
    token          = data.aws_eks_cluster_auth.this.token
  }
}

output "kubeconfig_command" {
  description = "Writes an entry for kubectl."
  value       = "aws eks update-kubeconfig --region ${var.region} --name ${aws_eks_cluster.this.name}"
}

output "backup_bucket" {
  description = "Where pgBackRest writes: the databases chart's values backups."
  value = {
    bucket    = aws_s3_bucket.backups.bucket
    region    = var.region
    endpoint  = "s3.${var.region}.amazonaws.com"
    uri_style = "host"
  }
}

output "backup_keys" {
  description = "Who may write there."
  sensitive   = true
  value       = { access_key = aws_iam_access_key.this["backups"].id, secret_key = aws_iam_access_key.this["backups"].secret }
}

output "image_bucket" {
  description = "Where product images lie: the platform chart's values media."
  value = {
    bucket     = aws_s3_bucket.images.bucket
    region     = var.region
    endpoint   = ""
    public_url = "https://${aws_s3_bucket.images.bucket_regional_domain_name}/"
  }
}

output "image_keys" {
  description = "Who may write there."
  sensitive   = true
  value       = { access_key = aws_iam_access_key.this["images"].id, secret_key = aws_iam_access_key.this["images"].secret }
}

output "ingress_addresses" {
  description = "What the DNS names of the shop must point at (A records). Known before anything runs behind them."
  value       = [for address in aws_eip.ingress : address.public_ip]
}

output "load_balancer_annotations" {
  description = "Annotations of the Gateway's Service that give it those addresses."
  value = {
    "service.beta.kubernetes.io/aws-load-balancer-type"            = "nlb"
    "service.beta.kubernetes.io/aws-load-balancer-eip-allocations" = join(",", [for address in aws_eip.ingress : address.allocation_id])
    "service.beta.kubernetes.io/aws-load-balancer-subnets"         = join(",", [for subnet in aws_subnet.public : subnet.id])
  }
}

output "proxy_protocol" {
  description = "Whether the load balancer tells callers' addresses by the PROXY protocol; false: connections come with them."
  value       = false
}

output "autoscaler" {
  description = "What the program that makes and removes nodes must know; null: the hosting provider runs one of its own."
  value       = { cluster = var.name, region = var.region }
}

output "storage_class" {
  description = "The storage class of the databases' disks; it can be expanded."
  value       = "ebs-csi-default-sc"
}

output "api_cidrs" {
  description = "Where pods reach the cluster's API: the databases chart's networkPolicy.apiCidrs."
  value       = [var.network_cidr, local.service_cidr]
}

output "service_cidrs" {
  description = "Services' addresses that network policies must name: both charts' networkPolicy.serviceCidrs."
  value       = [local.service_cidr]
}
