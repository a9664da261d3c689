"""Functions of installed Python packages with the first lines of their docstrings.

The packages are those that Syntagma needs anyway. Their files are parsed, never imported. The split is by module: no
module, and no function, is in two splits.
"""

from importlib.util import find_spec
from pathlib import Path

from syntagma.data.corpora.fixed_split import sort_by_digest, take_every_nth
from syntagma.data.formats.python_code import read_functions
from syntagma.data.pairs.table import PairTable
from syntagma.errors import DataError

PACKAGES = ("jax", "keras", "matplotlib", "numpy", "polars", "pydantic", "scipy", "sklearn")

_COLUMNS = ("name", "module", "signature")
# Every n-th module is in dev, and every n-th in test.
_HELD_OUT = 20


def make_docstrings(folders: dict[str, Path] | None = None) -> dict[str, PairTable]:
    """Read the documented functions of the packages, and split them by module.

    Args:
        folders: Folder of each package, keyed by its name. By default, those of `PACKAGES` that are installed.

    Returns:
        Tables with the code of a function as the source, the first line of its docstring as the target, and the columns
        `name`, `module` and `signature`. Code that occurs in several packages is read once.

    Raises:
        DataError: If no package is installed.
    """
    folders = installed_packages() if folders is None else folders
    if not folders:
        raise DataError(f"docstrings needs one of the packages {', '.join(PACKAGES)}; none is installed.")
    cells: dict[str, list[str]] = {name: [] for name in ("code", "summary", *_COLUMNS)}
    seen: set[str] = set()
    for package, folder in folders.items():
        columns = read_functions(folder).columns
        for row, code in enumerate(columns["code"]):
            if code not in seen:
                seen.add(code)
                columns["module"][row] = f"{package}/{columns['module'][row]}"
                for name, values in cells.items():
                    values.append(columns[name][row])
    table = PairTable(
        cells["code"],
        cells["summary"],
        columns={name: cells[name] for name in _COLUMNS},
        source="docstrings",
        names={"source": "code", "target": "summary"},
    )
    return _split_by_module(table)


def installed_packages() -> dict[str, Path]:
    """Return the folder of each of `PACKAGES` that is installed, without importing the packages."""
    specs = {name: find_spec(name) for name in PACKAGES}
    return {
        name: Path(spec.origin).parent for name, spec in specs.items() if spec is not None and spec.origin is not None
    }


def _split_by_module(table: PairTable) -> dict[str, PairTable]:
    modules = sort_by_digest(set(table.columns["module"]), salt="docstrings")
    held_out = {split: take_every_nth(modules, _HELD_OUT, first) for first, split in enumerate(("dev", "test"))}
    rows: dict[str, list[int]] = {"train": [], "dev": [], "test": []}
    for row, module in enumerate(table.columns["module"]):
        rows[next((split for split, names in held_out.items() if module in names), "train")].append(row)
    return {split: table.select(numbers) for split, numbers in rows.items() if numbers}
