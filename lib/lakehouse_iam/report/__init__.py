"""The report: what a security reviewer reads and signs, from plans and proofs to one page that needs nothing else.

`data` makes one JSON document, and everything below is made of that document alone: `page` (HTML), `diagram` with `layout`,
`svg` and `mermaid`, `differences` from an earlier report. Pure: no network, no clock.
"""
