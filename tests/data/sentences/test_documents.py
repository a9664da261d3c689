"""Tests of documents that are marked in files of sentences."""

import pytest

from syntagma.data.corpora.registry import load_corpus
from syntagma.data.options import ReadOptions
from syntagma.data.sentences.describe import describe_tags
from syntagma.data.sentences.reading import read_tagged_table
from syntagma.errors import DataError

CONLL = "one O\n\ntwo O\n\n"
UD = "1\tone\tone\tNUM\t_\t_\t0\troot\t_\t_\n\n"


def of_conllu(*comments):
    return "".join(f"{comment}\n{UD}" for comment in comments)


@pytest.mark.parametrize(
    ("name", "content", "documents"),
    [
        ("a.conll", f"-DOCSTART- O\n\n{CONLL}-DOCSTART- O\n\n{CONLL}", ["1", "1", "2", "2"]),
        ("a.conll", f"-DOCSTART-\tO\n\n{CONLL}-DOCSTART-\tO\n\n{CONLL}".replace(" ", "\t"), ["1", "1", "2", "2"]),
        ("a.conll", f"{CONLL}-DOCSTART- O\n\n{CONLL}", ["", "", "1", "1"]),
        ("a.conll", f"-docstart- O\n\n{CONLL}-docstart- O\n\n{CONLL}", ["1", "1", "2", "2"]),
        ("a.conll", f"# -DOCSTART-\n{CONLL}# -DOCSTART-\n{CONLL}", ["line 1", "line 1", "line 6", "line 6"]),
        ("a.conll", f"-DOCSTART- O\n\n{CONLL}", None),
        ("a.conll", CONLL, None),
        ("a.conll", f"# newdoc id = x\n{CONLL}# newdoc id = y\n{CONLL}", ["x", "x", "y", "y"]),
        (
            "a.conll",
            f"#begin document (bc/a); part 000\n{CONLL}#end document\n#begin document (bc/b); part 000\n{CONLL}",
            ["bc/a", "bc/a", "bc/b", "bc/b"],
        ),
        (
            "a.conllu",
            of_conllu("# newdoc id = a-1\n# sent_id = 1", "# sent_id = 2", "# newdoc id = b\n# sent_id = 3"),
            ["a-1", "a-1", "b"],
        ),
        ("a.conllu", of_conllu("# newdoc", "# text = one", "# newdoc"), ["line 1", "line 1", "line 7"]),
        ("a.csv", "doc_id,sentence,word,tag\nx,1,one,O\n,,two,O\ny,1,one,O\ny,2,two,O\n", ["x", "y", "y"]),
    ],
)
def test_documents_are_read_from_the_file(tmp_path, name, content, documents):
    path = tmp_path / name
    path.write_text(content)
    assert read_tagged_table(path).groups == documents


def test_a_document_column_is_chosen_for_grouping(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"tokens": ["w{n}"], "tags": ["O"], "article": {n // 3}}}\n' for n in range(60)))
    corpus = load_corpus(path, ReadOptions(columns={"group": "article"}), task="tagging")
    assert corpus.train.groups[:4] == ["0", "0", "0", "1"]
    assert "train: 20 groups of 'article', kept together when" in describe_tags(corpus).to_text()


def test_a_document_column_is_neither_word_nor_tag(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("one O x\ntwo O x\n\none B-n y\n\n")
    table = load_corpus(path, ReadOptions(columns={"group": "3"}), task="tagging").train
    assert (table.tags, table.groups) == ([["O", "O"], ["B-n"]], ["x", "y"])


def test_a_file_without_empty_lines_is_noted(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("word O\n" * 501)
    assert (
        "the longest sentence of train has 501 words; are empty lines missing"
        in describe_tags(load_corpus(path)).to_text()
    )


def test_missing_sentence_numbers_may_be_nan(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Sentence #,Word,Tag\nSentence: 1,In,O\nNaN,Rome,B-x\nSentence: 2,no,O\n")
    assert read_tagged_table(path).words == [["In", "Rome"], ["no"]]


def test_a_single_column_is_an_error_that_suggests_a_separator(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("In|O\nRome|B-x\n\n")
    with pytest.raises(
        DataError, match=r"cannot contain both the words and the tags. Name the field separator with --separ"
    ):
        read_tagged_table(path)
    assert read_tagged_table(path, ReadOptions(separator="|")).tags == [["O", "B-x"]]
