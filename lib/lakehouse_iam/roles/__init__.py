"""The documents of each pattern: one pattern a file, pure functions from ARNs to policies.

Every engine (plain CloudFormation, CDK, Terraform) calls these, so that all of them say the same.
"""
