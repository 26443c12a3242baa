terraform {
  required_version = ">= 1.10"

  required_providers {
    aws        = { source = "hashicorp/aws", version = ">= 5.95, < 7.0" }
    helm       = { source = "hashicorp/helm", version = ">= 3.0, < 4.0" }
    kubernetes = { source = "hashicorp/kubernetes", version = ">= 2.35, < 4.0" }
  }

  # The state holds secrets: an encrypted bucket with versions, at another provider than the one that may fail if you can, locked while
  # it is written. `terraform init -backend-config=backend.hcl`, see backend.hcl.example.
  backend "s3" {
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
}

# By a token of the cluster that is made here: the first `terraform apply` makes the cluster, then what is on it.
provider "kubernetes" {
  host                   = module.cluster.kubernetes.host
  cluster_ca_certificate = module.cluster.kubernetes.ca_certificate
  token                  = module.cluster.kubernetes.token
}

provider "helm" {
  kubernetes = {
    host                   = module.cluster.kubernetes.host
    cluster_ca_certificate = module.cluster.kubernetes.ca_certificate
    token                  = module.cluster.kubernetes.token
  }
}
