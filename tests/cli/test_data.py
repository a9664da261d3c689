"""`syntagma data`."""

import json

import pytest

import syntagma
from syntagma.data.corpora.registry import CORPORA
from syntagma.tasks import registry


@pytest.fixture(autouse=True)
def _no_corpora_here(monkeypatch, tmp_path):
    monkeypatch.delenv("SYNTAGMA_DATA", raising=False)
    monkeypatch.setenv("SYNTAGMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("syntagma.data.corpora.pairs._system_folders", list)


def test_every_corpus_is_listed_with_its_folder(command):
    done = command("data", "list")
    assert (done.code, done.error) == (0, "")
    lines = done.out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [f"{c.name} ({c.task})" for c in CORPORA.values()]
    assert {"classification", "tagging"} <= {corpus.task for corpus in CORPORA.values()} <= set(registry.names())
    assert "    2 classes; 10,202 train, 1,280 dev, 1,326 test" in lines
    assert all(f"    {corpus.description}" in lines for corpus in CORPORA.values())
    assert done.out.count("not on this machine") == len(CORPORA)


def test_a_corpus_in_the_data_folder_is_found(command, monkeypatch, tmp_path):
    (tmp_path / "shared" / "rotten_tomatoes").mkdir(parents=True)
    monkeypatch.setenv("SYNTAGMA_DATA", str(tmp_path / "shared"))
    assert str(tmp_path / "shared" / "rotten_tomatoes") in command("data", "list").out
    assert command("data", "get", "rotten-tomatoes").out == f"{tmp_path / 'shared' / 'rotten_tomatoes'}\n"


def test_an_unknown_corpus_is_refused_with_the_nearest_name(command):
    done = command("data", "get", "rotten-tomatos")
    assert done.code == 2
    assert done.error == "syntagma: there is no corpus 'rotten-tomatos': did you mean 'rotten-tomatoes'?\n"


def test_a_file_is_described_as_a_table_and_as_json(command, here):
    table = command("data", "describe", "films.csv")
    assert (table.code, table.error) == (0, "")
    assert "train" in table.out
    described = json.loads(command("data", "describe", "films.csv", "--json").out)
    assert described["splits"]["train"]["rows"] == 60
    assert described["splits"]["train"]["labels"] == {"neg": 30, "pos": 30}


def test_columns_with_other_names_can_be_chosen(command, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("Nr.,Was gesagt wurde,Wie's war\n1,gut gespielt,gut\n2,langweilig,schlecht\n")
    done = command(
        "data", "describe", path, "--json", "--text-column", "Was gesagt wurde", "--label-column", "Wie's war"
    )
    assert json.loads(done.out)["splits"]["train"]["labels"] == {"gut": 1, "schlecht": 1}


def test_naming_a_source_or_target_means_pairs_of_texts(command, tmp_path):
    path = tmp_path / "titles.tsv"
    path.write_text("raw\tclean\n" + "".join(f"drill no {row}\tDrill {row}\n" for row in range(30)))
    for options in (("--source-column", "raw"), ("--target-column", "clean"), ("--column", "source=raw")):
        done = command("data", "describe", str(path), *options)
        assert done.code == 0, done.error
        assert "source" in done.out
    corpus = syntagma.load_corpus(path, syntagma.ReadOptions(columns={"source": "raw"}))
    assert corpus.train.targets[3] == "Drill 3"
    done = command("data", "describe", str(path))
    assert done.code == 2
    assert "For pairs of texts, use --source-column and --target-column" in done.error


def test_neither_a_path_nor_a_corpus_name_is_refused(command):
    done = command("data", "describe", "imbd")
    assert done.code == 2
    assert done.error.startswith("syntagma: 'imbd' is neither a file or folder nor the name of a corpus: did you mean")
