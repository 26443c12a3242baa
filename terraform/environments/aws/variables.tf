variable "name" {
  description = "The beginning of all names."
  type        = string
  default     = "shop"
}

variable "region" {
  description = "The hosting provider's region."
  type        = string
}

variable "admin_cidrs" {
  description = "From where the cluster's API may be reached."
  type        = list(string)
}

variable "node_pools" {
  description = "Groups of like nodes: see the cluster module."
  type        = map(object({ size = string, min = number, max = number, disk_gib = optional(number, 50) }))
  default     = { main = { size = "medium", min = 3, max = 8 } }
}

variable "domain" {
  description = "The shop's domain."
  type        = string
}

variable "frontend_url" {
  description = "The frontend's address."
  type        = string
}

variable "acme_email" {
  description = "Whom Let's Encrypt tells of a certificate that is about to end."
  type        = string
}

variable "alert_receiver" {
  description = "Who hears of alerts: an address that takes Alertmanager's webhooks, or a mailbox and the server (host:port) that takes mails for it, or both."
  type = object({
    webhook_url = optional(string, "")
    email       = optional(object({ to = string, from = string, smarthost = string, username = string, password = string }))
  })
  sensitive = true
}

variable "image" {
  description = "Registry and tag of the services' images."
  type        = object({ registry = string, tag = string })
}

variable "registry_login" {
  description = "The registry's user and password; null: it asks for none."
  type        = object({ username = string, password = string })
  default     = null
  sensitive   = true
}

variable "mailjet" {
  description = "Mailjet's keys, and the sender of all mails."
  type        = object({ api_key = string, api_secret = string, from = string })
  sensitive   = true
}

variable "stripe" {
  description = "Stripe's keys."
  type        = object({ secret_key = string, webhook_secret = string })
  sensitive   = true
}

variable "log_store" {
  description = "An OpenSearch outside the cluster, and where it may be reached; null: one inside, whose logs go with the cluster."
  type = object({
    url      = string
    egress   = list(object({ cidr = string, port = number }))
    username = string
    password = string
  })
  default   = null
  sensitive = true
}

variable "backup_folder" {
  description = "The folder of the backups: another one for each life of the platform."
  type        = string
  default     = "/mylittleshopping"
}

variable "bootstrap" {
  description = "Where the databases' first rows come from: another environment's output for_bootstrap, see docs/operations/move-provider.md. Emptied afterwards."
  type = object({
    bucket      = string
    region      = string
    endpoint    = string
    uri_style   = string
    folder      = string
    access_key  = string
    secret_key  = string
    cipher_pass = string
    # Up to when rows are taken, e.g. "2026-11-26 14:05:00+00"; empty: all that was archived.
    until = optional(string, "")
    # Up to when the backups hold everything for sure; empty: until. Earlier does no harm.
    recovery_point = optional(string, "")
  })
  default   = null
  sensitive = true
}

variable "kept_secrets" {
  description = "The keys of the platform that the rows come from: its output kept_secrets. Stays set for as long as the rows live."
  type = object({
    service_keys  = map(object({ secret_key = string, field_encryption_key = string }))
    client_secret = string
    auditor       = string
    reconciler    = string
  })
  default   = null
  sensitive = true
}

variable "former_field_encryption_keys" {
  description = "While FIELD_ENCRYPTION_KEY is replaced: by service, the keys that rows may still be encrypted with. See docs/operations/cluster.md."
  type        = map(list(string))
  default     = {}
  sensitive   = true
}
