"""Composing YAML within the limits of `limits`: nothing is built before it is known to be small.

An alias repeats what it names each time it stands, so a file of 400 bytes can hold a billion values ("billion laughs");
and an alias within what it names holds itself. Both are seen here, while the nodes are counted.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from ruamel.yaml.composer import Composer
from ruamel.yaml.events import AliasEvent, ScalarEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode

from lakehouse_iam.setups.limits import ALIASES, DEPTH, DIGITS, NODES

_LONG_NUMBER = re.compile(rf"[-+]?(0[xob][0-9a-f_]{{{DIGITS + 1},}}|[0-9_]{{{DIGITS + 1},}})", re.IGNORECASE)
_NO_NUMBER = re.compile(r"[-+]?\.(inf|nan)|[-+]?[0-9][0-9_.]*e[-+]?[0-9]{3,}", re.IGNORECASE)
# "\\ud800" in quotes; no file in UTF-8 can hold it.
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})([Tt ].*)?")


class OverLimit(Exception):
    """Something in the text that is too large, or no value at all.

    Args:
        line: its line, counted from 1.
        what: what stands there.
        allowed: the limit.
        next_step: what to write instead; may be empty.
    """

    def __init__(self, line: int, what: str, allowed: str, next_step: str = "") -> None:
        self.line = line
        self.what = what
        self.allowed = allowed
        self.next_step = next_step
        super().__init__(what)


class BoundedComposer(Composer):
    """The composer of ruamel.yaml, which counts."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self._depth = 0
        self._nodes = 0
        self._aliases = 0
        # How many nodes an anchor stands for; none yet while it is still open.
        self._sizes: dict[str | None, int] = {}
        # An anchor may be given anew; ruamel.yaml would say so on standard error.
        self.warn_double_anchors = False

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next node.

        Raises:
            OverLimit: it goes over a limit.
        """
        event = self.parser.peek_event()
        before = self._nodes
        self._nodes += 1
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent):
            self._repeat(event.anchor, line)
        elif isinstance(event, ScalarEvent):
            _check_scalar(event, line)
        self._depth += 1
        if self._depth > DEPTH:
            raise OverLimit(line, "this is nested too deeply", f"at most {DEPTH} levels")
        if self._nodes > NODES:
            raise OverLimit(line, "there are too many values, or aliases repeat too much", f"at most {NODES:,} values")
        if isinstance(parent, MappingNode) and index is None:
            self._check_key(event, line)
        opens = None if isinstance(event, AliasEvent) else event.anchor
        self._sizes.pop(opens, None)
        node = super().compose_node(parent, index)
        self._depth -= 1
        if opens is not None:
            self._sizes[opens] = self._nodes - before
        return node

    def _check_key(self, event: Any, line: int) -> None:
        named = self.anchors.get(event.anchor) if isinstance(event, AliasEvent) else None
        if not isinstance(event, ScalarEvent) and not isinstance(named, ScalarNode):
            raise OverLimit(
                line, "a list or a mapping stands where a key should be", "a key that is one word or one text"
            )

    def _repeat(self, anchor: str, line: int) -> None:
        if anchor in self.anchors and anchor not in self._sizes:
            raise OverLimit(line, f"the alias *{anchor} stands within what it names", "values that end")
        self._aliases += 1
        if self._aliases > ALIASES:
            raise OverLimit(line, "there are too many aliases", f"at most {ALIASES:,}", "write the values out")
        self._nodes += self._sizes.get(anchor, 0)


def _check_scalar(event: ScalarEvent, line: int) -> None:
    text = event.value
    if _HALF_A_PAIR.search(text):
        raise OverLimit(line, "a text holds half a surrogate pair, which is no character", "whole characters")
    if not event.implicit[0]:
        return
    if _LONG_NUMBER.fullmatch(text):
        what = f"a number of {len(text):,} digits stands here"
        raise OverLimit(line, what, f"at most {DIGITS} digits", "if it is text, put it in quotes")
    if _NO_NUMBER.fullmatch(text):
        what = f"{text[:DIGITS]} is no number that can be used"
        raise OverLimit(line, what, "a number in digits", "if it is text, put it in quotes")
    written = _DATE.fullmatch(text)
    if written:
        _check_date(written, line)


def _check_date(written: re.Match[str], line: int) -> None:
    text = written[0]
    try:
        date(int(written[1]), int(written[2]), int(written[3]))
    except ValueError as error:
        what = f"{text} looks like a date, and there is no such day"
        raise OverLimit(line, what, "text or a date", f'if it is text, put it in quotes: "{text}"') from error
