# Drawn once and kept in the state, which therefore lies encrypted and is nobody else's. What encrypts rows in the databases
# (field_encryption_key) must come along when the rows do: keys.tf.

locals {
  drawn = {
    service_keys = {
      for service in local.services : service => {
        secret_key = random_password.secret_key[service].result
        # URL-safe base64 of 32 bytes: a Fernet key.
        field_encryption_key = replace(replace(random_bytes.field_encryption_key[service].base64, "+", "-"), "/", "_")
      }
    }
    client_secret = random_password.client["aggregator"].result
    auditor       = random_password.client["auditor"].result
    reconciler    = random_password.client["reconciler"].result
    metrics_token = random_password.metrics_token.result
  }
  cipher_pass = random_password.cipher_pass.result
}

resource "random_password" "secret_key" {
  for_each = local.services
  length   = 64
  special  = false
}

resource "random_bytes" "field_encryption_key" {
  for_each = local.services
  length   = 32
}

resource "random_password" "client" {
  for_each = toset(["aggregator", "auditor", "reconciler"])
  length   = 48
  special  = false
}

resource "random_password" "metrics_token" {
  length  = 48
  special = false
}

# Without it nobody reads the backups: note it outside of the state too (`terraform output -raw backup_cipher_pass`).
resource "random_password" "cipher_pass" {
  length  = 64
  special = false
}

resource "kubernetes_secret_v1" "service" {
  for_each = local.services

  metadata {
    name      = "shop-${each.key}-secrets"
    namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  }

  data = local.service_secrets[each.key]
}

resource "kubernetes_secret_v1" "metrics" {
  metadata {
    name      = "shop-metrics"
    namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  }
  data = { METRICS_TOKEN = local.drawn.metrics_token }
}

resource "kubernetes_secret_v1" "backups" {
  metadata {
    name      = "shop-backups"
    namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  }
  # pgBackRest's own file.
  data = {
    "s3.conf" = <<-EOT
      [global]
      repo1-s3-key=${var.backup_keys.access_key}
      repo1-s3-key-secret=${var.backup_keys.secret_key}
      repo1-cipher-pass=${local.cipher_pass}
    EOT
  }
}

# Of the platform that this one starts from; empty where it starts from nothing.
resource "kubernetes_secret_v1" "old_backups" {
  metadata {
    name      = "shop-old-backups"
    namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  }
  data = {
    "s3.conf" = var.bootstrap == null ? "" : <<-EOT
      [global]
      repo1-s3-key=${var.bootstrap.access_key}
      repo1-s3-key-secret=${var.bootstrap.secret_key}
      repo1-cipher-pass=${var.bootstrap.cipher_pass}
    EOT
  }
}

resource "kubernetes_secret_v1" "registry" {
  metadata {
    name      = "registry"
    namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  }
  type = "kubernetes.io/dockerconfigjson"
  data = {
    ".dockerconfigjson" = jsonencode({
      auths = var.registry_login == null ? {} : {
        (var.image.registry) = {
          username = var.registry_login.username
          password = var.registry_login.password
          auth     = base64encode("${var.registry_login.username}:${var.registry_login.password}")
        }
      }
    })
  }
}

resource "kubernetes_secret_v1" "log_store" {
  metadata {
    name      = "shop-log-store"
    namespace = kubernetes_namespace_v1.this["mylittleshopping"].metadata[0].name
  }
  data = {
    username = var.log_store == null ? "" : var.log_store.username
    password = var.log_store == null ? "" : var.log_store.password
  }
}
