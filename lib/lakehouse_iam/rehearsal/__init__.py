"""Rehearsal: the plan deployed on a local AWS of several accounts that enforces IAM, and every probe tried for real.

Needs the extra `rehearsal` (boto3, MiniStack, trustme). Nothing leaves the machine: the local AWS listens on loopback,
speaks TLS with a certificate made for the occasion, and ends with the rehearsal.
"""
