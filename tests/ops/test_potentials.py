"""Reading a chain through its potentials or as numbers, and scores near the limits of float32."""

import functools
import itertools

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import logsumexp

from syntagma import backend, layers, lazy_tensors
from syntagma.ops import crf, potentials

pytestmark = pytest.mark.backend

RANDOM = np.random.default_rng(11)
MASKS = {
    "none": None,
    "right": np.arange(5) < np.array([5, 3, 1, 0])[:, None],
    "left": np.arange(5) >= np.array([0, 2, 4, 5])[:, None],
    "holes": np.stack([np.arange(5) % 2 == row % 2 for row in range(4)]),
}


def numpy(tensor):
    return np.array(ops.convert_to_numpy(tensor))


def random_scores(size=4, scale=1.5):
    emissions = RANDOM.normal(0, scale, (4, 5, size)).astype(np.float32)
    return emissions, crf.TagScores(
        *(RANDOM.normal(0, scale, shape).astype(np.float32) for shape in ((size, size), (size,), (size,)))
    )


def read(emissions, scores, mask, tags, rules=None):
    chain = crf.tag_chain(emissions, scores, mask)
    return crf.token_losses(chain, tags), crf.likeliest_tags(chain, rules), chain


READ = backend.compile_function(read)
CHAIN = backend.compile_function(crf.tag_chain)
MARGINALS = backend.compile_function(crf.marginals)
LIKELIEST = backend.compile_function(crf.likeliest_tags)
TOKEN_LOSSES = backend.compile_function(crf.token_losses)
ANY_TAGS = crf.rule_scores(np.ones((4, 4), bool), np.ones(4, bool), np.ones(4, bool))


def enumerate_sequences(emissions, scores):
    """Return each tag sequence of one text and its score, in float64."""
    emissions, *scores = (np.asarray(one, np.float64) for one in (emissions, *scores))
    transitions, start, end = scores
    for tags in itertools.product(range(emissions.shape[-1]), repeat=len(emissions)):
        steps = emissions[range(len(tags)), tags].sum() + sum(transitions[pair] for pair in itertools.pairwise(tags))
        yield tags, start[tags[0]] + steps + end[tags[-1]]


@pytest.mark.parametrize("mask", MASKS)
def test_one_program_and_two_programs_give_the_same_results(mask):
    emissions, scores = random_scores()
    tags = RANDOM.integers(0, 4, (4, 5))
    rules = crf.rule_scores(RANDOM.random((4, 4)) < 0.7, np.array([1, 1, 0, 1], bool), np.array([0, 1, 1, 1], bool))
    losses, best, chain = map(numpy, READ(emissions, scores, MASKS[mask], tags, rules))
    assert np.allclose(losses, numpy(TOKEN_LOSSES(chain, tags)), atol=1e-5)
    assert np.array_equal(best, numpy(LIKELIEST(chain, rules)))


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("far", [False, True])
def test_a_training_step_is_the_same_with_or_without_the_chain(mask, far, monkeypatch):
    """Compare with a chain that is read as numbers, and with sums in the log domain."""
    emissions, _ = random_scores(3, 60 if far else 1)
    tags = RANDOM.integers(0, 3, (4, 5))
    result = {}
    for way in ("potentials", "numbers", "logarithms"):
        with monkeypatch.context() as patch:
            if way == "numbers":
                patch.setattr(crf, "recall_source", lambda tensor: None)
            elif way == "logarithms":
                patch.setattr(potentials, "_compute_by_products", potentials._compute_in_log_domain)
            result[way] = train_step(way, emissions, MASKS[mask], tags)
    for other in ("numbers", "logarithms"):
        for one, two in zip(result["potentials"], result[other], strict=True):
            assert np.allclose(one, two, atol=1e-3 if far else 2e-5)


def train_step(way, emissions, mask, tags):
    """Return the loss and the weights of a small tagger after a training step."""
    model, start = small_tagger(way)
    model.set_weights(start)
    mask = np.ones((4, 5), bool) if mask is None else mask
    return [model.train_on_batch([emissions, mask], tags), *model.get_weights()]


@functools.cache
def small_tagger(way):
    """Return a compiled tagger and its weights; each way of training has its own program."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((5, 3)), keras.Input((5,), dtype="bool")
    draw = keras.initializers.RandomNormal(0, 1, seed=3)
    chain = layers.CRF(3, transitions_initializer=draw)(keras.layers.Dense(3)(inputs[0]), mask=inputs[1])
    model = keras.Model(inputs, chain)
    model.compile(keras.optimizers.SGD(0.1), layers.CRFLoss())
    return model, model.get_weights()


LOSSES = backend.compile_function(lambda *arguments: crf.token_losses(crf.tag_chain(*arguments[:2]), arguments[2]))


@pytest.mark.parametrize(("gap", "forbidden"), [(1, -1e4), (40, -1e4), (300, -1e4), (300, -np.inf), (3000, -1e30)])
def test_extreme_scores_give_the_results_of_double_precision(gap, forbidden):
    emissions, scores = random_scores(3, gap)
    scores.transitions[0, 1:] = scores.transitions[2, 0] = forbidden
    for row in range(4):
        every = list(enumerate_sequences(emissions[row], scores))
        total = logsumexp([score for _, score in every])
        allowed = [(tags, total - score) for tags, score in every if total - score < 1e25]
        gold = np.array([tags for tags, _ in allowed])
        result = numpy(LOSSES(np.repeat(emissions[row][None], len(gold), 0), scores, gold)).sum(axis=1)
        assert np.allclose(result, [expected for _, expected in allowed], rtol=1e-5, atol=1e-4 * max(1, gap / 100))


@pytest.mark.parametrize("compiled", [False, True])
def test_an_emission_of_minus_infinity_forbids_the_tag_at_that_step(compiled):
    emissions, scores = random_scores()
    emissions[0, 2, :3] = emissions[1, 0, 1] = emissions[2, 4, 0] = -np.inf
    chain = (CHAIN if compiled else crf.tag_chain)(emissions, scores)
    result, likeliest = numpy(MARGINALS(chain)), numpy(LIKELIEST(chain, ANY_TAGS))
    for row in range(4):
        expected, every = np.zeros((5, 4)), list(enumerate_sequences(emissions[row], scores))
        total = logsumexp([score for _, score in every])
        for tags, score in every:
            expected[range(5), tags] += np.exp(score - total)
        assert np.allclose(result[row], expected, atol=1e-5)
        best = max(every, key=lambda one: one[1])[0]
        assert tuple(likeliest[row]) == best
    gold = np.where(np.isneginf(emissions[:, :, 0]), 1, 0)
    gold[0, 2] = 0
    assert np.isnan(numpy(TOKEN_LOSSES(chain, gold)).sum(axis=1)).tolist() == [True, False, False, False]


def read_everything(chain):
    n_best = crf.n_best_tags(chain, 2)
    tags = np.zeros((4, 5), int)
    return crf.token_losses(chain, tags), crf.marginals(chain), crf.likeliest_tags(chain), *n_best


READ_NUMBERS = backend.compile_function(read_everything)
READ_POTENTIALS = backend.compile_function(lambda *arguments: read_everything(crf.tag_chain(*arguments)))


@pytest.mark.parametrize("programs", [1, 2])
@pytest.mark.parametrize("why", ["no tag", "no way"])
def test_a_text_without_possible_sequences_has_no_tags_and_nan_probabilities(why, programs):
    emissions, scores = random_scores()
    if why == "no tag":
        emissions[1, 3] = -np.inf
    else:
        scores.transitions[2, 3] = -np.inf
        emissions[1, 1, [0, 1, 3]] = emissions[1, 2, :3] = -np.inf

    result = READ_POTENTIALS(emissions, scores) if programs == 1 else READ_NUMBERS(CHAIN(emissions, scores))
    losses, marginals, tags, n_best, scores_of_them = map(numpy, result)
    fine = np.array([True, False, True, True])
    assert np.array_equal(np.isfinite(losses.sum(axis=1)), fine)
    assert np.array_equal(np.isfinite(marginals.sum(axis=(1, 2))), fine)
    assert (tags[1] == crf.NO_TAG).all()
    assert (tags[fine] >= 0).all()
    assert (n_best[1] == crf.NO_TAG).all()
    assert np.isneginf(scores_of_them[1]).all()


def test_minus_infinity_at_padding_has_no_effect():
    emissions, scores = random_scores()
    mask, tags = MASKS["right"], np.zeros((4, 5), int)
    expected = [numpy(one) for one in READ(emissions, scores, mask, tags, ANY_TAGS)]
    emissions[~mask] = -np.inf
    for one, other in zip(READ(emissions, scores, mask, tags, ANY_TAGS), expected, strict=True):
        assert np.array_equal(numpy(one), other)


def test_sources_are_forgotten_with_their_tensors():
    emissions, scores = random_scores()
    backend.compile_function(lambda *arguments: read(*arguments, None, np.zeros((4, 5), int))[:2])(emissions, scores)
    chain = crf.tag_chain(emissions, scores)
    del chain
    keras.utils.clear_session()
    assert not lazy_tensors._sources


torch_alone = pytest.mark.skipif(keras.backend.backend() != "torch", reason="only PyTorch defers tensors")


@torch_alone
def test_a_row_of_low_transitions_still_uses_the_fast_products(monkeypatch):
    """This happens for a tag that only ends texts; the products use differences from the row maximum."""
    emissions, scores = random_scores(3)
    scores.transitions[1] = -1e4
    monkeypatch.setattr(
        potentials, "_compute_in_log_domain", lambda arguments: pytest.fail("the fast products were not used")
    )
    crf.token_losses(crf.tag_chain(emissions, scores), np.zeros((4, 5), int))


@torch_alone
class TestDeferredChains:
    emissions, scores = random_scores()

    def chain(self):
        import torch

        arguments = torch.tensor(self.emissions, requires_grad=True)
        return arguments, crf.tag_chain(arguments, self.scores)

    def test_losses_and_tags_do_not_compute_the_chain(self):
        _, chain = self.chain()
        crf.token_losses(chain, np.zeros((4, 5), int))
        crf.likeliest_tags(chain)
        assert tuple(chain.shape) == (4, 5, 4, 4)
        assert chain._result is None
        assert float(chain.exp().sum(-1).mean().detach()) == pytest.approx(1, abs=1e-5)
        assert chain._result is not None

    def test_they_behave_like_ordinary_tensors(self):
        import copy
        import io

        import torch

        _, chain = self.chain()
        assert chain.requires_grad
        _, chain = self.chain()
        assert np.asarray(chain.detach()).shape == (4, 5, 4, 4)
        stored = io.BytesIO()
        torch.save(self.chain()[1].detach(), stored)
        stored.seek(0)
        assert torch.load(stored).shape == (4, 5, 4, 4)
        with torch.no_grad():
            chain = self.chain()[1]
        assert type(copy.deepcopy(chain)) is torch.Tensor
        assert not chain.requires_grad
        with torch.inference_mode():
            chain = self.chain()[1]
        assert crf.likeliest_tags(chain).shape == (4, 5)

    def test_in_place_changes_are_visible(self):
        import torch

        with torch.no_grad():
            chain = self.chain()[1]
        chain.fill_(0.0)
        assert not numpy(crf.token_losses(chain, np.zeros((4, 5), int))).any()

    def test_later_changes_of_weights_do_not_affect_them(self):
        import torch

        weights = crf.TagScores(*(torch.tensor(one) for one in self.scores))
        arguments = torch.tensor(self.emissions)
        chain = crf.tag_chain(arguments, weights)
        for one in (arguments, *weights):
            one.mul_(-1)
        expected = crf.tag_chain(self.emissions, self.scores)
        assert np.array_equal(numpy(crf.likeliest_tags(chain)), numpy(crf.likeliest_tags(expected)))
        assert np.allclose(numpy(chain), numpy(expected))

    @pytest.mark.parametrize("way", ["number", "function", "hook"])
    def test_gradients_pass_through_all_consumers(self, way):
        import torch

        class Copy(torch.autograd.Function):
            @staticmethod
            def forward(ctx, arguments):
                return arguments.clone()

            @staticmethod
            def backward(ctx, gradient):
                return gradient

        tags = np.zeros((4, 5), int)
        plain, chain = self.chain()
        crf.token_losses(chain, tags).sum().backward()
        arguments, chain = self.chain()
        heard = []
        if way == "hook":
            chain.register_hook(heard.append)
        taken = {"number": lambda: chain * 1, "function": lambda: Copy.apply(chain), "hook": lambda: chain}[way]()
        crf.token_losses(taken, tags).sum().backward()
        assert len(heard) == (way == "hook")
        assert np.allclose(arguments.grad, plain.grad, atol=1e-5)
