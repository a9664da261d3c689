import numpy as np
import pytest

from syntagma import progress
from syntagma.data.batching.batches import BatchConfig, Batches
from syntagma.data.batching.rows import Rows
from syntagma.models.embedding import WordEmbeddingConfig
from syntagma.models.predicting import input_names, predict_logits
from syntagma.tasks.classification.networks.average import AverageConfig
from syntagma.tasks.classification.networks.classifier import ModelSpec, NgramBranchConfig, build_classifier
from syntagma.text.ngrams import CountedNgrams
from syntagma.text.ragged import Ragged

pytestmark = pytest.mark.backend


@pytest.fixture(scope="module")
def model():
    branch = NgramBranchConfig()
    return build_classifier(AverageConfig(), WordEmbeddingConfig(size=4), branch, ModelSpec(20, 20, 2))


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(1)
    lengths = random.integers(0, 30, 23)
    tokens = Ragged.from_lengths(random.integers(1, 20, lengths.sum()).astype(np.int32), lengths)
    return Rows(tokens, bags={"ngram": CountedNgrams(tokens, tokens)})


def test_logits_are_in_row_order_for_any_batches(model, rows):
    buckets = predict_logits(model, Batches(rows, BatchConfig(size=4, buckets=3)))
    alone = np.concatenate(
        [predict_logits(model, Batches(rows.select(np.array([row])), BatchConfig(size=1))) for row in range(rows.count)]
    )
    assert buckets.shape == (23, 2)
    assert buckets.dtype == np.float32
    assert np.allclose(buckets, alone, atol=1e-6)
    assert len(np.unique(buckets.round(5), axis=0)) > 15


def test_no_rows_give_no_logits(model):
    empty = Ragged.from_rows([])
    assert predict_logits(
        model, Batches(Rows(empty, bags={"ngram": CountedNgrams(empty, empty)}), BatchConfig())
    ).shape == (
        0,
        2,
    )


def test_a_model_gets_only_its_own_inputs(rows):
    model = build_classifier(AverageConfig(), WordEmbeddingConfig(size=4), None, ModelSpec(20, 0, 1))
    assert input_names(model) == {"tokens", "lengths"}
    assert predict_logits(model, Batches(rows, BatchConfig(size=8))).shape == (23, 1)


def test_progress_is_shown_only_with_a_title(model, rows, loud, capsys):
    batches = Batches(rows, BatchConfig(size=8, fixed_length=True, max_tokens=32))
    predict_logits(model, batches)
    assert capsys.readouterr().err == ""
    predict_logits(model, batches, "Predicting")
    assert capsys.readouterr().err.startswith("Predicting: 23 of 23")
    progress.note("still on")
    assert capsys.readouterr().err == "still on\n"
