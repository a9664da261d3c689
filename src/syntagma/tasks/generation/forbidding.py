"""Automata that keep forbidden words and phrases out of the outputs of a search."""

from collections.abc import Sequence

import numpy as np

from syntagma.decoding.automaton import Automaton
from syntagma.shapes import IntArray
from syntagma.text.encoder import END, FIRST_TOKEN
from syntagma.text.forbidden_terms import FORBIDDEN, ForbiddenTerms
from syntagma.text.subwords import SubwordVocabulary


def make_automaton(terms: ForbiddenTerms, vocabulary: SubwordVocabulary, at_once: bool) -> Automaton:
    """Return the automaton of all texts without the terms, however they are divided into subwords.

    Args:
        terms: Words and phrases.
        vocabulary: Target vocabulary.
        at_once: Whether to forbid the last subword of a term even if the word could continue. Otherwise a search may
            write "rock", which it can only continue to a longer word, so it needs several hypotheses.

    Raises:
        ConfigError: If there are too many terms for the size of the vocabulary.
    """
    subwords = _transitions(terms, vocabulary.tokens[FIRST_TOKEN:], at_once)
    special = np.repeat(np.arange(len(subwords), dtype=np.int32)[:, None], FIRST_TOKEN, axis=1)
    special[:, END] = np.where(terms.may_end, 0, FORBIDDEN)
    return Automaton.make(np.concatenate([special, subwords], axis=1), END)


def copied_transitions(
    terms: ForbiddenTerms, copy_ids: IntArray, pieces: Sequence[Sequence[str]], size: int, at_once: bool
) -> IntArray:
    """Return the state after each subword that can only be copied, (B, N, S).

    Args:
        terms: Words and phrases.
        copy_ids: Extended ids of the subwords of each source, (B, S).
        pieces: Subwords of each source.
        size: Size V of the target vocabulary. Extended ids from V on are places in the source.
        at_once: See `make_automaton`.
    """
    states = np.full((len(copy_ids), len(terms.may_end), copy_ids.shape[1]), FORBIDDEN, np.int32)
    for table, ids, texts in zip(states, copy_ids, pieces, strict=True):
        places = np.unique(ids[ids >= size]) - size
        if len(places):
            table[:, places] = _transitions(terms, [texts[place] for place in places.tolist()], at_once)
    return states


def _transitions(terms: ForbiddenTerms, pieces: Sequence[str], at_once: bool) -> IntArray:
    states = terms.transitions(pieces)
    return np.where(terms.may_end[states], states, FORBIDDEN) if at_once else states
