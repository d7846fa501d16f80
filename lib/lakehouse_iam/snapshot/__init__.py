"""Snapshots: what live accounts and workspaces hold of a setup, read-only, as one dated JSON file each.

`document` is the file; the schema beside it describes every property. Readers fill it, the doctor reads it.
"""
