data "scaleway_account_project" "current" {}

# Backups: encrypted by pgBackRest, every version kept, none removable before its time.
resource "scaleway_object_bucket" "backups" {
  name                = "${var.name}-backups-${substr(data.scaleway_account_project.current.id, 0, 8)}"
  region              = var.region
  object_lock_enabled = true
  tags                = { "part-of" = "mylittleshopping" }

  versioning { enabled = true }

  lifecycle_rule {
    id                                     = "unfinished-uploads"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7
  }
}

resource "scaleway_object_bucket_lock_configuration" "backups" {
  bucket = scaleway_object_bucket.backups.name
  region = var.region

  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.backup_lock_days
    }
  }
}

# Product images: browsers read them, by name, and cannot list them.
resource "scaleway_object_bucket" "images" {
  name   = "${var.name}-images-${substr(data.scaleway_account_project.current.id, 0, 8)}"
  region = var.region
  tags   = { "part-of" = "mylittleshopping" }

  versioning { enabled = true }

  lifecycle_rule {
    id                                     = "unfinished-uploads"
    enabled                                = true
    abort_incomplete_multipart_upload_days = 7
  }
}

# Who writes: pgBackRest into one, the inventory service into the other. A bucket's policy names all who may do anything.
resource "scaleway_iam_application" "this" {
  for_each    = toset(["backups", "images"])
  name        = "${var.name}-${each.value}"
  description = "Writes into the bucket of the ${each.value}."
}

resource "scaleway_iam_policy" "this" {
  for_each       = scaleway_iam_application.this
  name           = "${var.name}-${each.key}"
  application_id = each.value.id

  rule {
    project_ids          = [data.scaleway_account_project.current.id]
    permission_set_names = ["ObjectStorageObjectsRead", "ObjectStorageObjectsWrite", "ObjectStorageObjectsDelete", "ObjectStorageBucketsRead"]
  }
}

resource "scaleway_iam_api_key" "this" {
  for_each       = scaleway_iam_application.this
  application_id = each.value.id
  description    = "${var.name}: ${each.key}"
}

resource "scaleway_object_bucket_policy" "backups" {
  bucket = scaleway_object_bucket.backups.id
  policy = jsonencode({
    Version = "2023-04-17"
    Statement = [
      {
        Sid       = "PgBackRest"
        Effect    = "Allow"
        Principal = { SCW = "application_id:${scaleway_iam_application.this["backups"].id}" }
        Action    = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource  = [scaleway_object_bucket.backups.name, "${scaleway_object_bucket.backups.name}/*"]
      },
      {
        Sid       = "Project"
        Effect    = "Allow"
        Principal = { SCW = "project_id:${data.scaleway_account_project.current.id}" }
        Action    = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:GetBucketVersioning", "s3:PutBucketVersioning", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:ListBucket"]
        Resource  = [scaleway_object_bucket.backups.name]
      },
    ]
  })
}

resource "scaleway_object_bucket_policy" "images" {
  bucket = scaleway_object_bucket.images.id
  policy = jsonencode({
    Version = "2023-04-17"
    Statement = [
      {
        Sid       = "Inventory"
        Effect    = "Allow"
        Principal = { SCW = "application_id:${scaleway_iam_application.this["images"].id}" }
        Action    = ["s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource  = [scaleway_object_bucket.images.name, "${scaleway_object_bucket.images.name}/*"]
      },
      {
        Sid       = "Browsers"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["s3:GetObject"]
        Resource  = ["${scaleway_object_bucket.images.name}/*"]
      },
      {
        Sid       = "Project"
        Effect    = "Allow"
        Principal = { SCW = "project_id:${data.scaleway_account_project.current.id}" }
        Action    = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:GetBucketVersioning", "s3:PutBucketVersioning", "s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:ListBucket"]
        Resource  = [scaleway_object_bucket.images.name]
      },
    ]
  })
}
