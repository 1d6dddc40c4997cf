output "key_arns" {
  description = "The keys for `policygen seal --key`, in this order"
  value       = [aws_kms_key.this.arn, aws_kms_replica_key.this.arn]
}
