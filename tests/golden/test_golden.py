"""Models that were saved once are read by every later version, on every backend, with the same probabilities."""

import json
from pathlib import Path

import numpy as np
import pytest

import syntagma

pytestmark = pytest.mark.backend

HERE = Path(__file__).parent


@pytest.mark.parametrize("version", [1])
def test_a_model_of_an_older_format_predicts_what_it_did(version):
    folder = HERE / f"format-{version}"
    manifest = json.loads((folder / "model" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == version
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    model = syntagma.load(folder / "model")
    assert model.classes_.tolist() == expected["labels"]
    assert (model.members_, model.temperature_) == (2, 1.25)
    assert np.abs(model.predict_proba(expected["texts"]) - expected["probabilities"]).max() < 1e-5
