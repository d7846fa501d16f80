"""The example CDK app: one stage per setup, one stack per account. Run it with the CDK command line; see `app.py`."""
