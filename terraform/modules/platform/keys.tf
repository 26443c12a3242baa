# Which keys count: those that came along with the rows, else those that were drawn here. Of variables and local.drawn alone: a test works
# it out.

locals {
  given_keys = {
    for service in local.services : service => var.kept_secrets != null ? var.kept_secrets.service_keys[service] : local.drawn.service_keys[service]
  }
  service_keys = {
    for service, keys in local.given_keys : service => {
      secret_key = keys.secret_key
      # The first one encrypts, all of them read.
      field_encryption_key = join(",", distinct(concat(split(",", keys.field_encryption_key), lookup(var.former_field_encryption_keys, service, []))))
    }
  }
  client_secret     = var.kept_secrets != null ? var.kept_secrets.client_secret : local.drawn.client_secret
  auditor_secret    = var.kept_secrets != null ? var.kept_secrets.auditor : local.drawn.auditor
  reconciler_secret = var.kept_secrets != null ? var.kept_secrets.reconciler : local.drawn.reconciler

  service_secrets = {
    for service in local.services : service => merge(
      {
        SECRET_KEY           = local.service_keys[service].secret_key
        FIELD_ENCRYPTION_KEY = local.service_keys[service].field_encryption_key
      },
      service == "aggregator" ? {
        SERVICE_CLIENT_SECRET    = local.client_secret
        AUDITOR_CLIENT_SECRET    = local.auditor_secret
        RECONCILER_CLIENT_SECRET = local.reconciler_secret
      } : {},
      contains(["auth", "orders"], service) ? { MAILJET_API_KEY = var.mailjet.api_key, MAILJET_API_SECRET = var.mailjet.api_secret } : {},
      service == "inventory" ? { MEDIA_S3_ACCESS_KEY = var.image_keys.access_key, MEDIA_S3_SECRET_KEY = var.image_keys.secret_key } : {},
      service == "payment" ? { STRIPE_SECRET_KEY = var.stripe.secret_key, STRIPE_WEBHOOK_SECRET = var.stripe.webhook_secret } : {},
    )
  }
  # A changed secret is a changed value of the chart: the upgrade has auth's migration job register the callers, and starts new pods.
  secret_digests = { for service in local.services : service => sha256(jsonencode([local.service_secrets[service], local.drawn.metrics_token])) }
}
