"""What the Databricks side of the instance-profile pattern needs: Spark configuration, cluster policy, mounts.

Which one to use when: `docs/spark.md`. Mounts and instance profiles are superseded by Unity Catalog.
"""
