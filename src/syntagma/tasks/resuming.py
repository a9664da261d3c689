"""Going on with a training that was cut off, or from a trained model: what has to be the same."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from syntagma import bundle
from syntagma.bundle import Contents
from syntagma.config import Config
from syntagma.data.batching.rows import Rows
from syntagma.errors import ConfigError, DataError
from syntagma.files import atomic_write_folder, read_json, write_json
from syntagma.recipes.schema import BaseRecipe
from syntagma.training.checkpoint import Checkpoint
from syntagma.training.config import CHANGEABLE_ON_RESUME

_LIMIT_BYTES = 1 << 20


def parts_folder(checkpoint: str | Path) -> Path:
    """Return the folder in which a checkpoint keeps what does not change in training."""
    return Path(checkpoint) / "parts"


def kept_parts(checkpoint: str | Path | None, names: Sequence[str]) -> Contents | None:
    """Read the recipe and the parts that a checkpoint keeps, or return `None` if it keeps none yet."""
    if checkpoint is None or not parts_folder(checkpoint).is_dir():
        return None
    return bundle.read_parts(parts_folder(checkpoint), names)


def open_checkpoint(
    folder: str | Path | None, contents: Contents, splits: Sequence[Rows], seed: int
) -> Checkpoint | None:
    """Open the checkpoint in `folder`, or create one that keeps the recipe and parts; `None` is without checkpoint.

    Raises:
        DataError: The rows are not those that the checkpoint was made of.
        ConfigError: The seed is not.
    """
    if folder is None:
        return None
    began = {"rows": rows_digest(splits), "seed": seed}
    kept = parts_folder(folder)
    if kept.is_dir():
        before = read_json(kept / "began.json", _LIMIT_BYTES)
        if before["seed"] != seed:
            raise ConfigError(f"{folder}: this training began with seed {before['seed']}; got {seed}. Use the same.")
        if before != began:
            raise DataError(
                f"{folder}: the rows to train on are not those that this training began with. Put the data back as "
                "they were, or start anew with --overwrite."
            )
    else:
        with atomic_write_folder(kept) as temporary:
            bundle.write_parts(temporary, contents)
            write_json(temporary / "began.json", began)
    return Checkpoint(Path(folder) / "state")


def rows_digest(splits: Sequence[Rows]) -> str:
    """Return a digest of tokens, labels, weights and tags."""
    digest = hashlib.sha256()
    for rows in splits:
        bags = [array for bag in rows.bags.values() for array in (bag.ids.values, bag.ids.offsets)]
        labels = [rows.per_row[name] for name in ("labels", "weights") if name in rows.per_row]
        # Inputs before tags: the order in which checkpoints were always digested.
        names = sorted(rows.per_token, key=lambda name: (name == "tags", name))
        per_token = [rows.per_token[name] for name in names]
        for array in (rows.tokens.values, rows.tokens.offsets, *bags, *labels, *per_token):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def check_changes(before: BaseRecipe, now: BaseRecipe) -> None:
    """Refuse to resume a training with another recipe, its limits aside.

    Raises:
        ConfigError: Something else differs.
    """
    limits = dict.fromkeys(CHANGEABLE_ON_RESUME, None)
    for name in type(before).model_fields:
        old, new = (getattr(recipe, name) for recipe in (before, now))
        if name == "training":
            old, new = ({**training.model_dump(), **limits} for training in (old, new))
        if old != new and name not in ("name", "description", "expected"):
            raise ConfigError(
                f"`{name}` of the recipe is not as this training began with. In a training that is resumed only "
                f"{', '.join(f'training.{key}' for key in CHANGEABLE_ON_RESUME)} may change."
            )


def check_start(start: Any, recipe: BaseRecipe, sections: Sequence[str], may_change: Sequence[str] = ()) -> None:
    """Refuse to start from a trained model whose weights would not fit.

    The `sections` of the recipe decide the weights, but for dropout and the settings in `may_change`.

    Raises:
        ConfigError: It is an ensemble, or its recipe differs in one of `sections`.
    """
    for section in sections:
        before, now = (_of_weights(getattr(one, section), may_change) for one in (start.recipe_, recipe))
        if before != now:
            raise ConfigError(
                f"`{section}` of the recipe differs from that of the model to start from, whose weights would not fit. "
                "Change settings of `training` and `batches`, and dropout, only."
            )
    if start.members_ > 1:
        raise ConfigError("the model to start from is an ensemble; start from one of its members' runs.")


def _of_weights(config: Any, may_change: Sequence[str]) -> Any:
    """Return the settings that weights are learned for."""
    if not isinstance(config, Config):
        return config
    return {key: value for key, value in config.model_dump().items() if "dropout" not in key and key not in may_change}
