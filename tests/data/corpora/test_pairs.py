"""Named corpora of pairs: captions from a local server, dates, functions of packages, and messages of the system."""

import functools
import gzip
import hashlib
import os
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from syntagma.data.corpora import pairs, registry
from syntagma.data.corpora.docstrings import installed_packages, make_docstrings
from syntagma.data.corpora.download import RemoteFile
from syntagma.data.corpora.pairs import TextFile
from syntagma.data.corpora.registry import find_local, get, load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.table import PairTable
from syntagma.errors import DataError, DownloadError

REAL = Path(os.environ.get("SYNTAGMA_DATA", "/nowhere")) / "multi30k"
TEXTS = {
    "train": {"en": "a man \ntwo\tdogs\n", "de": "ein Mann\nzwei\u00a0Hunde\n", "fr": "un homme\ndeux chiens\n"},
    "dev": {"en": "one\n", "de": "eins\n", "fr": "un\n"},
    "test": {"en": "three\n", "de": "drei\n", "fr": "trois\n"},
}


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


def write_captions(folder, corpus):
    """Write the small files of a corpus, and return their contents by name."""
    folder.mkdir(exist_ok=True, parents=True)
    for split, texts in TEXTS.items():
        for language, text in texts.items():
            (folder / corpus.files[split][language].remote.file_name).write_bytes(gzip.compress(text.encode()))


@pytest.fixture
def served(monkeypatch, tmp_path, address):
    """The corpus multi30k with small files on the local server."""
    corpus = registry.CORPORA["multi30k"]
    write_captions(tmp_path / "served", corpus)
    files = {}
    for split, texts in TEXTS.items():
        files[split] = {}
        for language, text in texts.items():
            name = corpus.files[split][language].remote.file_name
            packed = (tmp_path / "served" / name).read_bytes()
            remote = RemoteFile(f"{address}/{name}", hashlib.sha256(packed).hexdigest(), len(packed))
            files[split][language] = TextFile(remote, hashlib.sha256(text.encode()).hexdigest())
    monkeypatch.setitem(registry.CORPORA, "multi30k", replace(corpus, files=files, rows={}))
    return tmp_path / "served"


# ---- captions ----


def test_captions_are_downloaded_once_and_read_in_two_languages(served, cache):
    corpus = load_corpus("multi30k")
    assert {split: table.sources for split, table in corpus.splits.items()} == {
        "train": ["a man ", "two\tdogs"],
        "dev": ["one"],
        "test": ["three"],
    }
    assert corpus.train.targets == ["ein Mann", "zwei\u00a0Hunde"]
    assert corpus.train.names == {"source": "en", "target": "de"}
    for path in served.iterdir():
        path.unlink()
    french = load_corpus("multi30k", ReadOptions(columns={"source": "de", "target": "fr"}))
    assert (french["test"].sources, french["test"].targets) == (["drei"], ["trois"])
    back = load_corpus("multi30k", ReadOptions(usual={"source": "de", "target": "en"}))
    assert (back["dev"].sources, back["dev"].targets) == (["eins"], ["one"])
    assert get("multi30k").is_relative_to(cache)


def test_captions_that_are_not_pinned_are_rejected_and_leave_no_files(served):
    (served / "val.fr.gz").write_bytes(gzip.compress(b"deux\n"))
    with pytest.raises(DownloadError, match=r"val\.fr\.gz: (the content must have the SHA-256|the pinned file has)"):
        load_corpus("multi30k")
    assert find_local("multi30k") is None


def test_another_text_in_the_users_folder_is_reported_with_its_digest(served, tmp_path, monkeypatch, loud, capsys):
    corpus = registry.CORPORA["multi30k"]
    write_captions(tmp_path / "mine" / "multi30k", corpus)
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "mine"))
    assert load_corpus("multi30k").train.targets[0] == "ein Mann"
    assert "SHA-256" not in capsys.readouterr().err
    path = tmp_path / "mine" / "multi30k" / "test_2016_flickr.de.gz"
    path.write_bytes(gzip.compress(b"Drei\n"))
    assert load_corpus("multi30k")["test"].targets == ["Drei"]
    printed = capsys.readouterr().err
    pinned = hashlib.sha256(b"drei\n").hexdigest()
    assert (
        f"{path}: the text has the SHA-256 {hashlib.sha256(b'Drei' + bytes([10])).hexdigest()}, not {pinned}" in printed
    )
    path.write_bytes(b"Drei\n")
    with pytest.raises(DataError, match=r"de\.gz: is not a gzip file"):
        load_corpus("multi30k")
    path.unlink()
    with pytest.raises(DataError, match=r"multi30k needs a file test_2016_flickr\.de\.gz in this folder"):
        load_corpus("multi30k")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ReadOptions(columns={"target": "cs"}), r"--target-column: multi30k has no language 'cs': known: en, de, fr"),
        (ReadOptions(columns={"source": "de"}), r"the source and the target are both 'de'; choose two languages"),
        (ReadOptions(quoted=True), r"--quoted \(in Python: quoted\) is for reading your own files, not the corpus"),
    ],
)
def test_options_that_do_not_fit_the_captions_are_errors(served, options, message):
    with pytest.raises(DataError, match=message):
        load_corpus("multi30k", options)


def test_pinned_captions_have_the_address_of_a_single_commit():
    addresses = [
        file.remote.address for sides in registry.CORPORA["multi30k"].files.values() for file in sides.values()
    ]
    assert len(set(addresses)) == 9
    assert {len(address.split("/")[5]) for address in addresses} == {len("0" * 40)}
    assert len({address.split("/")[5] for address in addresses}) == 1


@pytest.mark.skipif(not REAL.is_dir(), reason="multi30k is not on this machine")
def test_the_real_captions_have_the_pinned_texts(monkeypatch, loud, capsys):
    monkeypatch.setenv("SYNTAGMA_DATA", str(REAL.parent))
    corpus = load_corpus("multi30k")
    assert registry.CORPORA["multi30k"].difference(corpus.splits) is None
    assert "SHA-256" not in capsys.readouterr().err
    assert sum(text != text.strip() for text in corpus.train.targets) > 0
    assert sum("\t" in text for text in corpus.train.targets) == 1


# ---- corpora that are made ----


def small(split):
    rows = {"train": ["a", "b"], "dev": ["c"]}[split]
    columns = {"flag": [True] * len(rows), "signature": [f"def {row}" for row in rows]}
    return PairTable(
        [f"{row}\n\t\u2028" for row in rows], rows, columns=columns, names={"source": "code", "target": "summary"}
    )


@pytest.fixture
def made(monkeypatch):
    """The corpus docstrings with two small splits, and a list of how often it was made."""
    calls = []

    def make():
        calls.append(1)
        return {"train": small("train"), "dev": small("dev")}

    monkeypatch.setitem(registry.CORPORA, "docstrings", replace(registry.CORPORA["docstrings"], make=make))
    return calls


def test_a_made_corpus_is_made_once_and_read_unchanged(made):
    for _ in range(2):
        corpus = load_corpus("docstrings")
        assert list(corpus) == ["train", "dev"]
        assert corpus.train.sources == small("train").sources
        assert corpus["dev"].targets == ["c"]
        assert corpus.train.columns == small("train").columns
    assert made == [1]
    signatures = load_corpus("docstrings", ReadOptions(columns={"source": "signature"})).train
    assert signatures.sources == ["def a", "def b"]


@pytest.mark.parametrize("columns", [{"source": "flag"}, {"target": "signature"}])
def test_other_columns_of_a_made_corpus_are_errors(made, columns):
    with pytest.raises(DataError, match=r"the columns of docstrings are code or signature .* and summary"):
        load_corpus("docstrings", ReadOptions(columns=columns))


def test_a_made_corpus_with_a_wrong_number_of_rows_is_an_error(made, monkeypatch):
    corpus = replace(registry.CORPORA["docstrings"], rows={"train": 3, "dev": 1})
    monkeypatch.setitem(registry.CORPORA, "docstrings", corpus)
    with pytest.raises(
        DataError, match=r"docstrings has 3 rows in train, .*Remove the folder to make the corpus again"
    ):
        load_corpus("docstrings")


def test_the_users_own_folder_replaces_a_made_corpus(made, tmp_path, monkeypatch):
    (tmp_path / "mine" / "docstrings").mkdir(parents=True)
    code = 'def f():\n    """Return the number one."""\n    return 1\n'
    (tmp_path / "mine" / "docstrings" / "a.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "mine"))
    assert load_corpus("docstrings").train.targets == ["Return the number one."]
    assert made == []


# ---- functions of packages ----


def test_functions_are_split_by_module_without_repeated_code(tmp_path):
    folders = {}
    for package in ("one", "two"):
        folders[package] = tmp_path / package
        folders[package].mkdir()
        for number in range(60):
            code = f'def f(x):\n    """Return x plus {number} and more."""\n    return x + {number}\n'
            own = f'def g(x):\n    """Return the name of {package} here."""\n    return "{package}{number}"\n'
            (folders[package] / f"m{number}.py").write_text(code + own, encoding="utf-8")
    tables = make_docstrings(folders)
    assert list(tables) == ["train", "dev", "test"]
    assert {split: len(table) for split, table in tables.items()}["train"] > 150
    modules = [set(table.columns["module"]) for table in tables.values()]
    assert sum(map(len, modules)) == len(set.union(*modules)) == 120
    codes = [code for table in tables.values() for code in table.sources]
    assert len(codes) == len(set(codes)) == 180
    assert make_docstrings(folders)["dev"].sources == tables["dev"].sources


def test_packages_are_found_without_importing_them():
    found = installed_packages()
    assert found["numpy"].name == "numpy"
    assert (found["numpy"] / "__init__.py").is_file()
    with pytest.raises(DataError, match=r"docstrings needs one of the packages jax, .*none is installed"):
        make_docstrings({})


# ---- messages ----


def test_messages_of_the_system_are_read_in_the_language_of_the_options(tmp_path, monkeypatch):
    folder = tmp_path / "locale"
    monkeypatch.setattr(pairs, "_system_folders", lambda: [tmp_path / "none", folder])
    assert find_local("messages") is None
    with pytest.raises(DataError, match=r"messages: this machine has no gettext catalogues \(searched .*locale\)"):
        load_corpus("messages")
    for language, text in (("de", "Ende"), ("fr", "Quitter")):
        (folder / language / "LC_MESSAGES").mkdir(parents=True)
        content = (
            f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Quit"\nmsgstr "{text}"\n'
        )
        (folder / language / "LC_MESSAGES" / "a.po").write_text(content, encoding="utf-8")
    assert load_corpus("messages").train.targets == ["Ende"]
    assert load_corpus("messages", ReadOptions(columns={"target": "fr"})).train.targets == ["Quitter"]
    assert get("messages") == find_local("messages") == folder
