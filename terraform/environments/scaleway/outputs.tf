output "dns" {
  description = "The A records to set: each name at each of these addresses."
  value       = { for service, host in module.platform.hosts : host => module.cluster.ingress_addresses }
}

output "kubeconfig_command" {
  description = "Writes an entry for kubectl."
  value       = module.cluster.kubeconfig_command
}

output "backup_cipher_pass" {
  description = "Without it nobody reads the backups. Keep it outside of this state too."
  sensitive   = true
  value       = module.platform.backup_cipher_pass
}

output "for_bootstrap" {
  description = "Where another environment finds this one's backups: its bootstrap, but for `until`."
  sensitive   = true
  value = merge(
    module.cluster.backup_bucket,
    module.cluster.backup_keys,
    { folder = var.backup_folder, cipher_pass = module.platform.backup_cipher_pass },
  )
}

output "kept_secrets" {
  description = "What must be known wherever the databases' rows are: another environment's kept_secrets."
  sensitive   = true
  value       = module.platform.kept_secrets
}
