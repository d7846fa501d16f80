"""Connecting a Databricks workspace: what is made there, in small steps that can be repeated.

Needs the extra `databricks` (databricks-sdk). Nothing is remembered between two runs: each step looks at what exists and
acts only where something is missing, so a run that was cut off is simply run again.
"""
