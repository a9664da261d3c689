"""Probabilities of spans and taggings, compared with sums over all taggings of short texts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from syntagma import bundle
from syntagma.errors import ConfigError
from syntagma.tasks.tagging.predictor import TagPrediction, span_probability
from syntagma.tasks.tagging.tagger import SequenceTagger
from syntagma.text.spans import broken_rules, tags_to_spans

pytestmark = pytest.mark.backend_long


def test_the_probability_of_a_span_is_the_sum_over_taggings_with_it(fitted):
    prediction = fitted._predict_table(fitted._table([["saw", "New", "York", "today"]]))[0]
    chain = np.exp(prediction.chain.astype(np.float64))
    names = fitted.classes_.tolist()

    def probability(sequence):
        result, before = 1.0, 0
        for place, tag in enumerate(sequence):
            result, before = result * chain[place, before, tag], tag
        return result

    every = list(itertools.product(range(3), repeat=4))
    assert sum(map(probability, every)) == pytest.approx(1, abs=1e-4)
    for start, end in itertools.combinations(range(5), 2):
        span_tags = [names.index("B-place"), *[names.index("I-place")] * (end - start - 1)]
        expected = sum(
            probability(tags)
            for tags in every
            if list(tags[start:end]) == span_tags and (end == 4 or tags[end] != names.index("I-place"))
        )
        tags = np.zeros(4, np.int32)
        tags[start:end] = span_tags
        changed = TagPrediction(tags, prediction.marginals, prediction.chain)
        found = span_probability(changed, start, end, np.array([names.index("I-place")]))
        assert found == pytest.approx(expected, abs=1e-4)


def test_n_best_lists_equal_an_enumeration_of_all_taggings(tagger, sentences):
    words, tags = sentences(80)
    model = tagger(**{"training.epochs": 2, "scheme": "IOBES"}).fit(words, tags)
    row = ["from", "Oslo"]
    prediction = model._predict_table(model._table([row]))[0]
    names, chain = model.labels_.names, prediction.chain
    scored = {}
    for numbers in itertools.product(range(len(names)), repeat=len(row)):
        sequence = [names[number] for number in numbers]
        if not broken_rules(sequence, "IOBES"):
            scored[tuple(model.labels_.decode([numbers])[0])] = float(
                np.exp(sum(chain[place, numbers[place - 1] if place else 0, numbers[place]] for place in range(2)))
            )
    best = sorted(scored.items(), key=lambda item: -item[1])
    found = model.annotate([row, ["Rome"]], n_best=8)
    assert [one.tags for one in found[0].taggings][:3] == [tags for tags, _ in best[:3]]
    assert len(found[0].taggings) == len(best)
    assert sum(one.probability for one in found[0].taggings) == pytest.approx(1, abs=1e-5)
    assert [one.probability for one in found[0].taggings] == pytest.approx([p for _, p in best], abs=1e-5)
    assert found[0].taggings[0].tags == tuple(word.tag for word in found[0].words)
    assert len(found[1].taggings) < len(best)
    for count in (0, 101, True, 1.5):
        with pytest.raises(ConfigError, match="`n_best` must be a whole number from 1 to 100"):
            model.annotate([row], n_best=count)


@pytest.mark.parametrize("output", ["crf", "softmax"])
def test_probabilities_are_conditioned_on_valid_sequences(tagger, sentences, output):
    words, tags = sentences(80)
    model = tagger(**{"training.epochs": 1, "scheme": "IOBES", "model.output": output, "outside_penalty": 1.0})
    model.fit(words, tags)
    row = ["New", "York"]
    found = model.annotate([row], n_best=8)[0]
    assert len(found.taggings) < 8
    assert sum(one.probability for one in found.taggings) == pytest.approx(1, abs=1e-5)
    # The probability of a span is the sum over the taggings that have it.
    for span in found.spans:
        with_it = [one for one in found.taggings if (span.start, span.end, span.label) in spans_at(one.tags, found)]
        assert span.probability == pytest.approx(sum(one.probability for one in with_it), abs=1e-5)
    # The probability of a tag is its marginal, in the scheme that the model learns.
    marginals = model.predict_proba([row])[0]
    np.testing.assert_allclose(marginals.sum(axis=1), 1, atol=1e-5)
    inner = [place for place, name in enumerate(model.classes_) if name.startswith(("I-", "E-"))]
    assert marginals[0][inner].max() < 1e-6


def spans_at(tags, found):
    return {(found.words[s.start].start, found.words[s.end - 1].end, s.kind) for s in tags_to_spans(tags)}


def test_an_ensemble_of_crfs_is_a_logarithmic_opinion_pool(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    contents = bundle.read(tmp_path / "model")
    random = np.random.default_rng(1)
    noise = {name: random.normal(0, 0.3, array.shape).astype(array.dtype) for name, array in contents.arrays.items()}
    arrays = {name: array + noise[name] for name, array in contents.arrays.items()}
    models = [fitted, SequenceTagger.from_contents(replace(contents, arrays=arrays))]
    together = SequenceTagger.average(models)
    text = [["I", "saw", "Rome"]]
    chains = [model._predict_table(model._table(text))[0].chain for model in (*models, together)]
    size = together.labels_.size

    def log_likelihood(chain, path):
        return sum(chain[t, path[t - 1] if t else 0, path[t]] for t in range(3))

    paths = list(itertools.product(range(size), repeat=3))
    single = np.array([[log_likelihood(chain, path) for path in paths] for chain in chains[:2]])
    assert np.abs(single[0] - single[1]).max() > 0.1
    pool = np.mean(single, axis=0)
    pool -= np.log(np.exp(pool).sum())
    found = np.array([log_likelihood(chains[2], path) for path in paths])
    assert found == pytest.approx(pool, abs=1e-4)
