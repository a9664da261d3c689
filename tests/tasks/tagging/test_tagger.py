"""Sequence taggers: training, prediction and scores."""

import numpy as np
import pytest

from syntagma.data.sentences.table import TaggedTable
from syntagma.data.tables.table import Corpus
from syntagma.errors import ConfigError, DataError
from syntagma.evaluation.tagging.scores import all_tagging_scores
from syntagma.tasks.tagging.results import TaggingEvaluation
from syntagma.tasks.tagging.task import TASK
from syntagma.text.spans import broken_rules, convert_tags

pytestmark = pytest.mark.backend_long


def test_spans_are_learned_and_predicted_in_raw_text(fitted, sentences):
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


def test_probabilities_have_the_shape_of_words_and_tags(fitted, sentences):
    words, _ = sentences(5, seed=2)
    probabilities, tags = fitted.predict_proba(words), fitted.predict(words)
    assert fitted.classes_.tolist() == ["O", "B-place", "I-place"]
    for row, found, text in zip(probabilities, tags, words, strict=True):
        assert row.shape == (len(text), 3)
        assert np.allclose(row.sum(axis=1), 1, atol=1e-4)
        assert len(found) == len(text)


def test_the_model_card_names_the_predicted_spans(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "# A tagger of spans, with BIO tags" in card
    assert "Labels (1): `place`" in card


def test_long_texts_are_read_in_windows_and_have_valid_tags(fitted, sentences):
    words, _ = sentences(200, seed=4)
    long = [word for row in words for word in row]
    tags = fitted.predict([long, ["Rome"], []])
    assert [len(row) for row in tags] == [len(long), 1, 0]
    assert not broken_rules(tags[0], "BIO")
    short = [tag for row in fitted.predict(words) for tag in row]
    assert np.mean([one == other for one, other in zip(tags[0], short, strict=True)]) > 0.9


def test_texts_without_words_have_no_tags(fitted):
    assert fitted.predict(["", " \u200b "]) == [[], []]
    assert fitted.predict([]) == []
    assert fitted.annotate([""])[0].words == ()


@pytest.mark.parametrize("scheme", ["IOBES", "IOB1"])
def test_predictions_are_in_the_scheme_of_the_training_tags(tagger, sentences, scheme):
    model = tagger(scheme=scheme).fit(*sentences(80))
    words, _ = sentences(20, seed=5)
    for row in model.predict(words):
        assert not broken_rules(row, "BIO")
    assert (f"{scheme[-1]}-place" if scheme == "IOBES" else "I-place") in model.classes_


def test_a_softmax_output_is_decoded_to_valid_tags(tagger, sentences):
    model = tagger(**{"model.output": "softmax", "training.epochs": 1}).fit(*sentences(80))
    assert model.keras_model.output_shape == (None, None, 3)
    for row in model.predict(sentences(40, seed=6)[0]):
        assert not broken_rules(row, "BIO")


def test_plain_tags_are_learned(tagger, sentences):
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


def test_bilou_tags_are_learned_and_scored_like_iobes(tagger, sentences):
    words, tags = sentences(40)
    letters = {"B": "B", "I": "I", "E": "L", "S": "U"}
    bilou = [
        [tag if tag == "O" else f"{letters[tag[0]]}{tag[1:]}" for tag in convert_tags(row, "IOBES")] for row in tags
    ]
    found = tagger(**{"training.epochs": 1}).fit(TaggedTable.from_words(words, bilou))
    assert set(found.classes_) == {"O", "B-place", "I-place", "E-place", "S-place"}
    assert found.evaluate(words, bilou).scores["spans"] == found.evaluate(words, tags).scores["spans"] > 0


@pytest.mark.parametrize("scheme", ["IOB1", "IOBES", "BMES"])
def test_scores_do_not_depend_on_the_scheme_of_the_gold_tags(fitted, sentences, scheme):
    words, tags = sentences(20, seed=3)
    other = [convert_tags(row, scheme) for row in tags]
    assert other != tags
    assert fitted.evaluate(words, other).scores == fitted.evaluate(words, tags).scores
    predictions = {"test": fitted.predict_with_gold(TaggedTable.from_words(words, other))}
    TASK.add_baselines(TaggedTable.from_words(words, other), predictions)
    same = {"test": fitted.predict_with_gold(TaggedTable.from_words(words, tags))}
    TASK.add_baselines(TaggedTable.from_words(words, tags), same)
    assert TASK.score_baselines(predictions["test"]) == TASK.score_baselines(same["test"])
    assert TASK.score_baselines(same["test"])["most frequent tag of each word"]["accuracy"] > 0.9
    assert TASK.compare(predictions["test"], same["test"], ("a", "b"), "test").rows == 20


def test_tags_that_violate_a_scheme_are_rejected_unless_all_are_plain(tagger, sentences):
    words, tags = sentences(30)
    tags[0] = ["thing" for _ in tags[0]]
    with pytest.raises(DataError, match=r"words, row 1: the tag 'thing' .* does not match the other tags"):
        tagger().fit(words, tags)
    found = tagger(**{"training.epochs": 1, "scheme": "none"}).fit(words, tags)
    assert found.labels_.scheme is None
    assert found.evaluate(words, tags).scores["words"] == sum(map(len, words))


def test_a_dev_split_of_the_corpus_is_used(tagger, sentences):
    tables = {
        split: TaggedTable.from_words(*sentences(count, seed))
        for split, count, seed in (("train", 60, 0), ("dev", 20, 1))
    }
    records = []
    model = tagger().fit(Corpus("places", tables), on_epoch=records.append)
    assert [record["epoch"] for record in records] == [1, 2, 3, 4]
    assert {"accuracy", "span_f1", "loss"} == set(records[0]["dev"])
    assert model.history_ == records


def test_a_dev_split_may_have_unseen_tags(tagger, sentences, tmp_path):
    words, tags = sentences(40)
    more, more_tags = sentences(8, seed=5)
    dev = TaggedTable.from_words([["to", "Mars"], *more], [["O", "B-planet"], *more_tags])
    corpus = Corpus("places", {"train": TaggedTable.from_words(words, tags), "dev": dev})
    found = tagger(**{"training.epochs": 1}).fit(corpus, checkpoint=tmp_path / "state")
    assert "B-planet" not in found.classes_
    assert 0 < found.history_[0]["dev"]["loss"] < 10
    useless = TaggedTable.from_words([["to", "Mars"]], [["O", "B-planet"]])
    with pytest.raises(DataError, match="no tag, such as 'B-planet', occurs in the training texts"):
        tagger(**{"training.epochs": 1}).fit(Corpus("places", {"train": corpus.train, "dev": useless}))


def test_unseen_tags_count_as_errors(fitted, sentences, loud, capsys):
    words, tags = sentences(12, seed=9)
    plain = fitted.evaluate(words, tags)
    try:
        fitted.verbose = True
        more = fitted.evaluate([*words, ["to", "Mars"]], [*tags, ["O", "B-planet"]])
    finally:
        fitted.verbose = False
    assert "row 13: the tag 'B-planet' is not in the training texts; 1 words with the tags B-planet count as wrong" in (
        capsys.readouterr().err.replace("\n", " ")
    )
    assert more.scores["per_kind"]["planet"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "spans": 1}
    # The sentence with an unseen tag has no log loss.
    assert more.scores["log_loss"] == pytest.approx(plain.scores["log_loss"])
    split = fitted.predict_with_gold([["to", "Mars"]], [["O", "B-planet"]])
    assert split.log_losses == [None]
    assert TaggingEvaluation(all_tagging_scores(split)).scores["log_loss"] is None
    with pytest.raises(
        DataError, match=r"'B-planet', occurs in the training texts, which have O, B-place, I-place\. If the tags"
    ):
        fitted.evaluate([["to", "Mars"]], [["O", "B-planet"]])


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        ([["a", ""]], [["O", "O"]], "a word must not be empty"),
        (["a b"], [["O", "O"]], "row 1: a list of words is needed; got 'a b'"),
        ([["a", "b"]], [["O", 1]], "row 1: a list of tags is needed"),
        ([["a", "b\tc"]], [["O", "O"]], "must not contain a tab or a line end"),
    ],
)
def test_invalid_words_and_tags_are_reported(tagger, words, tags, message):
    with pytest.raises(DataError, match=message):
        tagger().fit(words, tags)


def test_invalid_thresholds_are_rejected(fitted):
    with pytest.raises(ConfigError, match="`threshold` must be from 0 to 1"):
        fitted.annotate(["Rome"], threshold=2)
