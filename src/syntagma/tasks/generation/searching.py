"""Search for the best target texts with a trained network: the step of the decoder, and the batches of a search."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from syntagma import programs
from syntagma.decoding.automaton import Automaton
from syntagma.decoding.beam_search import BeamSearch
from syntagma.decoding.config import BeamConfig, SamplingConfig
from syntagma.decoding.results import SearchResult
from syntagma.decoding.rules import Prediction
from syntagma.decoding.sampling import Sampler
from syntagma.decoding.search import Search
from syntagma.layers.attention_decoder import Source
from syntagma.ops.copying import extended_log_probs
from syntagma.shapes import IntArray
from syntagma.tasks.generation.network import Layers, layers_of, members_of
from syntagma.text.encoder import END, START, UNKNOWN

# Log-probability of ids that must not be generated.
_NEVER = -1e30


class Allowed(NamedTuple):
    """Restrictions on the contents of outputs.

    Attributes:
        automaton: Automaton over the target vocabulary, or `None` to allow everything.
        transitions: State after each subword that can only be copied, (B, N, S), or `None` if the network cannot copy.
    """

    automaton: Automaton | None = None
    transitions: IntArray | None = None


_EVERYTHING = Allowed()


class Searcher:
    """Beam search and sampling with a trained network, or with an ensemble of networks.

    Args:
        model: Keras model from `build_generator` or `build_generator_ensemble`.
    """

    def __init__(self, model: Any):
        self.model = model
        self.members = [layers_of(member) for member in members_of(model)]
        self.variables = list(model.variables)
        self._searches: dict[str, Search] = {}

    def search(
        self, arrays: dict[str, Any], config: BeamConfig, count: int, allowed: Allowed = _EVERYTHING, **limits: Any
    ) -> list[SearchResult]:
        """Search the best target texts of the source texts in a batch.

        Args:
            arrays: Arrays `tokens` (B, S), `lengths` (B,) and, if the network copies, `copy_ids` (B, S).
            config: Settings of the search.
            count: Number of hypotheses to return for each text.
            allowed: What outputs may contain.
            **limits: Further arguments of `BeamSearch`, such as `max_length`.
        """
        states, context, mask = self._start(arrays)
        start = np.full(len(arrays["tokens"]), START, np.int32)
        limits |= {"length_penalty": config.length_penalty, "coverage_penalty": config.coverage_penalty}
        search = self._find(config, count).with_automaton(*allowed)
        return search(start, states, context, mask=mask, **limits)

    def sample(
        self,
        arrays: dict[str, Any],
        sampling: SamplingConfig,
        config: BeamConfig,
        allowed: Allowed = _EVERYTHING,
        **limits: Any,
    ) -> list[SearchResult]:
        """Draw target texts of the source texts in a batch.

        Args:
            arrays: Arrays as for `search`.
            sampling: Settings of sampling.
            config: Settings of scores, with the number of samples as the number of beams.
            allowed: What outputs may contain.
            **limits: Further arguments of `Sampler`, such as `max_length` and `keys`.
        """
        states, context, mask = self._start(arrays)
        start = np.full(len(arrays["tokens"]), START, np.int32)
        limits |= {"length_penalty": config.length_penalty, "coverage_penalty": config.coverage_penalty}
        sampler = self._find_sampler(sampling, config).with_config(sampling).with_automaton(*allowed)
        return sampler(start, states, context, mask=mask, **limits)

    def _find(self, config: BeamConfig, count: int) -> BeamSearch:
        """Return a search with the given settings. Its programs do not depend on the values of the penalties."""
        config = config.model_copy(
            update={"length_penalty": 0.0, "coverage_penalty": float(config.coverage_penalty > 0)}
        )

        def make(searcher: Searcher) -> BeamSearch:
            return BeamSearch(searcher._step, END, config, count=count, variables=searcher.variables)

        return self._share(f"search {count} {config.model_dump_json()}", make)

    def _find_sampler(self, sampling: SamplingConfig, config: BeamConfig) -> Sampler:
        """Return the sampler with the given settings, whose programs serve all temperatures, seeds and penalties."""
        count, blocked = config.beams, config.blocked_ngram

        def make(searcher: Searcher) -> Sampler:
            variables = searcher.variables
            return Sampler(searcher._step, END, sampling, count=count, blocked_ngram=blocked, variables=variables)

        return self._share(f"sample {count} {blocked} {sampling.top_k} {sampling.top_p < 1}", make)

    def _share(self, key: str, make: Callable[["Searcher"], Any]) -> Any:
        """Return a search, which is kept, because its programs are compiled only once.

        Models with the same architecture share the programs.
        """
        if key not in self._searches:
            shared = programs.share(key, self.model, lambda twin: make(Searcher(twin)))
            self._searches[key] = make(self) if shared is None else shared.with_variables(self.variables)
        return self._searches[key]

    def _start(self, arrays: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Return the states before the first step, the context of all steps, and the mask of the source."""
        inputs = {name: arrays[name] for name in ("tokens", "lengths")}
        read = [programs.predict(member.encoder, inputs) for member in self.members]
        context = [{"source": one["source"]} for one in read]
        states, mask = [one["states"] for one in read], read[0]["source"]["mask"]
        copy_ids = {"copy_ids": arrays["copy_ids"]} if "copy_ids" in arrays else {}
        return states, {"members": context, **copy_ids}, mask

    def _step(self, tokens: Any, states: Any, context: Any) -> Prediction:
        """Predict the next tokens of the hypotheses; see `syntagma.decoding.rules.Step`."""
        results = [
            _predict(member, tokens, state, Source(**one["source"]), context.get("copy_ids"))
            for member, state, one in zip(self.members, states, context["members"], strict=True)
        ]
        log_probs = [one.log_probs for one in results]
        attention = [one.attention for one in results]
        if len(results) > 1:
            mean = ops.logsumexp(ops.stack(log_probs), axis=0) - float(np.log(len(results)))
            return Prediction(mean, [one.states for one in results], ops.mean(ops.stack(attention), axis=0))
        return Prediction(log_probs[0], [results[0].states], attention[0])


def _predict(member: Layers, tokens: Any, states: Any, source: Source, copy_ids: Any) -> Prediction:
    """Return the prediction of one network."""
    size = member.size
    known = ops.where(tokens < size, tokens, UNKNOWN)  # a copied subword that is not in the vocabulary
    outputs, states, weights = member.decoder.step(member.embed(known), states, source)
    logits = member.project(outputs)
    if member.pointer is None:
        log_probs = ops.log_softmax(logits, axis=-1)
    else:
        log_probs = extended_log_probs(logits, member.pointer.gate(outputs), weights, copy_ids)
    ids = ops.arange(log_probs.shape[-1], dtype="int32")
    return Prediction(ops.where(ids < END, _NEVER, log_probs), states, weights)


def text_key(text: str) -> int:
    """Return a number from which the random numbers of samples for a text follow, in any file and batch."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
