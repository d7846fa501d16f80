"""The same question asked of z3: policies as formulas over strings and numbers, an answer of a solver that knows no IAM.

Only what the harder pairs use is translated: globs as regular expressions, string and numeric conditions on single values,
with a Boolean for whether the key is there.
"""

from __future__ import annotations

from typing import Any

import z3

Json = dict[str, Any]
_NUMERIC = {
    "NumericLessThan": lambda value, limit: value < limit,
    "NumericLessThanEquals": lambda value, limit: value <= limit,
    "NumericGreaterThan": lambda value, limit: value > limit,
    "NumericGreaterThanEquals": lambda value, limit: value >= limit,
    "NumericEquals": lambda value, limit: value == limit,
}


def _glob(pattern: str) -> Any:
    """A glob as a regular expression of z3."""
    anything = z3.AllChar(z3.ReSort(z3.StringSort()))
    parts = [
        z3.Star(anything) if character == "*" else anything if character == "?" else z3.Re(character)
        for character in pattern
    ]
    if not parts:
        return z3.Re("")
    return z3.Concat(*parts) if len(parts) > 1 else parts[0]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Requests:
    """All requests: an action, a resource, and condition keys that are there or not."""

    def __init__(self, bucket: str) -> None:
        """The action without `s3:`, and the resource without the bucket: empty, or a slash and the key of an object."""
        self.action, self.resource, self._bucket = z3.String("action"), z3.String("resource"), bucket
        self._texts: dict[str, Any] = {}
        self._numbers: dict[str, Any] = {}
        letters = z3.Union(z3.Range("a", "z"), z3.Range("0", "9"))
        key = z3.Concat(z3.Re("/"), z3.Plus(z3.Range("!", "~")))
        self.possible = [
            z3.InRe(self.action, z3.Plus(letters)),
            z3.InRe(self.resource, z3.Union(z3.Re(""), key)),
        ]

    def allowed(self, document: Json) -> Any:
        """The formula of the requests that a policy allows."""
        boxes = {effect: z3.BoolVal(False) for effect in ("Allow", "Deny")}
        for statement in document["Statement"]:
            boxes[statement["Effect"]] = z3.Or(boxes[statement["Effect"]], self._applies(statement))
        return z3.And(boxes["Allow"], z3.Not(boxes["Deny"]))

    def _applies(self, statement: Json) -> Any:
        parts = [
            self._among(statement, "Action", self.action, "s3:"),
            self._among(statement, "Resource", self.resource, self._bucket),
        ]
        for operator, keys in statement.get("Condition", {}).items():
            parts += [self._test(operator, key, _listed(values)) for key, values in keys.items()]
        return z3.And(*parts)

    def _among(self, statement: Json, element: str, text: Any, head: str) -> Any:
        """Whether the text is among the patterns, which all begin with `head`."""
        negated = f"Not{element}" in statement
        patterns = [one.removeprefix(head) for one in _listed(statement[f"Not{element}" if negated else element])]
        if element == "Action":
            patterns = [one.lower() for one in patterns]
        found = z3.Or(*[z3.InRe(text, _glob(one)) for one in patterns])
        return z3.Not(found) if negated else found

    def _test(self, operator: str, key: str, values: list[Any]) -> Any:
        present = z3.Bool(f"has {key}")
        if operator == "Null":
            return z3.Or(*[z3.Not(present) if value == "true" else present for value in values])
        name = operator.removesuffix("IfExists")
        if name in _NUMERIC:
            number = self._numbers.setdefault(key, z3.Real(key))
            met = z3.Or(*[_NUMERIC[name](number, z3.RealVal(str(value))) for value in values])
            negated = False
        else:
            text = self._texts.setdefault(key, z3.String(key))
            negated = "Not" in name
            like = name.endswith("Like")
            met = z3.Or(*[z3.InRe(text, _glob(value)) if like else text == z3.StringVal(value) for value in values])
        if negated:
            return z3.Or(z3.Not(present), z3.Not(met))
        return z3.Or(z3.Not(present), met) if operator.endswith("IfExists") else z3.And(present, met)

    def exactly(self, action: str, resource: str, context: Json) -> list[Any]:
        """The formulas of one request; keys that are not in `context` are absent."""
        given = {key.lower(): value for key, value in context.items()}
        fixed = [
            self.action == z3.StringVal(action.lower().removeprefix("s3:")),
            self.resource == z3.StringVal(resource.removeprefix(self._bucket)),
        ]
        for key in {*self._texts, *self._numbers, "aws:SourceVpce"}:
            value = given.get(key.lower())
            fixed.append(z3.Bool(f"has {key}") == z3.BoolVal(value is not None))
            if value is not None and key in self._texts:
                fixed.append(self._texts[key] == z3.StringVal(value))
            elif value is not None and key in self._numbers:
                fixed.append(self._numbers[key] == z3.RealVal(value))
        return fixed


def goes_beyond(before: Json, after: Json, bucket: str, request: tuple[str, str, Json] | None = None) -> bool | None:
    """Whether `after` allows a request on a bucket or its objects that `before` does not.

    With `request` (action, resource, context), whether that one is such a request, which z3 tells at once; without, any.

    Returns:
        None where z3 gave up.
    """
    requests = Requests(bucket)
    solver = z3.SolverFor("QF_SLIA")
    solver.set("timeout", 1000)
    solver.add(*requests.possible, requests.allowed(after), z3.Not(requests.allowed(before)))
    if request is not None:
        solver.add(*requests.exactly(*request))
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.sat)
