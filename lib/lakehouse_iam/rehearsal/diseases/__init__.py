"""Diseases to bring about in a healthy deployment, one subject a file: for demonstrations, and to try the doctor on.

Whether a deployment can fall ill of one is seen from what it has (a role that is trusted by its ARN, a key, a cluster whose Spark
configuration names a role), never from its pattern.
"""

from lakehouse_iam.rehearsal.diseases.catalogue import every_injection, injection_named
from lakehouse_iam.rehearsal.diseases.healthy import Healthy
from lakehouse_iam.rehearsal.diseases.injection import Injected, Injection

__all__ = ["Healthy", "Injected", "Injection", "every_injection", "injection_named"]
