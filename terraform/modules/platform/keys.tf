# Which keys count: those that came along with the rows, else those that were drawn here. Of variables and local.drawn alone: a test works
# it out.

locals {
  service_keys = {
    for service in local.services : service => var.kept_secrets != null ? var.kept_secrets.service_keys[service] : local.drawn.service_keys[service]
  }
  client_secret     = var.kept_secrets != null ? var.kept_secrets.client_secret : local.drawn.client_secret
  auditor_secret    = var.kept_secrets != null ? var.kept_secrets.auditor : local.drawn.auditor
  reconciler_secret = var.kept_secrets != null ? var.kept_secrets.reconciler : local.drawn.reconciler
}
