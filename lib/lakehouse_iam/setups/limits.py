"""How large a YAML or JSON document may be, so that no file that somebody hands over can stop the machine that reads it.

Everything that a user gives is read within these limits: setups, worlds, templates. They lie far above what AWS accepts: a
setup of ten thousand buckets takes about one million bytes of YAML, and a template may have 1 MB. Reading a megabyte of
YAML takes about ten seconds of CPU. What stops is listed in `docs/design.md`, "Limits of what is read".
"""

from __future__ import annotations

YAML_SIZE = 4_000_000
"""Bytes of one YAML file, comments included."""
JSON_SIZE = 64_000_000
"""Bytes of one JSON file: a cloud assembly carries the probes of every setup in its manifest."""
DEPTH = 64
"""Mappings and lists within each other. A setup nests 6 deep, a policy in a template about 20."""
NODES = 500_000
"""Values of one YAML file, with everything counted again that an alias repeats."""
ALIASES = 2_000
"""Aliases (`*name`) of one YAML file; reading time grows with their square."""
DIGITS = 40
"""Digits of one number."""
