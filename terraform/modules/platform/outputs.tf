output "hosts" {
  description = "The names that must point at the cluster module's ingress_addresses."
  value       = local.hosts
}

output "backup_cipher_pass" {
  description = "Without it nobody reads the backups. Keep it outside of this state too."
  sensitive   = true
  value       = local.cipher_pass
}

output "kept_secrets" {
  description = "What must come along when the databases move: the variable kept_secrets of the platform that they move to."
  sensitive   = true
  value       = { service_keys = local.service_keys, client_secret = local.client_secret, auditor = local.auditor_secret, reconciler = local.reconciler_secret }
}
