"""Class weights of tags, pretrained vectors, and the penalty of O."""

import numpy as np
import pytest

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError
from syntagma.tasks.estimator import Parts
from syntagma.tasks.registry import find_recipe
from syntagma.tasks.tagging.preparation import build, encode_labelled_rows, learn_parts, tag_weights
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures, WordsConfig

pytestmark = pytest.mark.backend_long


def test_class_weights_change_the_number_of_predicted_spans(tagger, sentences):
    words, tags = sentences(80)
    counts = []
    for weights in ({"B-place": 0.01, "I-place": 0.01}, {"B-place": 20.0, "I-place": 20.0}):
        # A penalty chosen on dev would undo the effect of the weights.
        model = tagger(class_weights=weights, outside_penalty=0.0, **{"training.epochs": 2}).fit(words, tags)
        found = model.predict(words)
        counts.append(sum(tag != "O" for row in found for tag in row))
    assert counts[0] < counts[1]
    with pytest.raises(ConfigError, match="class_weights must have weights above 0"):
        tagger(class_weights={"B-x": 2.0}).fit(words, tags)


def test_balanced_weights_are_inverse_to_the_square_root_of_the_frequency():
    words = [["a"] * 12]
    table = TaggedTable.from_words(words, [["A"] * 9 + ["B"] * 2 + ["C"]])
    tags = TagSet.from_tags(table.tags)
    recipe = find_recipe("tag-pos")
    rows = encode_labelled_rows(table, Parts(recipe, WordFeatures.train(WordsConfig(), words), tags))
    weights = tag_weights(find_recipe("tag", {"class_weights": "balanced"}), rows, tags)
    assert weights[2] / weights[0] == pytest.approx(3)
    assert weights[rows.per_token["tags"]].mean() == pytest.approx(1)


def test_pretrained_vectors_are_frozen_and_cover_words_unseen_in_training(tagger, sentences, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("Rome 1 0 0\nOslo 1 0 0\nnowhere 0 1 0\nParis 1 0 0\n", encoding="utf-8")
    words, tags = sentences(80)
    model = tagger(**{"embedding.vectors": str(path), "vector_words": 4}).fit(words, tags)
    assert model.recipe_.embedding.size == 3
    matrix = np.asarray(model.keras_model.get_layer("ready_vectors").embeddings)
    assert matrix.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert model.encoder_.encode([["paris", "Paris", "rome"]]).words["vectors"].tolist() == [0, 4, 0]


def test_vectors_are_found_for_words_with_punctuation():
    features = WordFeatures(WordsConfig(), ["a"], []).copy_with_vectors(["oslo", "#x", "Rome", "--"])
    numbers = features.encode([["#Oslo", "#x", "*ROME*", "Rome!", "--", "...", "Oslo's"]]).words["vectors"]
    assert numbers.tolist() == [1, 2, 0, 0, 4, 0, 0]


def test_shape_words_are_never_replaced_with_the_unknown_word(sentences):
    words, tags = sentences(80)
    words = [[*row, f"@friend{place}"] for place, row in enumerate(words)]
    table = TaggedTable.from_words(words, [[*row, "O"] for row in tags])
    recipe = find_recipe("tag", {"text.shapes": True, "embedding.unknown_dropout": 0.5, "model.units": 4})
    parts = learn_parts(recipe, table)
    layer = build(parts, "tagger").get_layer("unknown_dropout")
    assert (layer.unknown, layer.first) == (2, parts.encoder.first_word) == (2, 5)
    assert parts.encoder.vocabulary()[4] == "<@name>"


def test_the_penalty_of_o_has_the_best_smoothed_dev_span_f1(tagger, sentences):
    words, tags = sentences(80)
    others, other_tags = sentences(40, seed=1)
    corpus = Corpus(
        "made-up", {"train": TaggedTable.from_words(words, tags), "dev": TaggedTable.from_words(others, other_tags)}
    )
    few = {"training.epochs": 2, "training.learning_rate": 0.01}
    plain = tagger(outside_penalty=0.0, **few).fit(corpus)
    before = np.array(plain.keras_model.get_layer("emissions").bias)
    tried = {}
    for penalty in np.arange(-1, 3.5, 0.5):
        plain.apply_penalty(penalty)
        tried[penalty] = plain.evaluate(corpus["dev"]).span_f1
        plain.apply_penalty(-penalty)
    chosen = tagger(**few).fit(corpus)
    assert chosen.outside_penalty_ in tried
    assert chosen.evaluate(corpus["dev"]).span_f1 == pytest.approx(tried[chosen.outside_penalty_])
    f1 = np.array(list(tried.values()))
    smooth = np.convolve(np.pad(f1, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    assert smooth[list(tried).index(chosen.outside_penalty_)] == pytest.approx(smooth.max())
    moved = np.array(chosen.keras_model.get_layer("emissions").bias) - before
    assert moved.tolist() == pytest.approx([-chosen.outside_penalty_, 0, 0], abs=1e-6)
    more = tagger(outside_penalty=3.0, **few).fit(corpus)
    less = tagger(outside_penalty=-3.0, **few).fit(corpus)
    counts = [sum(len(one.spans) for one in model.annotate(others)) for model in (more, less)]
    assert counts[0] > counts[1]
