"""What to install where a command needs more than the library itself."""

from __future__ import annotations

from importlib import import_module

from lakehouse_iam.cli.answers import OUTSIDE_FAILED, fail

_PACKAGE = "lakehouse-iam"


def require_extras(*extras: str, module: str, as_json: bool) -> None:
    """End with what to install where a module is missing.

    Args:
        extras: the extras of this package that bring it, all of which the command needs.
        module: what must be there.
        as_json: whether the answer is for a machine.
    """
    try:
        import_module(module)
    except ModuleNotFoundError as missing:
        fail(how_to_install(extras, str(missing.name)), code=OUTSIDE_FAILED, as_json=as_json)


def how_to_install(extras: tuple[str, ...], missing: str) -> str:
    """Each way to install the extras: from the index, from a clone or a wheel, or what they bring by itself."""
    names = ",".join(extras)
    ways = [
        f"pip install '{_PACKAGE}[{names}]'   (from a package index)",
        f"pip install '.[{names}]'   (in a clone)",
        f"pip install './FILE.whl[{names}]'   (from a wheel)",
    ]
    packages = _packages(extras)
    if packages:
        listed = " ".join(f"'{package}'" for package in packages)
        ways.append(f"pip install {listed}   (only what they bring)")
    return f"{missing} is not installed, and this command needs it; any one of these brings it:\n  " + "\n  ".join(ways)


def _packages(extras: tuple[str, ...]) -> list[str]:
    """The requirements of the extras, from the metadata of the installed package; nothing where there are none."""
    # Slow to import, and asked for only where something is not installed.
    from importlib import metadata

    try:
        listed = metadata.requires(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []
    wanted = {f"extra == {quote}{extra}{quote}" for extra in extras for quote in "'\""}
    return sorted({line.partition(";")[0].strip() for line in listed if line.partition(";")[2].strip() in wanted})
