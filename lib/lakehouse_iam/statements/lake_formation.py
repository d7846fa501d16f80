"""Lake Formation: asking for the data of a table.

Source: Lake Formation "Underlying data access control", Service Authorization Reference of Lake Formation, read 2026-11-24.
"""

from __future__ import annotations

from lakehouse_iam.policy import Statement


def get_data_access() -> Statement:
    """Asking Lake Formation for credentials to a table's data; what it answers follows the grants. It has no resource."""
    return Statement(("lakeformation:GetDataAccess",), ("*",), sid="AskLakeFormation")
