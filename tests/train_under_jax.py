"""Trains recipes under JAX, for tests that run under another backend: `python train_under_jax.py FOLDER`.

FOLDER holds `texts.json` with texts and labels, and recipe files `NAME.yaml`. Each becomes a bundle `NAME/` and its
probabilities `NAME.npy`.
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import numpy as np

import syntagma


def main(folder: Path) -> None:
    given = json.loads((folder / "texts.json").read_text())
    for path in sorted(folder.glob("*.yaml")):
        model = syntagma.TextClassifier(str(path), verbose=False).fit(given["texts"], given["labels"])
        model.save(path.with_suffix(""))
        np.save(path.with_suffix(".npy"), model.predict_proba(given["texts"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
