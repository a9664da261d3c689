"""Time the training of the tutorial's LSTM, next to the plain Keras script.

    python benchmarks/tutorial.py [--rounds N]

`syntagma train imdb-lstm --no-baselines`, and a script with the same model of Keras' own layers on the same 25,000
reviews, padded on the left to 500 words, on JAX, alternate in separate processes. The time covers training and scoring
the test reviews, without reading and encoding. A figure is the median of the rounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import record

_WORDS, _LENGTH, _VECTOR, _UNITS, _BATCH, _EPOCHS = 5000, 500, 32, 100, 64, 3
_OTHER_PHASES = ("read", "encode")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--script", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.script:
        print("> " + json.dumps(keras_script()))
        return
    rounds = [{"ours": ours(), "keras": theirs()} for _ in range(arguments.rounds)]
    seconds = {
        name: {part: median(one[name][part] for one in rounds) for part in ("training", "all")}
        for name in ("ours", "keras")
    }
    ratio = {part: round(seconds["ours"][part] / seconds["keras"][part], 3) for part in ("training", "all")}
    record.write("tutorial", {"rounds": rounds, "seconds": seconds, "ours_by_keras": ratio})


def ours() -> dict[str, float]:
    """Return seconds and test accuracy of the command."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "syntagma", "train", "imdb-lstm", "--no-baselines", "--out", folder, "--overwrite"]
        environment = {**os.environ, "KERAS_BACKEND": "jax"}
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, env=environment)
        metrics = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))
    phases = metrics["seconds"]
    counted = sum(seconds for phase, seconds in phases.items() if phase not in _OTHER_PHASES)
    return {"training": phases["train"], "all": counted, "accuracy": metrics["test"]["accuracy"]}


def theirs() -> dict[str, float]:
    """Return seconds and test accuracy of the script."""
    done = subprocess.run(
        [sys.executable, __file__, "--script"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    found: dict[str, float] = json.loads(done.stdout.rsplit("> ", 1)[1])
    return found


def keras_script() -> dict[str, float]:
    import keras
    import numpy as np

    from syntagma.data.corpora.registry import load_corpus
    from syntagma.text.rank import RankEncoder, RankEncoderConfig

    keras.utils.set_random_seed(0)
    corpus = load_corpus("imdb")
    train, test = corpus["train"], corpus["test"]
    encoder = RankEncoder.train(RankEncoderConfig(size=_WORDS), train.texts)
    sides = []
    for table in (train, test):
        ids = encoder.encode(table.texts)
        rows = np.split(ids.values, ids.offsets[1:-1])
        labels = np.array([label == "pos" for label in table.labels], np.float32)
        sides.append((keras.utils.pad_sequences(rows, maxlen=_LENGTH), labels))
    model = keras.Sequential(
        [
            keras.layers.Embedding(_WORDS, _VECTOR),
            keras.layers.LSTM(_UNITS),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    began = time.perf_counter()
    model.fit(*sides[0], epochs=_EPOCHS, batch_size=_BATCH, verbose=0)
    trained = time.perf_counter()
    _, accuracy = model.evaluate(*sides[1], batch_size=_BATCH, verbose=0)
    return {"training": trained - began, "all": time.perf_counter() - began, "accuracy": round(accuracy, 4)}


if __name__ == "__main__":
    main()
