# Backups: encrypted by pgBackRest and again at rest, every version kept, none removable before its time. A bucket that holds
# anything cannot be destroyed either.
resource "aws_s3_bucket" "backups" {
  bucket              = "${var.name}-backups-${data.aws_caller_identity.current.account_id}"
  object_lock_enabled = true
  tags                = local.tags
}

resource "aws_s3_bucket_object_lock_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id
  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = var.backup_lock_days
    }
  }
}

# Product images: browsers read them, by name, and cannot list them.
resource "aws_s3_bucket" "images" {
  bucket = "${var.name}-images-${data.aws_caller_identity.current.account_id}"
  tags   = local.tags
}

locals {
  buckets = { backups = aws_s3_bucket.backups, images = aws_s3_bucket.images }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets
  bucket   = each.value.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets
  bucket   = each.value.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      # Browsers could not read what a key of ours encrypts.
      sse_algorithm     = each.key == "backups" ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "backups" ? aws_kms_key.this.arn : null
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each   = local.buckets
  bucket     = each.value.id
  depends_on = [aws_s3_bucket_versioning.this]

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration { noncurrent_days = each.key == "backups" ? var.backup_lock_days : 30 }
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = local.buckets
  bucket                  = each.value.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = each.key == "backups"
  restrict_public_buckets = each.key == "backups"
}

resource "aws_s3_bucket_policy" "images" {
  bucket = aws_s3_bucket.images.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Read", Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "${aws_s3_bucket.images.arn}/*" }]
  })
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_policy" "backups" {
  bucket = aws_s3_bucket.backups.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyByTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.backups.arn, "${aws_s3_bucket.backups.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# Who writes: pgBackRest into one, the inventory service into the other.
resource "aws_iam_user" "this" {
  for_each = local.buckets
  name     = "${var.name}-${each.key}"
  tags     = local.tags
}

resource "aws_iam_user_policy" "this" {
  for_each = local.buckets
  name     = "bucket"
  user     = aws_iam_user.this[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = each.value.arn },
      { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = "${each.value.arn}/*" },
      ], each.key == "backups" ? [
      { Effect = "Allow", Action = ["kms:GenerateDataKey", "kms:Decrypt"], Resource = aws_kms_key.this.arn },
    ] : [])
  })
}

resource "aws_iam_access_key" "this" {
  for_each = local.buckets
  user     = aws_iam_user.this[each.key].name
}
