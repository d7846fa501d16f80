"""The proof: every probe of a setup, answered by the policies that would be deployed.

Readers turn plans, templates, cloud assemblies and files about real accounts into a world of `lakehouse_iam.evaluator`;
`prove` asks the probes of that world.
"""
