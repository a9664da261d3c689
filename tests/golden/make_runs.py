"""Script that created the golden run folders of classification and tagging: complete and interrupted ones.

It was run with the version before the task protocol (7085526) and imports names of that version. Every later version
must read these folders, so they are never created again. In the JSON files, `@HERE@` replaces the path of the folder.

python tests/golden/make_runs.py tests/golden/runs
"""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from syntagma.cli import main as command
from syntagma.data.options import ReadOptions
from syntagma.recipes import catalog
from syntagma.runs.plan import Plan
from syntagma.runs.training import train
from syntagma.training.fitting import Fitter

_GOOD, _BAD = ["good", "fine", "great", "superb", "lovely"], ["bad", "poor", "awful", "dull", "dreadful"]
_PLACES = ["Rome", "Oslo", "Paris", "Lima", "Cairo"]
_SMALL = ["training.epochs=2", "training.min_steps=0", "model.units=2", "embedding.size=3"]
_SETTINGS = {
    "classify": [*_SMALL, "text.ngrams.longest=1", "training.combine=none"],
    "tag": [*_SMALL, "model.characters.units=2", "model.characters.embedding_size=2"],
}
_DATA = {"classify": "reviews.csv", "tag": "places.conll"}
_FOLDERS = {"classify": "classification", "tag": "tagging"}


def main() -> None:
    os.chdir(sys.argv[1])
    Path("reviews.csv").write_text("text,label,source\n" + "".join(map(review, range(60))))
    Path("places.conll").write_text("\n".join(map(sentence, range(60))))
    for recipe, folder in _FOLDERS.items():
        train_whole(recipe, folder)
        train_an_epoch(recipe, f"{folder}-cut-off")
        shutil.rmtree(Path(folder) / "report")
    for path in Path().glob("*/run.json"):
        path.write_text(path.read_text().replace(str(Path().resolve()), "@HERE@"))


def review(row: int) -> str:
    word = (_GOOD if row % 2 else _BAD)[row % 5]
    thing, label, source = "film" if row % 3 else "plot", "pos" if row % 2 else "neg", "web" if row % 4 else "mail"
    return f"a {word} {thing} number {row},{label},{source}\n"


def sentence(row: int) -> str:
    fields = [
        ("In", "ADP", "O"),
        (_PLACES[row % 5], "PROPN", "B-place"),
        ("it", "PRON", "O"),
        ("is", "AUX", "O"),
        ("cold" if row % 3 else "warm", "ADJ", "O"),
        (str(row), "NUM", "O"),
    ]
    return "".join("\t".join(word) + "\n" for word in fields)


def train_whole(recipe: str, folder: str) -> None:
    changes = [part for setting in _SETTINGS[recipe] for part in ("--set", setting)]
    sys.argv = ["syntagma", "train", recipe, "--data", _DATA[recipe], "--out", folder, *changes]
    with suppress(SystemExit):
        command()


def train_an_epoch(recipe: str, folder: str) -> None:
    """Leave the run as a power failure after the first checkpoint with a completed epoch would."""
    save = Fitter._save

    def save_and_stop(fitter: Fitter) -> None:
        save(fitter)
        if fitter.state.history:
            raise KeyboardInterrupt

    found = catalog.find(recipe, _SETTINGS[recipe])
    Fitter._save = save_and_stop
    try:
        train(Plan(found, _DATA[recipe], Path(folder), options=ReadOptions(), command=("syntagma", "train", recipe)))
    except KeyboardInterrupt:
        pass
    finally:
        Fitter._save = save


if __name__ == "__main__":
    main()
