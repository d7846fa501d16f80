"""How large a YAML document may be, so that no file that somebody hands over can stop the machine that reads it.

The limits lie far above what AWS accepts: a setup of ten thousand buckets takes about one million bytes. Reading a megabyte
of YAML takes about ten seconds of CPU. `docs/design.md` lists them under "Limits of what is read". `DEPTH` and `DIGITS` are
those of JSON in `lakehouse_iam.evaluator.strict_json`; a test compares them, because importing that package takes longer
than reading a setup.
"""

from __future__ import annotations

YAML_SIZE = 4_000_000
"""Bytes of one file, comments included."""
NODES = 500_000
"""Values of one file, with everything counted again that an alias repeats."""
ALIASES = 2_000
"""Aliases (`*name`) of one file; reading time grows with their square."""
DEPTH = 64
"""Mappings and lists within each other. A setup nests 6 deep."""
DIGITS = 64
"""Digits of one number."""
SNAPSHOT_SIZE = 128_000_000
"""Bytes of a snapshot of a live account. One of 1,000 buckets and 200 roles, all with long policies, takes half of it."""
