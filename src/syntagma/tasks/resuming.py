"""Resuming an interrupted training run, and checking that training can start from a trained model."""

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
    """Return the folder of a checkpoint with the parts that training does not change: recipe, encoder and labels."""
    return Path(checkpoint) / "parts"


def read_parts(checkpoint: str | Path | None, names: Sequence[str]) -> Contents | None:
    """Read the recipe and the named parts, such as "labels", from a checkpoint.

    Args:
        checkpoint: Folder of the checkpoint, or `None` if training has no checkpoint.
        names: Names of the parts.

    Returns:
        The recipe and the parts, or `None` if there is no checkpoint or it has not stored them yet.
    """
    if checkpoint is None or not parts_folder(checkpoint).is_dir():
        return None
    return bundle.read_parts(parts_folder(checkpoint), names)


def open_checkpoint(
    folder: str | Path | None, contents: Contents, splits: Sequence[Rows], seed: int
) -> Checkpoint | None:
    """Open the checkpoint in `folder`, or create one that stores the recipe, the encoder and the labels.

    Args:
        folder: Folder of the checkpoint, or `None` to train without a checkpoint.
        contents: Recipe, encoder and labels of the model.
        splits: Encoded training rows and, if there are any, dev rows.
        seed: Seed of the training run.

    Returns:
        The checkpoint, or `None` if `folder` is `None`.

    Raises:
        DataError: If the rows differ from the rows with which the existing checkpoint was created.
        ConfigError: If the seed differs from the seed with which the existing checkpoint was created.
    """
    if folder is None:
        return None
    began = {"rows": rows_digest(splits), "seed": seed}
    kept = parts_folder(folder)
    if kept.is_dir():
        before = read_json(kept / "began.json", _LIMIT_BYTES)
        if before["seed"] != seed:
            raise ConfigError(
                f"{folder}: this training began with seed {before['seed']}; got {seed}. Use the same seed."
            )
        if before != began:
            raise DataError(
                f"{folder}: the training rows differ from the rows that this training began with. Restore the data, or "
                "start again with --overwrite."
            )
    else:
        with atomic_write_folder(kept) as temporary:
            bundle.write_parts(temporary, contents)
            write_json(temporary / "began.json", began)
    return Checkpoint(Path(folder) / "state")


def rows_digest(splits: Sequence[Rows]) -> str:
    """Return the SHA-256 digest, in hexadecimal, of the encoded rows of several splits.

    The digest covers all inputs, such as tokens and n-grams, as well as labels, tags and weights.
    """
    digest = hashlib.sha256()
    for rows in splits:
        bags = [array for bag in rows.bags.values() for array in (bag.ids.values, bag.ids.offsets)]
        labels = [rows.per_row[name] for name in ("labels", "weights") if name in rows.per_row]
        # Inputs before tags, because existing checkpoints were digested in this order.
        names = sorted(rows.per_token, key=lambda name: (name == "tags", name))
        per_token = [rows.per_token[name] for name in names]
        others = [array for name in sorted(rows.others) for array in rows.others[name]]
        for array in (rows.tokens.values, rows.tokens.offsets, *bags, *labels, *per_token, *others):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def check_changes(before: BaseRecipe, now: BaseRecipe) -> None:
    """Raise an error if a training run cannot be resumed because its recipe has changed.

    The settings in `CHANGEABLE_ON_RESUME`, which limit the length of training, may change. So may the recipe's name,
    description and expected results.

    Args:
        before: Recipe that training began with.
        now: Recipe that training is to be resumed with.

    Raises:
        ConfigError: If any other setting differs.
    """
    limits = dict.fromkeys(CHANGEABLE_ON_RESUME, None)
    for name in type(before).model_fields:
        old, new = (getattr(recipe, name) for recipe in (before, now))
        if name == "training":
            old, new = ({**training.model_dump(), **limits} for training in (old, new))
        if old != new and name not in ("name", "description", "expected"):
            raise ConfigError(
                f"`{name}` of the recipe differs from the recipe that this training began with. When training is "
                f"resumed, only {', '.join(f'training.{key}' for key in CHANGEABLE_ON_RESUME)} may change."
            )


def check_start(start: Any, recipe: BaseRecipe, sections: Sequence[str], may_change: Sequence[str] = ()) -> None:
    """Raise an error if training with a recipe cannot start from the weights of a trained model.

    Args:
        start: Fitted model to start from.
        recipe: Recipe of the new training run.
        sections: Names of the sections of a recipe that determine the network. Dropout settings in them may differ.
        may_change: Names of further settings in these sections that may differ.

    Raises:
        ConfigError: If `start` is an ensemble, or its recipe differs in any other setting in these sections.
    """
    for section in sections:
        before, now = (_weight_settings(getattr(one, section), may_change) for one in (start.recipe_, recipe))
        if before != now:
            raise ConfigError(
                f"`{section}` of the recipe differs from the recipe of the model to start from, so its weights would "
                "not fit. Change only settings of `training` and `batches`, and dropout."
            )
    if start.members_ > 1:
        raise ConfigError("the model to start from is an ensemble; start from the run of one of its members.")


def _weight_settings(config: Any, may_change: Sequence[str]) -> Any:
    """Return the settings of a section that determine the shapes of the network's weights."""
    if not isinstance(config, Config):
        return config
    return _without_dropout({key: value for key, value in config.model_dump().items() if key not in may_change})


def _without_dropout(values: Any) -> Any:
    """Return nested settings without those of dropout, at any depth."""
    if not isinstance(values, dict):
        return values
    return {key: _without_dropout(value) for key, value in values.items() if "dropout" not in key}
