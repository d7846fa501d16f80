"""A place in a file: where a policy is written, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Place:
    """Where something is written.

    Args:
        file: the file; for what stands in no file, what it is, such as the ARN it was assumed for.
        logical_id: of the resource in a template, or empty.
        property: the property of that resource, or the key in a file that is no template, with its path; may be empty.
    """

    file: str
    logical_id: str = ""
    property: str = ""

    def within(self, step: str | int) -> Place:
        """A place inside this one: a key, or the index in a list."""
        if isinstance(step, int):
            return replace(self, property=f"{self.property}[{step}]")
        return replace(self, property=f"{self.property}.{step}" if self.property else step)

    def __str__(self) -> str:
        """`file: Resources.Id.Properties.Property`, or as much of it as there is."""
        resource = f"Resources.{self.logical_id}" if self.logical_id else ""
        within = f"{resource}.Properties.{self.property}" if resource and self.property else resource or self.property
        return f"{self.file}: {within}" if within else self.file
