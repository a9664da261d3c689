"""The tagger from words to spans and back."""

import itertools

import numpy as np
import pytest
from sklearn.base import clone

import syntagma
from syntagma.bundle import load as load_bundle
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, DataError
from syntagma.recipes import catalog
from syntagma.tasks.classification.classifier import TextClassifier
from syntagma.tasks.tagging.preparation import TaggerParts, learning_rows_of, tag_weights
from syntagma.tasks.tagging.reader import TagReading, span_probability
from syntagma.tasks.tagging.tagger import SequenceTagger
from syntagma.text.spans import broken_rules, convert_tags, spans_of
from syntagma.text.tags import TagSet
from syntagma.text.words import WordFeatures, WordsConfig

pytestmark = pytest.mark.backend

PLACES = ["Rome", "Oslo", "Lima", "New York", "San Marino"]
FRAMES = ["I saw {} today", "{} is far", "we left {} for {}", "nobody came", "from {} , then home"]
SMALL = {
    "model.units": 12,
    "model.dropout": 0.2,
    "model.characters.units": 6,
    "model.characters.embedding_size": 4,
    "embedding.size": 8,
    "embedding.dropout": 0.0,
    "text.characters": 8,
    "batches.size": 16,
    "batches.buckets": 1,
    "training.epochs": 4,
    "training.min_steps": 0,
    "training.learning_rate": 0.02,
    # Of the recipe, what these small sentences need not.
    "scheme": "given",
    "embedding.unknown_dropout": 0.0,
    "text.casing": False,
    "text.shapes": False,
    "model.characters.dropout": 0.0,
}


def sentences(count, seed=0):
    """Words and BIO tags of sentences about places, all different by a number in each."""
    draw = np.random.default_rng(seed)
    words, tags = [], []
    for row in range(count):
        text, marks = [], []
        for part in FRAMES[draw.integers(len(FRAMES))].split():
            place = PLACES[draw.integers(len(PLACES))].split() if part == "{}" else [part]
            text += place
            marks += ["B-place", *["I-place"] * (len(place) - 1)] if part == "{}" else ["O"]
        words.append([*text, f"n{seed}x{row}"])
        tags.append([*marks, "O"])
    return words, tags


def tagger(**changes):
    return SequenceTagger("tag", {**SMALL, **changes}, verbose=False)


@pytest.fixture(scope="module")
def fitted():
    return tagger(**{"training.epochs": 12}).fit(*sentences(160))


def test_it_learns_spans_and_finds_them_in_raw_text(fitted):
    words, tags = sentences(60, seed=1)
    evaluation = fitted.evaluate(words, tags)
    assert evaluation.span_f1 > 0.9
    assert evaluation.accuracy > 0.95
    assert fitted.score(words, tags) == evaluation.span_f1
    text = "  We saw New York\ttoday 🙂, nobody else."
    found = fitted.annotate([text])[0]
    assert [text[word.start : word.end] for word in found.words] == [word.text for word in found.words]
    assert [(span.text, span.label) for span in found.spans] == [("New York", "place")]
    assert text[found.spans[0].start : found.spans[0].end] == "New York"
    assert 0 < found.spans[0].probability <= 1
    assert "New York" in found._repr_html_()
    assert found.to_dict()["spans"][0]["label"] == "place"


def test_probabilities_are_those_of_the_tags(fitted):
    words, _ = sentences(5, seed=2)
    probabilities, tags = fitted.predict_proba(words), fitted.predict(words)
    assert fitted.classes_.tolist() == ["O", "B-place", "I-place"]
    for row, found, text in zip(probabilities, tags, words, strict=True):
        assert row.shape == (len(text), 3)
        assert np.allclose(row.sum(axis=1), 1, atol=1e-4)
        assert len(found) == len(text)


def test_the_probability_of_a_span_is_that_of_all_taggings_that_have_it(fitted):
    """By sums over all taggings of a short text, out of the chain."""
    reading = fitted._read(fitted._table([["saw", "New", "York", "today"]]))[0]
    chain = np.exp(reading.chain.astype(np.float64))
    names = fitted.classes_.tolist()

    def probability(sequence):
        result, before = 1.0, 0
        for place, tag in enumerate(sequence):
            result, before = result * chain[place, before, tag], tag
        return result

    every = list(itertools.product(range(3), repeat=4))
    assert sum(map(probability, every)) == pytest.approx(1, abs=1e-4)
    for start, end in itertools.combinations(range(5), 2):
        wanted = [names.index("B-place"), *[names.index("I-place")] * (end - start - 1)]
        expected = sum(
            probability(tags)
            for tags in every
            if list(tags[start:end]) == wanted and (end == 4 or tags[end] != names.index("I-place"))
        )
        tags = np.zeros(4, np.int32)
        tags[start:end] = wanted
        changed = TagReading(tags, reading.marginals, reading.chain)
        found = span_probability(changed, start, end, np.array([names.index("I-place")]))
        assert found == pytest.approx(expected, abs=1e-4)


def test_it_is_saved_and_loaded_with_the_same_answers(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    again = syntagma.load(tmp_path / "model")
    words, _ = sentences(20, seed=3)
    assert isinstance(again, SequenceTagger)
    assert again.predict(words) == fitted.predict(words)
    for one, other in zip(again.predict_proba(words), fitted.predict_proba(words), strict=True):
        assert np.allclose(one, other, atol=1e-6)
    assert "A tagger of spans" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="is for tagging, no classifier"):
        TextClassifier.from_bundle(load_bundle(tmp_path / "model"))


def test_long_texts_are_read_in_windows_and_stay_legal(fitted):
    words, _ = sentences(200, seed=4)
    long = [word for row in words for word in row]
    tags = fitted.predict([long, ["Rome"], []])
    assert [len(row) for row in tags] == [len(long), 1, 0]
    assert not broken_rules(tags[0], "BIO")
    short = [tag for row in fitted.predict(words) for tag in row]
    assert np.mean([one == other for one, other in zip(tags[0], short, strict=True)]) > 0.9


def test_texts_without_words(fitted):
    assert fitted.predict(["", " \u200b "]) == [[], []]
    assert fitted.predict([]) == []
    assert fitted.annotate([""])[0].words == ()


@pytest.mark.parametrize("scheme", ["IOBES", "IOB1"])
def test_another_scheme_is_learned_and_the_given_one_comes_back(scheme):
    model = tagger(scheme=scheme).fit(*sentences(80))
    words, _ = sentences(20, seed=5)
    for row in model.predict(words):
        assert not broken_rules(row, "BIO")
    assert (f"{scheme[-1]}-place" if scheme == "IOBES" else "I-place") in model.classes_


def test_a_softmax_decodes_what_the_scheme_allows():
    model = tagger(**{"model.output": "softmax", "training.epochs": 1}).fit(*sentences(80))
    assert model.keras_model.output_shape == (None, None, 3)
    for row in model.predict(sentences(40, seed=6)[0]):
        assert not broken_rules(row, "BIO")


def test_plain_tags():
    words, tags = sentences(80)
    plain = [["PROPN" if tag != "O" else "X" for tag in row] for row in tags]
    model = tagger(**{"training.epochs": 12}).fit(words, plain)
    assert model.keras_model.output_shape == (None, None, 2)
    evaluation = model.evaluate(words, plain)
    assert evaluation.span_f1 is None
    assert model.score(words, plain) == evaluation.accuracy > 0.8
    assert set(evaluation.scores["per_tag"]) == {"PROPN", "X"}
    assert "unseen words" in str(evaluation)
    assert model.annotate([["Rome"]])[0].spans == ()


def test_weights_of_tags_move_what_is_found():
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


def test_ready_made_vectors_are_kept_as_they_are_and_known_words_need_no_training(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("Rome 1 0 0\nOslo 1 0 0\nnowhere 0 1 0\nParis 1 0 0\n", encoding="utf-8")
    words, tags = sentences(80)
    model = tagger(**{"embedding.vectors": str(path), "vector_words": 4}).fit(words, tags)
    assert model.recipe_.embedding.size == 3
    matrix = np.asarray(model.keras_model.get_layer("ready_vectors").embeddings)
    assert matrix.tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert model.text_.encode([["paris", "Paris", "rome"]]).words["vectors"].tolist() == [0, 4, 0]


def test_a_corpus_with_its_own_dev_split():
    tables = {
        split: TaggedTable.of_words(*sentences(count, seed))
        for split, count, seed in (("train", 60, 0), ("dev", 20, 1))
    }
    records = []
    model = tagger().fit(Corpus("places", tables), on_epoch=records.append)
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    assert {"accuracy", "span_f1", "loss"} == set(records[0]["dev"])
    assert model.history_ == records


def test_a_training_that_was_cut_off_ends_with_the_same_bits(tmp_path):
    words, tags = sentences(60)
    whole = tagger().fit(words, tags, checkpoint=tmp_path / "whole")

    def stop(record):
        if record["epoch"] == 2:
            raise MemoryError

    with pytest.raises(MemoryError):
        tagger().fit(words, tags, checkpoint=tmp_path / "cut", on_epoch=stop)
    again = tagger().fit(words, tags, checkpoint=tmp_path / "cut")
    for one, other in zip(whole.keras_model.get_weights(), again.keras_model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    with pytest.raises(DataError, match="not those that this training began with"):
        tagger().fit(words[:-1], tags[:-1], checkpoint=tmp_path / "cut")


def test_it_is_cloned_with_its_settings():
    model = SequenceTagger("tag", {"training.epochs": 1}, seed=3)
    assert clone(model).get_params() == model.get_params()


@pytest.mark.parametrize(
    ("fit", "error", "message"),
    [
        (lambda: tagger().fit([["a", "b"]]), DataError, "train holds no words with tags"),
        (lambda: tagger().fit([["a", "b"]], [["O"]]), DataError, "row 1: a text of 2 words needs as many tags; got 1"),
        (lambda: tagger().fit([["a", "\u200b"]], [["O", "O"]]), DataError, "nothing that can be seen"),
        (lambda: tagger().fit(["a b"], [["O", "O"]]), DataError, "row 1: a list of words is needed; got 'a b'"),
        (lambda: tagger().fit([["a", 1]], [["O", "O"]]), DataError, "row 1: a list of words is needed"),
        (lambda: tagger().fit([["a", "b"]], [["O", 1]]), DataError, "row 1: a list of tags is needed"),
        (lambda: tagger().fit("a b", "O O"), DataError, "one string was given"),
        (lambda: tagger().fit([["a", f"b{n}"] for n in range(20)], [["O", "O"]] * 20), DataError, "two different tags"),
        (lambda: SequenceTagger("classify").fit([["a"]], [["O"]]), ConfigError, "is for classification"),
        (lambda: TextClassifier("tag").fit(["a"], ["x"]), ConfigError, "is for tagging, which TextClassifier"),
        (lambda: tagger(**{"embedding.type_dropout": 0.1}).fit([["a"]], [["O"]]), ConfigError, "type_dropout"),
        (lambda: tagger(**{"batches.keep": "tail"}).fit([["a"]], [["O"]]), ConfigError, "every word gets a tag"),
        (lambda: tagger().fit([["a", "b\tc"]], [["O", "O"]]), DataError, "a tab or a line end within"),
        (lambda: tagger(**{"training.focal_gamma": 2.0}).fit([["a"]], [["O"]]), ConfigError, "focal_gamma"),
        (lambda: tagger(**{"training.class_weights": "balanced"}).fit([["a"]], [["O"]]), ConfigError, "class_weights"),
        (lambda: tagger(**{"training.monitor": "macro_f1"}).fit([["a"]], [["O"]]), ConfigError, "monitor: macro_f1"),
        (lambda: TextClassifier("classify", {"training.monitor": "span_f1"}).fit(["a"], ["x"]), ConfigError, "span_f1"),
        (lambda: tagger(**{"model.unit": 3}).fit([["a"]], [["O"]]), ConfigError, "units"),
    ],
)
def test_bad_input_is_named(fit, error, message):
    with pytest.raises(error, match=message):
        fit()


def test_what_cannot_be_scored(fitted):
    with pytest.raises(DataError, match="scoring needs tags"):
        fitted.evaluate([["a"]])


def test_tags_that_training_has_not_seen_count_as_wrong(fitted, loud, capsys):
    words, tags = sentences(12, seed=9)
    plain = fitted.evaluate(words, tags)
    try:
        fitted.verbose = True
        more = fitted.evaluate([*words, ["to", "Mars"]], [*tags, ["O", "B-planet"]])
    finally:
        fitted.verbose = False
    assert "row 13: the tag 'B-planet' is not in the training texts; 1 words of the tags B-planet count as wrong" in (
        capsys.readouterr().err.replace("\n", " ")
    )
    assert more.scores["per_kind"]["planet"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "spans": 1}
    assert more.scores["log_loss"] == pytest.approx(plain.scores["log_loss"])  # the sentence has none
    split = fitted.predict_beside([["to", "Mars"]], [["O", "B-planet"]])
    assert split.log_losses == [None]
    assert fitted.evaluation_of(split).scores["log_loss"] is None
    with pytest.raises(DataError, match=r"none of the tags, such as 'B-planet', but O, B-place, I-place\. If the tags"):
        fitted.evaluate([["to", "Mars"]], [["O", "B-planet"]])


def test_a_dev_split_may_have_tags_of_its_own(tmp_path):
    words, tags = sentences(40)
    more, theirs = sentences(8, seed=5)
    dev = TaggedTable.of_words([["to", "Mars"], *more], [["O", "B-planet"], *theirs])
    corpus = Corpus("places", {"train": TaggedTable.of_words(words, tags), "dev": dev})
    found = tagger(**{"training.epochs": 1}).fit(corpus, checkpoint=tmp_path / "state")
    assert "B-planet" not in found.classes_
    assert 0 < found.history_[0]["dev"]["loss"] < 10
    useless = TaggedTable.of_words([["to", "Mars"]], [["O", "B-planet"]])
    with pytest.raises(DataError, match="training has seen none of the tags, such as 'B-planet'"):
        tagger(**{"training.epochs": 1}).fit(Corpus("places", {"train": corpus.train, "dev": useless}))


def test_bilou_tags_are_learned_and_scored_as_iobes():
    words, tags = sentences(40)
    letters = {"B": "B", "I": "I", "E": "L", "S": "U"}
    bilou = [
        [tag if tag == "O" else f"{letters[tag[0]]}{tag[1:]}" for tag in convert_tags(row, "IOBES")] for row in tags
    ]
    found = tagger(**{"training.epochs": 1}).fit(TaggedTable.of_words(words, bilou))
    assert set(found.classes_) == {"O", "B-place", "I-place", "E-place", "S-place"}
    assert found.evaluate(words, bilou).scores["spans"] == found.evaluate(words, tags).scores["spans"] > 0


def test_an_unknown_task_is_named():
    with pytest.raises(ConfigError, match="task must be one of classification, tagging; got 'other'"):
        catalog.parse("name: a\ntask: other\n", "a.yaml")
    with pytest.raises(ConfigError, match="task must be one of"):
        catalog.parse("name: a\ntask: [tagging]\n", "a.yaml")


def test_balanced_weights_grow_with_the_root_of_how_rare_a_tag_is():
    words = [["a"] * 12]
    table = TaggedTable.of_words(words, [["A"] * 9 + ["B"] * 2 + ["C"]])
    tags = TagSet.from_tags(table.tags)
    recipe = catalog.find("tag-pos", [])
    rows = learning_rows_of(table, TaggerParts(recipe, WordFeatures.train(WordsConfig(), words), tags))
    weights = tag_weights(catalog.find("tag", {"class_weights": "balanced"}), rows, tags)
    assert weights[2] / weights[0] == pytest.approx(3)
    assert weights[rows.tags].mean() == pytest.approx(1)


def test_o_is_penalized_by_what_finds_dev_spans_best():
    words, tags = sentences(120)
    others, theirs = sentences(60, seed=1)
    corpus = Corpus(
        "made-up", {"train": TaggedTable.of_words(words, tags), "dev": TaggedTable.of_words(others, theirs)}
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


def test_an_ensemble_of_crfs_is_their_logarithmic_pool(tmp_path):
    words, tags = sentences(60)
    models = [
        SequenceTagger("tag", {**SMALL, "training.epochs": 2, "training.dev": False}, seed=seed, verbose=False).fit(
            TaggedTable.of_words(words, tags)
        )
        for seed in (0, 1)
    ]
    together = SequenceTagger.average(models)
    text = [["I", "saw", "Rome"]]
    chains = [model._read(model._table(text))[0].chain for model in (*models, together)]
    size = together.labels_.size

    def log_likelihood(chain, path):
        return sum(chain[t, path[t - 1] if t else 0, path[t]] for t in range(3))

    paths = list(itertools.product(range(size), repeat=3))
    pool = np.array([np.mean([log_likelihood(chain, path) for chain in chains[:2]]) for path in paths])
    pool -= np.log(np.exp(pool).sum())
    found = np.array([log_likelihood(chains[2], path) for path in paths])
    assert found == pytest.approx(pool, abs=1e-4)
    together.save(tmp_path / "model")
    loaded = syntagma.load(tmp_path / "model")
    assert loaded.members_ == 2
    assert np.allclose(loaded.predict_proba(text)[0], together.predict_proba(text)[0], atol=1e-6)
    with pytest.raises(ConfigError, match="same recipe, labels and vocabulary"):
        SequenceTagger.average([models[0], tagger(**{"training.epochs": 1}).fit(*sentences(30))])


def test_an_ensemble_of_plain_taggers_is_the_mean_of_their_probabilities():
    words, tags = sentences(40)
    plain = [["X" if tag == "O" else "Y" for tag in row] for row in tags]
    models = [
        SequenceTagger("tag-pos", {**SMALL, "training.epochs": 1, "training.dev": False}, seed=seed, verbose=False).fit(
            TaggedTable.of_words(words, plain)
        )
        for seed in (0, 1)
    ]
    one, other, together = (
        model.predict_proba([["I", "saw", "Rome"]])[0] for model in (*models, SequenceTagger.average(models))
    )
    assert np.allclose(together, (one + other) / 2, atol=1e-5)


def test_a_training_starts_from_a_tagger(fitted):
    words, tags = sentences(40, seed=3)
    on = tagger(**{"training.epochs": 1, "training.learning_rate": 1e-6}).fit(words, tags, start_from=fitted)
    assert on.text_.to_dict() == fitted.text_.to_dict()
    assert on.evaluate(words, tags).span_f1 == pytest.approx(fitted.evaluate(words, tags).span_f1, abs=0.05)
    with pytest.raises(ConfigError, match="`model` of the recipe differs"):
        tagger(**{"model.units": 13}).fit(words, tags, start_from=fitted)
    with pytest.raises(DataError, match="'B-thing' is not in the training texts"):
        tagger().fit([["a", f"b{n}"] for n in range(20)], [["B-thing", "O"]] * 20, start_from=fitted)


def test_thresholds_are_checked(fitted):
    with pytest.raises(ConfigError, match="`threshold` is a probability from 0 to 1"):
        fitted.annotate(["Rome"], threshold=2)


def test_vectors_of_words_with_signs_around_them():
    features = WordFeatures(WordsConfig(), ["a"], []).take_vectors(["oslo", "#x", "Rome", "--"])
    numbers = features.encode([["#Oslo", "#x", "*ROME*", "Rome!", "--", "...", "Oslo's"]]).words["vectors"]
    assert numbers.tolist() == [1, 2, 0, 0, 4, 0, 0]


def test_the_likeliest_taggings_are_those_of_enumeration():
    words, tags = sentences(80)
    model = tagger(**{"training.epochs": 2, "scheme": "IOBES"}).fit(words, tags)
    row = ["from", "Oslo"]
    reading = model._read(model._table([row]))[0]
    names, chain = model.labels_.names, reading.chain
    scored = {}
    for numbers in itertools.product(range(len(names)), repeat=len(row)):
        spelled = [names[number] for number in numbers]
        if not broken_rules(spelled, "IOBES"):
            scored[tuple(model.labels_.decode([numbers])[0])] = float(
                np.exp(sum(chain[place, numbers[place - 1] if place else 0, numbers[place]] for place in range(2)))
            )
    best = sorted(scored.items(), key=lambda item: -item[1])
    found = model.annotate([row, ["Rome"]], n_best=50)
    assert [one.tags for one in found[0].taggings][:3] == [tags for tags, _ in best[:3]]
    assert len(found[0].taggings) == len(best)
    assert sum(one.probability for one in found[0].taggings) == pytest.approx(1, abs=1e-5)
    assert [one.probability for one in found[0].taggings] == pytest.approx([p for _, p in best], abs=1e-5)
    assert found[0].taggings[0].tags == tuple(word.tag for word in found[0].words)
    assert len(found[1].taggings) < len(best)
    long = model.annotate([["Rome"] * 300], n_best=2)[0]
    assert len(long.words) == 300
    assert long.taggings == ()
    for count in (0, 101, True, 1.5):
        with pytest.raises(ConfigError, match="`n_best` must be a whole number from 1 to 100"):
            model.annotate([row], n_best=count)


def test_words_that_stand_for_others_are_never_read_as_unknown():
    words, tags = sentences(80)
    words = [[*row, f"@friend{place}"] for place, row in enumerate(words)]
    tags = [[*row, "O"] for row in tags]
    changes = {"text.shapes": True, "embedding.unknown_dropout": 0.5, "training.epochs": 1}
    model = tagger(**changes).fit(words, tags)
    layer = model.keras_model.get_layer("unknown_dropout")
    assert (layer.unknown, layer.first) == (2, model.text_.first_word) == (2, 5)
    assert model.text_.vocabulary()[4] == "<@name>"


@pytest.mark.parametrize("output", ["crf", "softmax"])
def test_probabilities_are_among_the_sequences_that_the_scheme_allows(output):
    words, tags = sentences(80)
    model = tagger(**{"training.epochs": 1, "scheme": "IOBES", "model.output": output, "outside_penalty": 1.0})
    model.fit(words, tags)
    found = model.annotate([["in", "New", "York"]], n_best=100)[0]
    assert len(found.taggings) < 100
    assert sum(one.probability for one in found.taggings) == pytest.approx(1, abs=1e-5)
    # Of a span: the sum over the taggings that have it.
    for span in found.spans:
        with_it = [one for one in found.taggings if (span.start, span.end, span.label) in spans_at(one.tags, found)]
        assert span.probability == pytest.approx(sum(one.probability for one in with_it), abs=1e-5)
    # Of a tag: the marginal, in the scheme that the model has learned.
    marginals = model.predict_proba([["in", "New", "York"]])[0]
    np.testing.assert_allclose(marginals.sum(axis=1), 1, atol=1e-5)
    inner = [place for place, name in enumerate(model.classes_) if name.startswith(("I-", "E-"))]
    assert marginals[0][inner].max() < 1e-6


def spans_at(tags, found):
    return {(found.words[s.start].start, found.words[s.end - 1].end, s.kind) for s in spans_of(tags)}


def test_tags_that_spoil_a_scheme_are_named_when_they_come_from_python(loud, capsys):
    words, tags = sentences(30)
    tags[0] = ["thing" for _ in tags[0]]
    found = SequenceTagger("tag", {**SMALL, "training.epochs": 1}).fit(words, tags)
    assert found.labels_.scheme is None
    assert "thing spells no span as the other tags do" in capsys.readouterr().err.replace("\n", " ")
