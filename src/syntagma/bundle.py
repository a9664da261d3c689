"""The saved folder of a model: everything that predicting needs, and nothing that runs.

manifest.json        format version, sha256 and size of each file that is loaded, its own digest, versions
recipe.yaml          the complete recipe; the model is rebuilt from it
weights.safetensors  the weights by our own names
text.json            what turns texts into ids
labels.json          what turns outputs into labels
output.json          how many models the weights are of, the temperature of their logits, the form of predictions
README.md            the model card; free to edit
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from syntagma import backend
from syntagma.errors import BundleError, FolderError, InputError
from syntagma.files import (
    json_text,
    read_bytes,
    read_json,
    replacing,
    replacing_folder,
    sha256_of,
    write_json,
    write_text,
)
from syntagma.models.classifier import build_classifier
from syntagma.models.ensemble import build_ensemble, build_tagger_ensemble
from syntagma.models.spec import ModelSpec
from syntagma.models.tagger import TaggerSpec, build_tagger
from syntagma.models.weights import assign_weights, weight_arrays
from syntagma.recipes import catalog
from syntagma.recipes.schema import AnyRecipe, Recipe, TaggingRecipe
from syntagma.text.features import TextFeatures
from syntagma.text.labels import LabelSet
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures

Text = TextFeatures | WordFeatures
Labels = LabelSet | TagSet

FORMAT = 1
_MEBIBYTE = 1 << 20
_MOST_MEMBERS = 100
_LIMITS_BYTES = {
    "recipe.yaml": _MEBIBYTE,
    "labels.json": 64 * _MEBIBYTE,
    "output.json": _MEBIBYTE,
    "text.json": 512 * _MEBIBYTE,
    "weights.safetensors": 8192 * _MEBIBYTE,
}


@dataclass(frozen=True)
class Bundle:
    """What a saved folder holds.

    Attributes:
        recipe: The complete recipe.
        text: Texts to ids.
        labels: Outputs to labels.
        model: The Keras model, an ensemble where there are several members.
        members: Number of models that it averages.
        temperature: What logits are divided by before they become probabilities.
        matrix: Whether several labels a row were given, and are predicted, as a matrix of 0 and 1.
    """

    recipe: AnyRecipe
    text: Text
    labels: Labels
    model: Any
    members: int = 1
    temperature: float = 1.0
    matrix: bool = False


def build_model(recipe: AnyRecipe, text: Text, labels: Labels, members: int = 1) -> Any:
    """The Keras model of a recipe, with fresh weights; an ensemble of several where there are more members.

    Raises:
        BundleError: The parts are of different tasks.
    """
    if isinstance(recipe, TaggingRecipe) and isinstance(text, WordFeatures) and isinstance(labels, TagSet):
        if members == 1:
            return _build_tagger(recipe, text, labels, "tagger")
        return build_tagger_ensemble(
            [_build_tagger(recipe, text, labels, f"member_{number}") for number in range(members)]
        )
    if not (isinstance(recipe, Recipe) and isinstance(text, TextFeatures) and isinstance(labels, LabelSet)):
        raise BundleError("the parts of the model are of different tasks; a file was changed.")
    if members == 1:
        return _build_one(recipe, text, labels, "classifier")
    models = [_build_one(recipe, text, labels, f"member_{number}") for number in range(members)]
    return build_ensemble(models, labels.task)


def _build_one(recipe: Recipe, text: TextFeatures, labels: LabelSet, name: str) -> Any:
    spec = ModelSpec(
        vocabulary_size=text.encoder.size,
        ngram_size=0 if text.ngrams is None else text.ngrams.size,
        outputs=1 if labels.task == "binary" else labels.size,
        time=recipe.batches.max_tokens if recipe.batches.fixed_length else None,
        losses=labels.size if labels.task == "multilabel" else 1,
    )
    with backend.precision(recipe.training.precision):
        return build_classifier(recipe.model, recipe.embedding, recipe.ngram_branch, spec, name)


def _build_tagger(recipe: TaggingRecipe, text: WordFeatures, tags: TagSet, name: str) -> Any:
    spec = TaggerSpec(
        words=text.size,
        tags=tags.size,
        spells_spans=tags.scheme is not None,
        characters=text.characters,
        longest=text.config.characters,
        vectors=text.vectors,
        casing=text.config.casing,
        first_word=text.first_word,
        utterances=len(tags.utterances),
        lower=len(tags.lower),
    )
    if bool(tags.utterances) != (recipe.model.utterance is not None) or bool(tags.lower) != (
        recipe.model.lower_tags is not None
    ):
        raise BundleError("the recipe and the tags of the model do not fit; a file was changed.")
    with backend.precision(recipe.training.precision):
        return build_tagger(recipe.model, recipe.embedding, spec, name)


def save(folder: str | Path, bundle: Bundle, card: str) -> None:
    """Writes a bundle and renames it into place when it is complete.

    Args:
        folder: Where; an older bundle there is replaced.
        bundle: What.
        card: The text of `README.md`.

    Raises:
        FolderError: Something else than a bundle stands at `folder`.
    """
    from safetensors.numpy import save_file

    folder = Path(folder)
    if folder.exists() and not (folder / "manifest.json").is_file() and any(_entries(folder)):
        raise FolderError("exists and is no saved model; name a new folder.", path=folder)
    with replacing_folder(folder) as temporary:
        write_parts(temporary, bundle.recipe, bundle.text, bundle.labels)
        write_json(temporary / "output.json", asdict(_Output(bundle.members, bundle.temperature, bundle.matrix)))
        with replacing(temporary / "weights.safetensors") as weights:
            save_file(weight_arrays(bundle.model), weights)
        write_text(temporary / "README.md", card)
        write_json(temporary / "manifest.json", _manifest(temporary))


def load(folder: str | Path) -> Bundle:
    """Reads a bundle, checking every byte of it before use. No code of the bundle is run: it has none.

    Args:
        folder: A bundle, or a run folder that holds one as `model/`.

    Raises:
        BundleError: A file is missing, changed, too large or of a newer format; the message names it.
    """
    folder = _locate(Path(folder))
    _check_files(folder, _read_manifest(folder))
    recipe, text, labels = read_parts(folder)
    with _about(folder / "output.json"):
        output = _output(json.loads(_text(folder / "output.json")))
    with _about(folder / "weights.safetensors"):
        arrays = _arrays(folder / "weights.safetensors")
        stored = sum(array.size for array in arrays.values())
        with backend.blank_weights(limit=2 * stored + _MEBIBYTE):
            model = build_model(recipe, text, labels, output.members)
        assign_weights(model, arrays)
    return Bundle(recipe, text, labels, model, output.members, output.temperature, output.matrix)


def read_recipe(folder: str | Path) -> AnyRecipe:
    """The recipe of a saved model, without loading the rest.

    Raises:
        BundleError: A file is missing or changed.
    """
    folder = _locate(Path(folder))
    _check_files(folder, _read_manifest(folder))
    with _about(folder / "recipe.yaml"):
        return catalog.parse(_text(folder / "recipe.yaml"), "the recipe")


def write_parts(folder: Path, recipe: AnyRecipe, text: Text, labels: Labels) -> None:
    """Writes everything but weights: what a model is built from."""
    write_text(folder / "recipe.yaml", recipe.to_yaml())
    write_json(folder / "labels.json", labels.to_dict())
    write_text(folder / "text.json", json.dumps(text.to_dict(), ensure_ascii=False) + "\n")


def read_parts(folder: Path) -> tuple[AnyRecipe, Text, Labels]:
    """Reads what `write_parts` wrote.

    Raises:
        BundleError: A file cannot be read, or holds something else.
    """
    with _about(folder / "recipe.yaml"):
        recipe = catalog.parse(_text(folder / "recipe.yaml"), "the recipe")
    labels_of: type[LabelSet] | type[TagSet] = LabelSet
    text_of: type[TextFeatures] | type[WordFeatures] = TextFeatures
    if isinstance(recipe, TaggingRecipe):
        labels_of, text_of = TagSet, WordFeatures
    with _about(folder / "labels.json"):
        labels = labels_of.from_dict(json.loads(_text(folder / "labels.json")))
    with _about(folder / "text.json"):
        text = text_of.from_dict(json.loads(_text(folder / "text.json")))
    return recipe, text, labels


@dataclass(frozen=True)
class _Output:
    """The content of `output.json`."""

    members: int
    temperature: float
    matrix: bool


def _output(values: Any) -> _Output:
    if not isinstance(values, dict) or set(values) != {"members", "temperature", "matrix"}:
        raise BundleError("must have exactly the keys members, temperature and matrix; the file was changed.")
    output = _Output(**values)
    if type(output.members) is not int or not 1 <= output.members <= _MOST_MEMBERS:
        raise BundleError(f"members must be a whole number from 1 to {_MOST_MEMBERS}; got {output.members!r}.")
    if type(output.temperature) not in (int, float) or not 0 < output.temperature < 1e6:
        raise BundleError(f"temperature must be a number above 0; got {output.temperature!r}.")
    if type(output.matrix) is not bool:
        raise BundleError(f"matrix must be true or false; got {output.matrix!r}.")
    return output


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """Names the file in whatever goes wrong within the block."""
    try:
        yield
    except InputError as error:
        raise BundleError(str(error), path=path) from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"cannot be read: {error}.", path=path) from error


def _locate(folder: Path) -> Path:
    if (folder / "model" / "manifest.json").is_file():
        return folder / "model"
    if not folder.is_dir():
        raise FolderError("is no folder; give a saved model or a run folder.", path=folder)
    if not (folder / "manifest.json").is_file():
        raise BundleError("is no saved model: it has no manifest.json.", path=folder)
    return folder


def _manifest(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = {
        "format": FORMAT,
        "files": {
            name: {"sha256": sha256_of(folder / name), "bytes": (folder / name).stat().st_size}
            for name in _LIMITS_BYTES
        },
        "versions": {"syntagma": version("syntagma"), **backend.versions()},
    }
    return {**content, "digest": _digest(content)}


def _digest(manifest: dict[str, Any]) -> str:
    content = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        manifest = read_json(path, _MEBIBYTE)
    except InputError as error:
        raise BundleError(str(error)) from error
    with _about(path):
        if not isinstance(manifest, dict) or manifest.get("digest") != _digest(manifest):
            raise BundleError("was changed: its digest does not fit its content.")
        # Spaces, and a key that stands twice, are not in the digest.
        if read_bytes(path, _MEBIBYTE) != json_text(manifest).encode():
            raise BundleError("was changed: it is not written as `save` writes it.")
        if type(manifest.get("format")) is not int or manifest["format"] != FORMAT:
            raise BundleError(f"has format {manifest.get('format')!r}; this version of syntagma reads format {FORMAT}.")
    return manifest


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    files = manifest.get("files")
    if (
        not isinstance(files, dict)
        or set(files) != set(_LIMITS_BYTES)
        or not all(isinstance(entry, dict) for entry in files.values())
    ):
        raise BundleError("does not list the files of a model.", path=folder / "manifest.json")
    for name, limit in _LIMITS_BYTES.items():
        path = folder / name
        if not path.is_file():
            raise BundleError("is missing.", path=path)
        size = path.stat().st_size
        if size > limit:
            raise BundleError(f"may have at most {limit:,} bytes; it has {size:,}.", path=path)
        if size != files[name].get("bytes") or sha256_of(path) != files[name].get("sha256"):
            raise BundleError("was changed: it is not the file that the manifest describes.", path=path)


def _text(path: Path) -> str:
    return read_bytes(path, _LIMITS_BYTES[path.name]).decode("utf-8")


def _arrays(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, AttributeError, ValueError) as error:  # AttributeError: a type that NumPy lacks
        raise BundleError(f"cannot be read: {error}.") from error


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else [folder]
