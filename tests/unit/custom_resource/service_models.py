"""What botocore's models of AWS's APIs say about a value: patterns, lengths, lists of allowed values.

botocore itself checks types, required and unknown members, and lower bounds. Patterns, upper bounds and enumerations it
leaves to AWS, so they are checked here.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

_LOADER = Loader()


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


def faults_of_input(service: str, operation: str, arguments: dict[str, Any]) -> list[str]:
    """What AWS would refuse in the arguments of an operation, such as `CreateWorkGroup`."""
    shape = model(service).operation_model(operation).input_shape
    return list(_faults(shape, arguments, operation)) if shape else []


def faults_of_output(service: str, operation: str, answer: dict[str, Any]) -> list[str]:
    """What AWS would not answer."""
    shape = model(service).operation_model(operation).output_shape
    return list(_faults(shape, answer, operation)) if shape else []


def _faults(shape: Shape, value: Any, path: str) -> Any:
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        missing = set(shape.required_members) - set(value)
        yield from (f"{path}.{name} is unknown" for name in sorted(unknown))
        yield from (f"{path}.{name} is missing" for name in sorted(missing))
        for name, part in value.items():
            if name in shape.members:
                yield from _faults(shape.members[name], part, f"{path}.{name}")
    elif shape.type_name == "list":
        yield from _outside(shape, len(value), path)
        for number, part in enumerate(value):
            yield from _faults(shape.member, part, f"{path}[{number}]")
    elif shape.type_name == "string":
        yield from _text_faults(shape, value, path)
    elif shape.type_name in ("integer", "long"):
        yield from _outside(shape, value, path)
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield f"{path} is {value!r}, not a boolean"


def _text_faults(shape: Any, value: Any, path: str) -> Any:
    if not isinstance(value, str):
        yield f"{path} is {value!r}, not a text"
        return
    yield from _outside(shape, len(value), path)
    pattern = shape.metadata.get("pattern")
    # Python's `re` knows neither half surrogates nor Java's classes of Unicode.
    if pattern and "\\uD800" not in pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path} is {value!r}, which {pattern} does not match"
    if shape.enum and value not in shape.enum:
        yield f"{path} is {value!r}, not one of {shape.enum}"


def _outside(shape: Any, size: int, path: str) -> Any:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        yield f"{path} has {size}, allowed are {least} to {most}"
