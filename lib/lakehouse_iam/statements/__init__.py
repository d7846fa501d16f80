"""Statements, one subject a file: what to allow, in as few words as AWS needs.

The functions take ARNs as strings, because a CDK app may hand over tokens that become ARNs only at deployment.
"""
