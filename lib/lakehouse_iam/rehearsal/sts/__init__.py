"""A stand-in for the one call of STS that the local AWS does not have: AssumeRoleWithSAML, over HTTP, with all its checks."""
