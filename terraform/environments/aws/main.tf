# The shop at aws: a cluster, and the platform on it. The other environments differ in the cluster's module and its provider alone.

module "cluster" {
  source = "../../modules/cluster-aws"

  name        = var.name
  region      = var.region
  admin_cidrs = var.admin_cidrs
  node_pools  = var.node_pools
}

module "platform" {
  source = "../../modules/platform"

  backup_bucket             = module.cluster.backup_bucket
  backup_keys               = module.cluster.backup_keys
  backup_folder             = var.backup_folder
  image_bucket              = module.cluster.image_bucket
  image_keys                = module.cluster.image_keys
  load_balancer_annotations = module.cluster.load_balancer_annotations
  proxy_protocol            = module.cluster.proxy_protocol
  autoscaler                = module.cluster.autoscaler
  storage_class             = module.cluster.storage_class
  api_cidrs                 = module.cluster.api_cidrs
  service_cidrs             = module.cluster.service_cidrs

  domain         = var.domain
  frontend_url   = var.frontend_url
  acme_email     = var.acme_email
  alert_receiver = var.alert_receiver
  image          = var.image
  registry_login = var.registry_login
  mailjet        = var.mailjet
  stripe         = var.stripe
  log_store      = var.log_store
  bootstrap      = var.bootstrap
  kept_secrets   = var.kept_secrets

  former_field_encryption_keys = var.former_field_encryption_keys
}
