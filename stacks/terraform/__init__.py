"""The example app for Terraform: one stack, that is one state and one apply, for each setup; see `app.py`."""
