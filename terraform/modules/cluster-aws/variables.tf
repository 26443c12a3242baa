# The same file in every cluster-* module: moving is choosing another one.

variable "name" {
  description = "The beginning of all names."
  type        = string

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,20}[a-z0-9])?$", var.name))
    error_message = "name: up to 22 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "The hosting provider's region, e.g. eu-west-3 or fr-par."
  type        = string
}

variable "zones" {
  description = "Over how many zones of the region the nodes are spread."
  type        = number
  default     = 3

  validation {
    condition     = var.zones >= 1 && var.zones <= 3 && floor(var.zones) == var.zones
    error_message = "zones: 1, 2 or 3."
  }
}

variable "network_cidr" {
  description = "The private network of nodes and pods, a /16."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrhost(var.network_cidr, 0)) && endswith(var.network_cidr, "/16")
    error_message = "network_cidr: an IPv4 network of 65,536 addresses, e.g. 10.40.0.0/16."
  }
}

variable "kubernetes_version" {
  description = "Kubernetes' minor version; the charts need 1.32 or newer."
  type        = string
  default     = "1.33"

  validation {
    condition     = can(regex("^1\\.(3[2-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version: 1.32 or newer, without the patch number."
  }
}

variable "node_pools" {
  description = "Groups of like nodes. size: small (2 CPUs, 8 GiB), medium (4 CPUs, 16 GiB) or large (8 CPUs, 32 GiB). An autoscaler keeps their number between min and max."
  type = map(object({
    size     = string
    min      = number
    max      = number
    disk_gib = optional(number, 50)
  }))
  default = {
    main = { size = "medium", min = 3, max = 8 }
  }

  validation {
    condition     = length(var.node_pools) > 0 && alltrue([for pool in var.node_pools : contains(["small", "medium", "large"], pool.size)])
    error_message = "node_pools: at least one, each small, medium or large."
  }
  validation {
    condition     = alltrue([for pool in var.node_pools : 1 <= pool.min && pool.min <= pool.max])
    error_message = "node_pools: min is 1 or more, and not more than max."
  }
}

variable "admin_cidrs" {
  description = "From where the cluster's API may be reached. Nobody else gets as far as its login."
  type        = list(string)

  validation {
    condition     = length(var.admin_cidrs) > 0 && !contains(var.admin_cidrs, "0.0.0.0/0") && alltrue([for cidr in var.admin_cidrs : can(cidrhost(cidr, 0))])
    error_message = "admin_cidrs: networks of the operators, and not the whole internet."
  }
}

variable "backup_lock_days" {
  description = "Days for which nobody, with whatever rights, can remove or overwrite a backup. Less than what retention keeps."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_lock_days >= 1 && var.backup_lock_days <= 365
    error_message = "backup_lock_days: 1 to 365."
  }
}

variable "labels" {
  description = "Labels (tags) of everything that can have them."
  type        = map(string)
  default     = {}
}
