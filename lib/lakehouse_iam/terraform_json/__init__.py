"""Terraform resources as JSON: the resource types, and the renderer of what a plan creates.

No engine is imported here. The constructs in `lakehouse_iam.terraform` make their elements from the same values, and a
`main.tf.json` needs nothing else.
"""
