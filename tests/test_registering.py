import subprocess
import sys
from importlib import import_module

import keras
import numpy as np
import pytest

from syntagma import layers, registering

pytestmark = pytest.mark.backend_long

LOAD = """
import sys
{imports}
import numpy as np
layers_were_imported = "syntagma.layers" in sys.modules
model = keras.saving.load_model(sys.argv[1])
print(layers_were_imported, type(model.layers[1].forward_layer).__module__, type(model.loss).__name__)
"""
PREDICT = """
np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
"""
TRAIN = """
model.fit(np.load(sys.argv[2]), np.ones((3, 4)), verbose=0)
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the paths of a saved model, of tokens, and for predictions; and the predictions for the tokens."""
    folder = tmp_path_factory.mktemp("saved")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Embedding(9, 4, mask_zero=True),
            keras.layers.Bidirectional(layers.LSTM(3, return_sequences=True, projection_units=2)),
            keras.layers.Dense(3),
            layers.CRF(3),
        ]
    )
    model.compile("adam", layers.CRFLoss())
    tokens = np.array([[1, 2, 3, 4], [5, 6, 7, 0], [8, 0, 0, 0]])
    expected = model.predict(tokens, verbose=0)
    paths = [folder / name for name in ("model.keras", "tokens.npy", "found.npy")]
    model.save(paths[0])
    np.save(paths[1], tokens)
    return paths, expected


@pytest.mark.parametrize(
    ("imports", "use"),
    [
        ("import syntagma\nimport keras", PREDICT),
        pytest.param("import keras\nimport syntagma", PREDICT + TRAIN, marks=pytest.mark.long),
    ],
)
def test_importing_syntagma_is_enough_to_load_a_model_with_its_layers(saved, imports, use):
    paths, expected = saved
    command = [sys.executable, "-c", LOAD.format(imports=imports) + use, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "syntagma.layers.lstm", "CRFLoss"]
    np.testing.assert_allclose(np.load(paths[2]), expected, atol=1e-5)


def test_every_registered_class_has_its_name_in_the_table():
    for home in registering.MODULES.values():
        import_module(home)
    found = {
        name.removeprefix("syntagma>")
        for name, one in keras.saving.get_custom_objects().items()
        if name.startswith("syntagma>") and isinstance(one, type) and not one.__name__.startswith("_")
    }
    assert found == set(registering.MODULES)
    for name, home in registering.MODULES.items():
        assert getattr(import_module(home), name) is keras.saving.get_registered_object(f"syntagma>{name}")


def test_names_never_take_the_place_of_a_class():
    before = keras.saving.get_registered_object("syntagma>LSTM")
    registering.register()
    assert keras.saving.get_registered_object("syntagma>LSTM") is before is layers.LSTM
