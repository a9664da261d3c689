"""What the training sentences decide about a tagger: weights of tags, vectors, the penalty of O."""

import numpy as np
import pytest

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError
from syntagma.tasks.estimator import Parts
from syntagma.tasks.registry import find_recipe
from syntagma.tasks.tagging.preparation import build, learn_parts, learning_rows_of, tag_weights
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures, WordsConfig

pytestmark = pytest.mark.backend_long


def test_weights_of_tags_move_what_is_found(tagger, sentences):
    words, tags = sentences(80)
    counts = []
    for weights in ({"B-place": 0.01, "I-place": 0.01}, {"B-place": 20.0, "I-place": 20.0}):
        # A fitted penalty of O would take back what the weights have moved.
        model = tagger(class_weights=weights, outside_penalty=0.0, **{"training.epochs": 2}).fit(words, tags)
        found = model.predict(words)
        counts.append(sum(tag != "O" for row in found for tag in row))
    assert counts[0] < counts[1]
    with pytest.raises(ConfigError, match="class_weights: B-x=2"):
        tagger(class_weights={"B-x": 2.0}).fit(words, tags)


def test_balanced_weights_grow_with_the_root_of_how_rare_a_tag_is():
    words = [["a"] * 12]
    table = TaggedTable.from_words(words, [["A"] * 9 + ["B"] * 2 + ["C"]])
    tags = TagSet.from_tags(table.tags)
    recipe = find_recipe("tag-pos")
    rows = learning_rows_of(table, Parts(recipe, WordFeatures.train(WordsConfig(), words), tags))
    weights = tag_weights(find_recipe("tag", {"class_weights": "balanced"}), rows, tags)
    assert weights[2] / weights[0] == pytest.approx(3)
    assert weights[rows.per_token["tags"]].mean() == pytest.approx(1)


def test_ready_made_vectors_are_kept_as_they_are_and_known_words_need_no_training(tagger, sentences, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("Rome 1 0 0\nOslo 1 0 0\nnowhere 0 1 0\nParis 1 0 0\n", encoding="utf-8")
    words, tags = sentences(80)
    model = tagger(**{"embedding.vectors": str(path), "vector_words": 4}).fit(words, tags)
    assert model.recipe_.embedding.size == 3
    matrix = np.asarray(model.keras_model.get_layer("ready_vectors").embeddings)
    assert matrix.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert model.encoder_.encode([["paris", "Paris", "rome"]]).words["vectors"].tolist() == [0, 4, 0]


def test_vectors_of_words_with_signs_around_them():
    features = WordFeatures(WordsConfig(), ["a"], []).copy_with_vectors(["oslo", "#x", "Rome", "--"])
    numbers = features.encode([["#Oslo", "#x", "*ROME*", "Rome!", "--", "...", "Oslo's"]]).words["vectors"]
    assert numbers.tolist() == [1, 2, 0, 0, 4, 0, 0]


def test_words_that_stand_for_others_are_never_read_as_unknown(sentences):
    words, tags = sentences(80)
    words = [[*row, f"@friend{place}"] for place, row in enumerate(words)]
    table = TaggedTable.from_words(words, [[*row, "O"] for row in tags])
    recipe = find_recipe("tag", {"text.shapes": True, "embedding.unknown_dropout": 0.5, "model.units": 4})
    parts = learn_parts(recipe, table)
    layer = build(parts, "tagger").get_layer("unknown_dropout")
    assert (layer.unknown, layer.first) == (2, parts.encoder.first_word) == (2, 5)
    assert parts.encoder.vocabulary()[4] == "<@name>"


def test_o_is_penalized_by_what_finds_dev_spans_best(tagger, sentences):
    words, tags = sentences(120)
    others, theirs = sentences(60, seed=1)
    corpus = Corpus(
        "made-up", {"train": TaggedTable.from_words(words, tags), "dev": TaggedTable.from_words(others, theirs)}
    )
    few = {"training.epochs": 2, "training.learning_rate": 0.01}
    plain = tagger(outside_penalty=0.0, **few).fit(corpus)
    before = np.array(plain.keras_model.get_layer("emissions").bias)
    tried = {}
    for penalty in np.arange(-1, 3.5, 0.5):
        plain.take_penalty(penalty)
        tried[penalty] = plain.evaluate(corpus["dev"]).span_f1
        plain.take_penalty(-penalty)
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
