"""The registry of named corpora of all tasks."""

import json

import pytest

from syntagma.data.corpora.pairs import PAIR_CORPORA
from syntagma.data.corpora.registry import CORPORA, find_named, get, is_named, load_corpus
from syntagma.data.corpora.sentences import TAGGED_CORPORA
from syntagma.data.corpora.texts import TEXT_CORPORA
from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import read_tagged_corpus
from syntagma.data.sentences.table import TaggedTable
from syntagma.errors import DataError


@pytest.fixture(autouse=True)
def mine(monkeypatch, tmp_path):
    """The user's own folder of corpora, and an empty cache."""
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "mine"))
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


@pytest.fixture
def conll2000(mine):
    (mine / "conll2000").mkdir()
    for split in ("train", "test"):
        text = "In IN B-PP\nRome NNP B-NP\n"
        (mine / "conll2000" / f"{split}.txt").write_text(text, encoding="utf-8")
    return mine / "conll2000"


def test_every_corpus_is_found_by_name_and_describes_itself():
    for corpus in (*TEXT_CORPORA, *TAGGED_CORPORA, *PAIR_CORPORA):
        assert CORPORA[corpus.name] is corpus
    for name, corpus in CORPORA.items():
        assert corpus.name == name
        assert is_named(name)
        assert find_named(name.upper().replace("-", "_")) is corpus
        assert all([corpus.description, corpus.licence, corpus.citation, corpus.how_obtained])
        assert {corpus.description, f"licence: {corpus.licence}", f"cite: {corpus.citation}"} <= set(corpus.facts())
        assert all(corpus.facts())
    assert {corpus.task for corpus in TEXT_CORPORA} == {"classification"}
    assert {corpus.task for corpus in TAGGED_CORPORA} == {"tagging"}
    assert {corpus.task for corpus in PAIR_CORPORA} == {"generation"}


def test_a_path_is_not_a_name(tmp_path):
    assert find_named(tmp_path / "imdb") is None
    assert not is_named("./imdb")
    assert not is_named("imdb.csv")


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        ("conll2000", "classification", r"the corpus 'conll2000' is for tagging, not for classification; .*imdb"),
        ("bbc-news", "tagging", r"the corpus 'bbc-news' is for classification, not for tagging; .*wnut17"),
        ("BBC_news", "tagging", r"the corpus 'bbc-news' is for classification, not for tagging"),
    ],
)
def test_a_corpus_of_another_task_is_an_error_that_suggests_those_of_the_task(conll2000, name, task, message):
    with pytest.raises(DataError, match=message) as error:
        load_corpus(name, task=task)
    others = {corpus.name for corpus in CORPORA.values() if corpus.task != task} - {find_named(name).name}
    assert not [other for other in others if other in str(error.value)]


def test_a_corpus_of_the_task_is_read(conll2000):
    for corpus in (load_corpus("conll2000", task="tagging"), load_corpus("conll2000")):
        assert (corpus.name, list(corpus)) == ("conll2000", ["train", "test"])
        assert corpus.train.tags == [["B-PP", "B-NP"]]
    assert get("conll2000") == conll2000


def test_an_unknown_name_suggests_the_corpora_of_the_task():
    with pytest.raises(DataError, match=r"'mine' is neither .*known: wnut17, ud-english-ewt, conll2000, conll2003"):
        load_corpus("mine", task="tagging")
    with pytest.raises(DataError, match=r"'conll203' is neither .*did you mean 'conll2003'\?"):
        load_corpus("conll203")


def test_options_are_accepted_for_corpora_that_are_cached_unchanged(conll2000):
    corpus = load_corpus("conll2000", ReadOptions(columns={"tag": "2"}))
    assert corpus.train.tags == [["IN", "NNP"]]
    assert corpus.train.columns == {"3": [["B-PP", "B-NP"]]}


def test_a_path_is_read_with_the_reader_that_fits_its_content(tmp_path):
    (tmp_path / "words.conll").write_text("In\tO\nRome\tB-place\n", encoding="utf-8")
    (tmp_path / "words.jsonl").write_text(json.dumps({"tokens": ["Rome"], "tags": ["B-place"]}), encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text(json.dumps({"text": "In Rome", "label": "ask"}), encoding="utf-8")
    assert load_corpus(tmp_path / "words.conll").train.tags == [["O", "B-place"]]
    assert load_corpus(tmp_path / "words.jsonl").train.tags == [["B-place"]]
    (tmp_path / "pairs.jsonl").write_text(json.dumps({"source": "In Rome", "target": "In Rom"}), encoding="utf-8")
    assert load_corpus(tmp_path / "pairs.jsonl").train.targets == ["In Rom"]
    for side in ("en", "de"):
        (tmp_path / f"train.{side}").write_text(f"{side}\n", encoding="utf-8")
    files = load_corpus(train=[tmp_path / "train.en", tmp_path / "train.de"]).train
    assert (files.sources, files.targets) == (["en"], ["de"])
    texts = load_corpus(tmp_path / "texts.jsonl").train
    assert (texts.texts, texts.labels) == (["In Rome"], ["ask"])
    assert not isinstance(texts, TaggedTable)


def test_a_path_is_read_with_the_requested_reader(tmp_path):
    (tmp_path / "words.txt").write_text("In\tO\nRome\tB-place\n", encoding="utf-8")
    corpus = load_corpus(tmp_path / "words.txt", task="tagging", read=read_tagged_corpus)
    assert (corpus.name, corpus.train.tags) == ("words", [["O", "B-place"]])
