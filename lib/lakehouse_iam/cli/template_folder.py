"""A folder of templates that holds exactly what one run wrote, at every moment.

Whatever lakehouse-iam did not write, or wrote for another setup, stops the run: it would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from pathlib import Path

from lakehouse_iam.cli.whole_folder import files_in, write_whole
from lakehouse_iam.errors import InvalidValue
from lakehouse_iam.file_names import DOCUMENT_FILES, HANDOFF_FILE, PROBES_FILE, TEMPLATE_FILE

_ACCOUNT = re.compile(r"[0-9]{12}")
_IN_ACCOUNT = (TEMPLATE_FILE, HANDOFF_FILE)
_A_FOLDER_OF_ITS_OWN = "allowed is a new or empty folder, or one that holds an earlier run of the same setups only"


def write_template_folder(folder: Path, files: Mapping[Path, str]) -> None:
    """Make a folder hold these files and nothing else.

    Args:
        folder: the folder; made where there is none.
        files: what each file holds, by its path, which lies below the folder.

    Raises:
        InvalidValue: the folder holds something else, or cannot be written; then it is as it was.
        OSError: the same, because of the disk.
    """
    new = {file.relative_to(folder): text for file, text in files.items()}
    write_whole(folder, new, lambda target: _refuse_what_would_be_lost(folder, target, frozenset(new)))


def _refuse_what_would_be_lost(folder: Path, target: Path, new: Set[Path]) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise NotADirectoryError(20, "a file stands where the folder should be", str(folder))
    found = sorted(files_in(target))
    foreign = [file for file in found if not _is_of_templates(file)]
    if foreign:
        raise InvalidValue(
            f"the folder {folder} holds {foreign[0]}, which lakehouse-iam template does not write",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="name another folder with --out; nothing was written",
        )
    ours = {file for file in new if file.name.endswith(PROBES_FILE)}
    others = [file for file in found if file.name.endswith(PROBES_FILE) and file not in ours]
    if others:
        name = others[0].name.removesuffix(PROBES_FILE)
        raise InvalidValue(
            f"the folder {folder} holds the templates of the setup {name}, which this run does not write",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="name another folder with --out, give all setups in one run, or delete the folder; nothing was written",
        )
    if found and not any(file.name.endswith(PROBES_FILE) for file in found):
        raise InvalidValue(
            f"the folder {folder} holds {found[0]} and no {PROBES_FILE[1:]}, so whose templates those are is not known",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="name another folder with --out; nothing was written",
        )
    if found and target in (Path.cwd(), *Path.cwd().parents):
        raise InvalidValue(
            f"the folder {folder} is the one you work in, and it is replaced as a whole",
            allowed=_A_FOLDER_OF_ITS_OWN,
            next_step="go to another folder first; nothing was written",
        )


def _is_of_templates(file: Path) -> bool:
    if len(file.parts) == 1:
        return file.name.endswith((PROBES_FILE, *DOCUMENT_FILES))
    return len(file.parts) == 2 and bool(_ACCOUNT.fullmatch(file.parts[0])) and file.name.endswith(_IN_ACCOUNT)
