"""Named corpora of tagged words: the user's folder, the cache, and a local server in place of the official one."""

import functools
import hashlib
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from syntagma.data.corpora import registry
from syntagma.data.corpora.download import RemoteFile
from syntagma.data.corpora.registry import find_local, get, load_corpus
from syntagma.data.corpora.sentences import TAGGED_CORPORA
from syntagma.errors import DataError, DownloadError

# As in the official train file, an empty line may contain a tab.
FILES = {"train": "Rome\tB-location\n\t\nYes\tO\n", "dev": "No\tO\n", "test": "Oslo\tB-location\n"}


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.delenv("SYNTAGMA_DATA", raising=False)
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def address(tmp_path):
    """Address of a served folder."""
    (tmp_path / "served").mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "served"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def served(monkeypatch, tmp_path, address):
    """The corpus wnut17 with small files on the local server."""
    sources = {}
    for split, text in FILES.items():
        (tmp_path / "served" / f"{split}.txt").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        sources[split] = RemoteFile(f"{address}/{split}.txt", digest, len(text))
    corpus = replace(registry.CORPORA["wnut17"], sources=sources)
    monkeypatch.setitem(registry.CORPORA, "wnut17", corpus)
    return tmp_path / "served"


def test_a_corpus_is_downloaded_once_and_read(served, cache):
    corpus = load_corpus("WNUT17")
    assert corpus.name == "wnut17"
    assert {split: table.words for split, table in corpus.splits.items()} == {
        "train": [["Rome"], ["Yes"]],
        "dev": [["No"]],
        "test": [["Oslo"]],
    }
    for path in served.iterdir():
        path.unlink()
    folder = get("wnut17")
    assert folder.is_relative_to(cache)
    assert load_corpus("wnut17").splits == corpus.splits


def test_content_that_is_not_pinned_is_rejected_and_leaves_no_files(served, cache):
    (served / "test.txt").write_text("Oslo\tB-locatioN\n", encoding="utf-8")
    with pytest.raises(DownloadError, match="SHA-256"):
        load_corpus("wnut17")
    assert find_local("wnut17") is None


def test_an_error_names_the_server_without_the_file_and_leaves_no_files(served, cache):
    (served / "dev.txt").unlink()
    with pytest.raises(DownloadError, match=r"dev\.txt: .*404"):
        get("wnut17")
    assert not list(cache.rglob("*.conll"))


def test_the_users_own_folder_comes_first(monkeypatch, tmp_path, served):
    folder = tmp_path / "mine" / "wnut17"
    folder.mkdir(parents=True)
    for split in FILES:
        (folder / f"{split}.conll").write_text("Lima\tB-location\n", encoding="utf-8")
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "mine"))
    assert load_corpus("wnut17").train.words == [["Lima"]]
    (folder / "dev.conll").unlink()
    with pytest.raises(DataError, match=r"wnut17 needs a file dev\.conll in this folder"):
        load_corpus("wnut17")


@pytest.mark.parametrize(
    ("name", "files", "splits"),
    [
        ("conll2000", ("train.txt", "test.txt"), ["train", "test"]),
        ("conll2003", ("eng.train", "eng.testa", "eng.testb"), ["train", "dev", "test"]),
        ("conll2003", ("train.txt", "valid.txt", "test.txt"), ["train", "dev", "test"]),
    ],
)
def test_corpora_that_users_must_supply(monkeypatch, tmp_path, name, files, splits):
    with pytest.raises(DataError, match=f"{name} is not on this machine, and its licence"):
        load_corpus(name)
    folder = tmp_path / "mine" / name
    folder.mkdir(parents=True)
    for file in files:
        text = "-DOCSTART- -X- O O\n\nIn IN I-PP O\nRome NNP I-NP I-LOC\n. . O O\n"
        (folder / file).write_text(text, encoding="utf-8")
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "mine"))
    corpus = load_corpus(name)
    assert list(corpus.splits) == splits
    assert corpus.train.words == [["In", "Rome", "."]]
    assert corpus.train.tags == [["O", "I-LOC", "O"]]


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(DataError, match="did you mean 'conll2003'"):
        get("conll203")


@pytest.mark.parametrize("corpus", TAGGED_CORPORA, ids=lambda corpus: corpus.name)
def test_pinned_files_have_the_address_of_a_single_commit(corpus):
    for split, source in corpus.sources.items():
        assert split in corpus.files
        assert source.address.startswith("https://raw.githubusercontent.com/")
        assert len(source.sha256) == len("0" * 64)
        assert len(source.address.split("/")[5]) == len("0" * 40)
