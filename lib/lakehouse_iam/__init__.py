"""Cross-account IAM for lakehouses: one description in, both sides out."""

__version__ = "0.1.0"
