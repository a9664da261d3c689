"""Outputs without forbidden words and phrases."""

import numpy as np
import pytest

from syntagma.decoding.automaton import Automaton
from syntagma.errors import ConfigError
from syntagma.tasks.generation.constraints import Constraints
from syntagma.tasks.generation.forbidding import copied_transitions, make_automaton
from syntagma.tasks.generation.predictor import _drop_forbidden
from syntagma.tasks.generation.results import Alternative, GeneratedText
from syntagma.text.encoder import END, FIRST_TOKEN
from syntagma.text.forbidden_terms import ForbiddenTerms
from syntagma.text.subwords import SubwordConfig, SubwordVocabulary

SOURCES = ["lumo grib tavi", "", "noke zork pilu lumo", "quux tavi", "zork"]
COUNT = 3


@pytest.fixture(scope="module")
def model(generator):
    return generator()


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("kind", ["bpe", "word"])
def test_an_automaton_of_a_vocabulary_forbids_terms_in_any_division(kind, at_once):
    texts = ["low lower lowest", "the low tide (low)", "a lowland", "lo w"]
    vocabulary = SubwordVocabulary.train(SubwordConfig(kind=kind, size=60, min_count=1), texts)
    terms = ForbiddenTerms(["low", "the lowest"])
    automaton = make_automaton(terms, vocabulary, at_once)
    following, forbidden = (np.asarray(one) for one in (automaton.following, automaton.forbidden))
    draw, found = np.random.default_rng(0), 0
    for _ in range(2000):
        ids = draw.integers(FIRST_TOKEN, len(vocabulary), draw.integers(1, 5)).tolist()
        state, is_forbidden = 0, False
        for id in [*ids, END]:
            is_forbidden |= bool(forbidden[state, id])
            state = following[state, id]
        text = vocabulary.join(vocabulary.tokens[id] for id in ids)
        assert is_forbidden >= terms.occur_in(text), text
        # At once, words that begin with a term may be forbidden too, if the term is a whole number of subwords.
        assert is_forbidden == terms.occur_in(text) or (at_once and "low" in text), text
        found += is_forbidden
    assert found > 20


def test_copied_subwords_continue_and_complete_terms():
    terms = ForbiddenTerms(["zork", "a b"])
    ids = np.array([[9, 10, 4], [4, 4, 0], [11, 4, 9]], np.int32)
    states = copied_transitions(terms, ids, [["▁a", "▁zork", "x"], ["x", "x"], ["▁zo", "x", "▁b"]], 9, False)
    assert states.shape == (3, len(terms.may_end), 3)
    begun = states[0, 0, 0]  # after "a"
    assert begun > 0
    assert not terms.may_end[states[0, begun, 1]]  # after "zork"
    assert np.all(states[1] < 0)  # none can be copied
    at_once = copied_transitions(terms, ids[:1], [["▁a", "▁zork", "x"]], 9, True)
    assert np.all(at_once[0, :, 1] < 0)
    assert at_once[0, 0, 0] == begun
    assert Automaton.make(np.zeros((20, 9), np.int32), END).following.shape == (32, 9)


@pytest.mark.parametrize("sampling", [None, {"temperature": 2.0}])
@pytest.mark.many_searches
def test_no_output_contains_a_forbidden_word(model, sampling):
    terms = ["lumo", "zork", "grib tavi"]
    free = model.annotate(SOURCES, COUNT, sampling=sampling)
    found = model.annotate(SOURCES, COUNT, sampling=sampling, forbid=terms)
    forbidden = ForbiddenTerms(terms)
    texts = [[other.text for one in each for other in one.alternatives] for each in (free, found)]
    assert sum(map(forbidden.occur_in, texts[0])) > 3
    assert not any(map(forbidden.occur_in, texts[1]))
    assert all(other.ended or other.pieces for one in found for other in one.alternatives if one.source)
    alone = [model.annotate([source], COUNT, sampling=sampling, forbid=terms)[0] for source in SOURCES]
    assert [[other.text for one in alone for other in one.alternatives]] == texts[1:]


@pytest.mark.many_searches
def test_other_terms_and_seeds_need_no_other_program(model, compilations):
    model.annotate(SOURCES[:1], forbid=["lumo"])
    model.warm_up(alternatives=2, sampling={"top_p": 0.9}, forbid=["lumo"])
    before = compilations.count
    assert "grib" not in model.annotate(SOURCES[:1], forbid=["grib"])[0].text
    model.annotate(SOURCES[:1], 2, sampling={"top_p": 0.5, "temperature": 2, "seed": 9}, forbid=["grib"])
    assert compilations.count == before


@pytest.mark.many_searches
def test_a_forbidden_string_of_the_source_is_not_kept(model):
    """It is reported as missing, and does not keep the output from ending."""
    (one,) = model.annotate(["lumo 7 grib 8"], keep=("numbers",), forbid=["7"])
    assert "7" not in one.text
    assert "missing" in one.doubts


def test_a_translation_with_a_forbidden_term_is_refused(model):
    with pytest.raises(ConfigError, match="the translation 'the Rock' of 'lumo' contains a forbidden term"):
        model.annotate(["lumo"], glossary={"lumo": "the Rock"}, forbid=["rock"])
    with pytest.raises(ConfigError, match="a term to forbid is a word or phrase; got ''"):
        model.annotate(["lumo"], forbid=[""])


def test_an_output_without_an_end_is_dropped_if_it_contains_a_term():
    found = GeneratedText("s", tuple(Alternative(text, 0.0, (), ()) for text in ("a rock", "rocks")))
    (kept,) = _drop_forbidden(found, ForbiddenTerms(["rock"])).alternatives
    assert kept.text == "rocks"
    (empty,) = _drop_forbidden(found, ForbiddenTerms(["rock", "rocks"])).alternatives
    assert (empty.text, empty.ended) == ("", False)
    assert not Constraints()
