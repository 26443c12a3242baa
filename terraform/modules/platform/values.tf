# The charts' values, of nothing but variables and keys.tf: a test gives them to Helm.

locals {
  services = toset(["aggregator", "auth", "inventory", "orders", "payment"])
  hosts    = { for service in local.services : service => "${service == "aggregator" ? "api" : service}.${var.domain}" }

  databases_values = {
    platform = { release = "shop", name = "mylittleshopping" }
    defaults = { storageClass = var.storage_class }
    images   = { pullSecrets = ["registry"] }
    backups = {
      bucket   = var.backup_bucket.bucket
      region   = var.backup_bucket.region
      endpoint = var.backup_bucket.endpoint
      uriStyle = var.backup_bucket.uri_style
      folder   = var.backup_folder
      secret   = "shop-backups"
    }
    bootstrap = {
      enabled  = var.bootstrap != null
      bucket   = try(var.bootstrap.bucket, "")
      region   = try(var.bootstrap.region, "")
      endpoint = try(var.bootstrap.endpoint, "")
      uriStyle = try(var.bootstrap.uri_style, "host")
      folder   = try(var.bootstrap.folder, "/mylittleshopping")
      until    = try(var.bootstrap.until, "")
      secret   = "shop-old-backups"
    }
    restoreCheck  = { image = "${var.image.registry}/mylittleshopping/aggregator:${var.image.tag}" }
    networkPolicy = { apiCidrs = var.api_cidrs, serviceCidrs = var.service_cidrs }
  }

  # Seconds: a restore takes a minute for each 2 to 4 GiB. Helm's own time-out comes last.
  migrations      = { waitSeconds = var.bootstrap == null ? 1200 : 14400, deadlineSeconds = var.bootstrap == null ? 1500 : 18000 }
  install_seconds = local.migrations.deadlineSeconds + 900

  # Who hears of alerts. `ticket` waits for the morning: it is not repeated before that. `none` is Watchdog, which always rings.
  alertmanager_config = {
    route = {
      receiver        = "operators"
      group_by        = ["namespace", "alertname", "app"]
      group_wait      = "30s"
      group_interval  = "5m"
      repeat_interval = "4h"
      routes = [
        { receiver = "nobody", matchers = ["severity=~\"none|info\""] },
        { receiver = "operators", matchers = ["severity=~\"ticket|warning\""], repeat_interval = "24h" },
      ]
    }
    receivers = [
      { name = "nobody" },
      {
        for key, value in {
          name            = "operators"
          webhook_configs = var.alert_receiver.webhook_url == "" ? null : [{ url = var.alert_receiver.webhook_url, send_resolved = true }]
          email_configs = var.alert_receiver.email == null ? null : [{
            to            = var.alert_receiver.email.to
            from          = var.alert_receiver.email.from
            smarthost     = var.alert_receiver.email.smarthost
            auth_username = var.alert_receiver.email.username
            auth_password = var.alert_receiver.email.password
            send_resolved = true
          }]
        } : key => value if value != null
      },
    ]
  }

  # The variables of each service, and the keys of its secret, beyond what every one has.
  own_config = {
    aggregator = { CORS_ALLOWED_ORIGINS = var.frontend_url }
    payment    = { PAYMENT_PROVIDER = "stripe" }
  }
  own_keys = { payment = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"] }

  platform_values = {
    image    = { registry = var.image.registry, tag = var.image.tag, pullSecrets = ["registry"] }
    defaults = { config = { FRONTEND_URL = var.frontend_url } }
    services = {
      for service in local.services : service => {
        host           = local.hosts[service]
        config         = lookup(local.own_config, service, {})
        podAnnotations = { "mylittleshopping/secrets" = substr(local.secret_digests[service], 0, 16) }
        secret         = { existing = "shop-${service}-secrets", keys = lookup(local.own_keys, service, []) }
      }
    }
    # Migrations wait for their databases: until they are made, or restored.
    migrations = local.migrations
    # Noted in each database before a pod starts: nobody writes until reconcile has compared them.
    restored = { for service in local.services : service => coalesce(var.bootstrap.recovery_point, var.bootstrap.until) if var.bootstrap != null }
    mailjet  = { from = var.mailjet.from }
    media = {
      bucket    = var.image_bucket.bucket
      region    = var.image_bucket.region
      endpoint  = var.image_bucket.endpoint
      publicUrl = var.image_bucket.public_url
    }
    gateway = {
      create      = true
      className   = "shop"
      namespace   = "envoy-gateway-system"
      annotations = { "cert-manager.io/cluster-issuer" = "shop-letsencrypt" }
    }
    networkPolicy = { serviceCidrs = var.service_cidrs }
    metrics       = { secret = "shop-metrics" }
    logs = {
      fluentBit = { namespace = "mylittleshopping-logs" }
      logstash  = { queue = { storageClass = var.storage_class } }
      store = {
        mode         = var.log_store == null ? "internal" : "external"
        url          = try(var.log_store.url, "")
        secret       = var.log_store == null ? "" : "shop-log-store"
        egress       = try(var.log_store.egress, [])
        storageClass = var.storage_class
      }
    }
  }
}
