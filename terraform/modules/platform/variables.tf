# What the cluster modules give.

variable "backup_bucket" {
  description = "Where pgBackRest writes."
  type        = object({ bucket = string, region = string, endpoint = string, uri_style = string })
}

variable "backup_keys" {
  description = "Who may write there."
  type        = object({ access_key = string, secret_key = string })
  sensitive   = true
}

variable "backup_folder" {
  description = "The folder in it: another one for each life of the platform."
  type        = string
  default     = "/mylittleshopping"
}

variable "image_bucket" {
  description = "Where product images lie."
  type        = object({ bucket = string, region = string, endpoint = string, public_url = string })
}

variable "image_keys" {
  description = "Who may write there."
  type        = object({ access_key = string, secret_key = string })
  sensitive   = true
}

variable "load_balancer_annotations" {
  description = "Annotations that give the Gateway's load balancer its addresses."
  type        = map(string)
}

variable "proxy_protocol" {
  description = "Whether the load balancer tells callers' addresses by the PROXY protocol."
  type        = bool
}

variable "autoscaler" {
  description = "What the program that makes and removes nodes must know, at Amazon; null: the hosting provider runs one of its own."
  type        = object({ cluster = string, region = string })
}

variable "storage_class" {
  description = "The storage class of the databases' disks."
  type        = string
}

variable "api_cidrs" {
  description = "Where pods reach the cluster's API."
  type        = list(string)
}

variable "service_cidrs" {
  description = "Services' addresses that network policies must name, where the network sees them."
  type        = list(string)
}

# What the operators decide.

variable "domain" {
  description = "The shop's domain: its services are api.<domain>, auth.<domain> and so on."
  type        = string
}

variable "frontend_url" {
  description = "The frontend's address: links in mails, and whose scripts may call the API."
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

  validation {
    condition     = var.alert_receiver.webhook_url != "" || var.alert_receiver.email != null
    error_message = "alert_receiver: webhook_url or email. Alerts that reach nobody are none."
  }
  validation {
    condition     = can(regex("^(https?://.+)?$", var.alert_receiver.webhook_url))
    error_message = "alert_receiver.webhook_url: an address, https://…"
  }
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

  validation {
    condition     = var.registry_login == null ? true : alltrue([for value in values(var.registry_login) : trimspace(value) != ""])
    error_message = "registry_login: username and password must not be empty; null where the registry asks for none."
  }
}

variable "mailjet" {
  description = "Mailjet's keys, and the sender of all mails."
  type        = object({ api_key = string, api_secret = string, from = string })
  sensitive   = true

  validation {
    condition     = alltrue([for value in values(var.mailjet) : trimspace(value) != ""])
    error_message = "mailjet: api_key, api_secret and from must not be empty."
  }
}

variable "stripe" {
  description = "Stripe's keys."
  type        = object({ secret_key = string, webhook_secret = string })
  sensitive   = true

  validation {
    condition     = alltrue([for value in values(var.stripe) : trimspace(value) != ""])
    error_message = "stripe: secret_key and webhook_secret must not be empty."
  }
}

variable "log_store" {
  description = "An OpenSearch outside the cluster; null: one inside."
  type = object({
    url      = string
    egress   = list(object({ cidr = string, port = number }))
    username = string
    password = string
  })
  default   = null
  sensitive = true
}

variable "bootstrap" {
  description = "Where the databases' first rows come from: the bucket of another platform's backups, its keys, its cipher-pass; null: empty databases. Counts while the databases are made, and not afterwards."
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

  validation {
    condition     = var.bootstrap == null ? true : var.bootstrap.until != "" || var.bootstrap.recovery_point != ""
    error_message = "bootstrap.recovery_point: say up to when the backups hold everything, where until is empty. Reconcile compares what is newer."
  }
  validation {
    condition     = var.bootstrap == null || var.kept_secrets != null
    error_message = "bootstrap needs kept_secrets, the old environment's output of that name: its rows are encrypted with the keys in it."
  }
}

variable "kept_secrets" {
  description = "The keys of the platform that the rows come from, for as long as the rows live: without them nobody reads what is encrypted in the databases. null: keys drawn here."
  type = object({
    service_keys  = map(object({ secret_key = string, field_encryption_key = string }))
    client_secret = string
    auditor       = string
    reconciler    = string
  })
  default   = null
  sensitive = true

  validation {
    condition     = var.kept_secrets == null || toset(keys(try(var.kept_secrets.service_keys, {}))) == toset(["aggregator", "auth", "inventory", "orders", "payment"])
    error_message = "kept_secrets.service_keys: the keys of all five services, and of no others."
  }
}

variable "former_field_encryption_keys" {
  description = "While FIELD_ENCRYPTION_KEY is replaced: by service, the keys that rows may still be encrypted with. See docs/operations/cluster.md."
  type        = map(list(string))
  default     = {}
  sensitive   = true

  validation {
    condition     = alltrue([for service in keys(var.former_field_encryption_keys) : contains(["aggregator", "auth", "inventory", "orders", "payment"], service)])
    error_message = "former_field_encryption_keys: lists by the name of a service."
  }
  validation {
    condition     = alltrue([for key in flatten(values(var.former_field_encryption_keys)) : can(regex("^[A-Za-z0-9_-]{43}=$", key))])
    error_message = "former_field_encryption_keys: each is 32 bytes in URL-safe base64."
  }
}
