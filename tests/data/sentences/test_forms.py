"""Tests of the many formats of tagged files found in practice."""

import json

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_corpus, read_tagged_table
from syntagma.data.sentences.untagged import read_sentences
from syntagma.errors import DataError

# These tests check the notes that are printed.
pytestmark = pytest.mark.usefixtures("loud")

ROME = (["In", "Rome"], ["O", "B-place"])


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        (tmp_path / name).write_bytes(text.encode())
        return tmp_path / name

    return write


def pairs(table):
    return list(zip(table.words, table.tags, strict=True))


@pytest.mark.parametrize(
    "content",
    [
        [["In Rome", {"entities": [[3, 7, "place"]]}]],
        {"classes": ["place"], "annotations": [["In Rome", {"entities": [[3, 7, "place"]]}], None]},
        [{"text": "In Rome", "label": {"place": {"Rome": [[3, 6]]}}}],
        [{"words": ["In", "Rome"], "labels": ["O", "B-place"]}],
        [{"tokens": ["In", "Rome"], "ner_tags": ["O", "B-place"], "pos_tags": [4, 2]}],
        [{"text": "In Rome", "spans": [{"start": 3, "end": 7, "label": "place"}], "tokens": [{"text": "In"}]}],
    ],
)
def test_json_of_annotation_tools_and_libraries_is_read(write, content):
    path = write("a.json", content)
    assert holds_tagged_words(path)
    assert pairs(read_tagged_table(path)) == [ROME]


def test_json_lines_of_pairs_are_read(write):
    path = write("a.jsonl", 2 * '["In Rome", {"entities": [[3, 7, "place"]]}]\n')
    assert pairs(read_tagged_table(path)) == [ROME] * 2


def test_integer_tags_are_replaced_with_names(write):
    path = write("a.jsonl", {"id": "0", "tokens": ["In", "Rome"], "ner_tags": [0, 1]})
    assert pairs(read_tagged_table(path, ReadOptions(label_names=("O", "B-place")))) == [ROME]
    with pytest.raises(
        DataError, match=r"a\.jsonl:1: each tag in 'ner_tags' must be one of the 1 label names \(O\); got 1"
    ):
        read_tagged_table(path, ReadOptions(label_names=("O",)))


def test_keys_of_words_and_tags_can_be_chosen(write):
    path = write("a.jsonl", {"w": ["In", "Rome"], "t": ["O", "B-place"], "tags": ["X", "Y"]})
    assert pairs(read_tagged_table(path, ReadOptions(columns={"word": "w", "tag": "t"}))) == [ROME]


EMOJI = "\U0001f642\U0001f642 In Rome"


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        ([(EMOJI, 8, 12), ("In Rome", 3, 7)], "UTF-16 code units"),
        ([("a\r\nIn Rome", 5, 9)], r"characters with \r\n as one"),
        ([("a\nIn Rome", 6, 10)], r"characters with \n as two"),
        ([("é In Rome", 6, 10)], "bytes of UTF-8"),
        ([(EMOJI + "\r\nx", 8, 12), ("a\r\nIn Rome", 5, 9)], r"UTF-16 code units with \r\n as one"),
    ],
)
def test_the_unit_of_span_offsets_is_detected_from_the_given_span_texts(write, capsys, texts, unit):
    records = [
        {
            "data": {"text": text},
            "annotations": [{"result": [{"value": {"start": start, "end": end, "text": "Rome", "labels": ["place"]}}]}],
        }
        for text, start, end in texts
    ]
    table = read_tagged_table(write("a.json", records))
    assert [[word for word, tag in zip(*row, strict=True) if tag != "O"] for row in pairs(table)] == [["Rome"]] * len(
        texts
    )
    assert f"span offsets are read as {unit}" in capsys.readouterr().err.replace("\n", " ")


def test_a_span_text_that_differs_from_the_text_is_an_error_with_both(write):
    record = {"text": "In Rome", "spans": [{"start": 0, "end": 2, "label": "place", "text": "Rome"}]}
    with pytest.raises(DataError, match=r"a\.jsonl:1: characters 0 to 2 must be 'Rome', but the text has 'In'"):
        read_tagged_table(write("a.jsonl", record))
    record = {"text": "In Rome", "spans": [], "tokens": [{"text": "Rome", "start": 0, "end": 4, "id": 0}]}
    with pytest.raises(DataError, match="characters 0 to 4 must be 'Rome', but the text has 'In R'"):
        read_tagged_table(write("b.jsonl", record))
    record = {"text": "In  Rome\nx", "spans": [{"start": 0, "end": 10, "label": "x", "text": "In Rome\\nx"}]}
    assert read_tagged_table(write("c.jsonl", record)).words == [["In", "Rome", "x"]]  # white space may differ


NESTED = {"text": "The University of Oslo won", "entities": [[18, 22, "LOC"], [4, 22, "ORG"], [4, 22, "ORG"]]}


def test_overlapping_spans_are_an_error_unless_one_of_them_is_kept(write, capsys):
    path = write("a.jsonl", NESTED)
    with pytest.raises(DataError, match="'ORG' and 'LOC'; --overlaps longest or first keeps one"):
        read_tagged_table(path)
    longest = read_tagged_table(path, ReadOptions(overlaps="longest"))
    assert longest.tags == [["O", "B-ORG", "I-ORG", "I-ORG", "O"]]
    assert "1 spans share words with others and are left out: line 1: LOC (Oslo)" in capsys.readouterr().err
    assert read_tagged_table(path, ReadOptions(overlaps="first")).tags == [["O", "O", "O", "B-LOC", "O"]]


def test_repeated_spans_count_once(write):
    path = write("a.jsonl", {"text": "In Rome", "label": [[3, 7, "place"], [3, 7, "place"]]})
    assert pairs(read_tagged_table(path)) == [ROME]


def test_spans_that_end_within_words_are_widened_or_narrowed(write, capsys):
    path = write("a.jsonl", {"text": "In Rome now", "label": [[4, 11, "x"]]})
    assert read_tagged_table(path, ReadOptions(cut_words="widen")).tags == [["O", "B-x", "I-x"]]
    assert read_tagged_table(path, ReadOptions(cut_words="narrow")).tags == [["O", "O", "B-x"]]
    assert "narrowed to whole words: line 1: x 4 to 11" in capsys.readouterr().err.replace("\n", " ")
    path = write("b.jsonl", {"text": "In Rome", "label": [[4, 6, "x"]]})
    assert read_tagged_table(path, ReadOptions(cut_words="narrow")).tags == [["O", "O"]]


@pytest.mark.parametrize(
    "content",
    [
        'Sentence #,Word,POS,Tag\nSentence: 1,In,IN,O\n,Rome,NN,B-place\nSentence: 2,",",P,O\n',
        'sentence_id,words,labels\n0,In,O\n0,Rome,B-place\n1,",",O\n',
        "sentence_id;words;labels\n0;In;O\n0;Rome;B-place\n1;,;O\n",
    ],
)
def test_tables_with_one_word_per_row_are_read(write, content):
    path = write("a.csv", content)
    assert holds_tagged_words(path)
    assert pairs(read_tagged_table(path)) == [ROME, ([","], ["O"])]
    assert read_sentences(path).words == [["In", "Rome"], [","]]


def test_columns_of_a_table_with_one_word_per_row_can_be_chosen(write):
    path = write("a.csv", "n,w,t\n1,In,O\n1,Rome,B-place\n")
    with pytest.raises(DataError, match=r"a\.csv: needs a column of sentences; got 'n', 'w', 't'"):
        read_tagged_table(path)
    options = ReadOptions(columns={"sentence": "n", "word": "w", "tag": "t"})
    assert pairs(read_tagged_table(path, options)) == [ROME]


@pytest.mark.parametrize("content", ["sentence,label\nIn Rome,x\n", "sentence,word,label\nIn Rome,Rome,x\n", "", "\n"])
def test_tables_of_texts_are_not_read_as_words(write, content):
    assert not holds_tagged_words(write("a.csv", content))


MULTICONER = "# id 52-ab{gap}domain=en\nIn _ _ O\nRome _ _ B-place\n\n"


@pytest.mark.parametrize("gap", ["\t", "    "])
def test_comments_with_the_fields_of_words_are_still_comments(write, gap):
    assert pairs(read_tagged_table(write("a.conll", 2 * MULTICONER.format(gap=gap)))) == [ROME] * 2


def test_a_sentence_may_begin_with_a_hash(write):
    table = read_tagged_table(write("a.conll", "# a comment\nIn O\nRome B-place\n\n# O\n1 B-place\n"))
    assert pairs(table) == [ROME, (["#", "1"], ["O", "B-place"])]
    table = read_tagged_table(write("b.conll", "#\tO\n1\tB-x\n\n#yes\tO\n"))
    assert table.words == [["#", "1"], ["#yes"]]


def test_a_separator_at_the_end_of_lines_is_ignored(write):
    assert pairs(read_tagged_table(write("a.conll", "In\tO\t\nRome\tB-place\t\n"))) == [ROME]


def test_blank_and_invisible_words_are_words(write):
    table = read_tagged_table(write("a.conll", "می\tB-x\n\u200c\tO\n \tO\n\xad\tO\n"))
    assert table.words == [["می", "\u200c", " ", "\xad"]]
    path = write("b.jsonl", {"tokens": ["a", " ", "\u200b"]})
    assert read_sentences(path).words == [["a", " ", "\u200b"]]


def test_only_plain_spaces_and_tabs_separate_fields(write):
    table = read_tagged_table(write("a.conll", "10\xa0000 B-x\n\u3000 O\n"))
    assert table.words == [["10\xa0000", "\u3000"]]


def test_the_texts_of_a_data_frame_are_split_into_words(write):
    import pandas as pd

    from syntagma.data.sentences.from_python import to_tagged_table

    assert to_tagged_table(pd.DataFrame({"t": ["In Rome"]})).words == [["In", "Rome"]]
    with pytest.raises(DataError, match="texts must be one column; got 2 columns"):
        to_tagged_table(pd.DataFrame({"t": ["In Rome"], "u": ["x"]}))
    with pytest.raises(DataError, match="texts must be a list, an array or a column; got dict"):
        to_tagged_table({"text": ["In Rome"]})


def test_brackets_of_conll_2012_are_read_as_bio(write):
    table = read_tagged_table(write("a.conll", "Ann\t(PER*\nLee\t*)\nin\t*\nRome\t(LOC)\n"))
    assert table.tags == [["B-PER", "I-PER", "O", "B-LOC"]]


def test_word_numbers_are_not_read_as_words(write):
    table = read_tagged_table(
        write("a.conll", "# source\n1\tIn\tO\tO\n2\tRome\tB-LOC\tO\n\n1\tYes\tO\tO\n"),
        ReadOptions(columns={"tag": "3"}),
    )
    assert pairs(table) == [(["In", "Rome"], ["O", "B-LOC"]), (["Yes"], ["O"])]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.spacy", "x", r"has an unsupported format: it is spaCy's DocBin\. Write its docs as JSON lines"),
        ("a.ann", "T1\tPER 0 3\tAnn\n", "it is brat's format. Convert the folder to CoNLL columns"),
        ("a.xlsx", "x", r"a spreadsheet\. Save it as CSV"),
        (
            "a.tsv",
            "#FORMAT=WebAnno TSV 3.2\n\n#Text=Ann\n1-1\t0-3\tAnn\t_\n",
            "is WebAnno TSV, which is not supported",
        ),
    ],
)
def test_unsupported_formats_are_an_error_that_explains_how_to_convert_them(write, name, content, message):
    with pytest.raises(DataError, match=message):
        read_tagged_table(write(name, content))


def test_sentences_end_with_their_document(write):
    path = write("a.csv", "doc_id,sent_id, word, tag\n1,1, Ann, B-PER\n1,1, runs, O\n,,,\n2,1, Rome, B-LOC\n")
    assert pairs(read_tagged_table(path)) == [(["Ann", "runs"], ["B-PER", "O"]), (["Rome"], ["B-LOC"])]
    quoted = write("a.tsv", 'sentence_id\tword\ttag\n1\t"\tO\n1\tRome\tB-LOC\n')
    assert read_tagged_table(quoted).words == [['"', "Rome"]]


def test_a_document_that_begins_within_a_block_ends_the_sentence(write):
    table = read_tagged_table(write("a.conll", "EU NNP B-ORG\nsays VBZ O\n-DOCSTART- -X- O\nhe PRP O\n"))
    assert table.words == [["EU", "says"], ["he"]]


def test_comments_without_a_space_are_comments_too(write):
    assert read_tagged_table(write("a.conll", "#doc 12\nAnn B-PER\nruns O\n")).words == [["Ann", "runs"]]


def test_the_columns_of_shared_tasks_are_recognised(write):
    germeval = "#\thttp://x\t[2009]\n1\tUni\tB-ORG\tO\n2\tBonn\tI-ORG\tB-LOC\n"
    assert read_tagged_table(write("a.conll", germeval)).tags == [["B-ORG", "I-ORG"]]
    ontonotes = "bc/x 0 0 Ann NNP (TOP* - - - S1 (PERSON) (ARG0*) (0)\nbc/x 0 1 runs VB *) - - - S1 * * -\n"
    table = read_tagged_table(write("b.conll", f"#begin document (bc/x); part 000\n{ontonotes}\n#end document\n"))
    assert pairs(table) == [(["Ann", "runs"], ["B-PERSON", "O"])]


def test_tags_that_are_plain_in_train_are_plain_in_all_splits(tmp_path):
    (tmp_path / "train.conll").write_text("flights O\nfrom O\nBoston CITY\nto O\nNew CITY\nYork CITY\nOslo CITY\n")
    (tmp_path / "dev.conll").write_text("show O\nme O\nall O\nRome CITY\n")
    corpus = read_tagged_corpus(tmp_path)
    assert corpus["dev"].tags == [["O", "O", "O", "CITY"]]


def test_labels_of_a_text_next_to_its_tokens_are_not_tags(write):
    path = write("a.jsonl", {"text": "I like it", "tokens": ["I", "like", "it"], "labels": ["joy", "love"]})
    assert not holds_tagged_words(path)
    path = write("b.json", {"classes": ["LOC"], "annotations": [None, ["In Rome", {"entities": [[3, 7, "place"]]}]]})
    assert pairs(read_tagged_table(path)) == [ROME]


def test_integer_tags_in_columns_are_replaced_with_names(write):
    path = write("a.conll", "In 0\nRome 1\n")
    assert pairs(read_tagged_table(path, ReadOptions(label_names=("O", "B-place")))) == [ROME]
    with pytest.raises(DataError, match="the tag 1 has no name; the names are O"):
        read_tagged_table(path, ReadOptions(label_names=("O",)))


def test_a_table_of_words_without_tags_is_an_error(write):
    with pytest.raises(DataError, match=r"which column contains the tags.*'form', 'upos'"):
        read_tagged_table(write("a.csv", "sent_id,form,upos\n1,In,ADP\n"))


@pytest.mark.parametrize(
    ("content", "words", "tags"),
    [
        ("B-x\tRome\nI-x\tnow\nO\tis\n\n", ["Rome", "now", "is"], ["B-x", "I-x", "O"]),
        ("0\tRome\tB-x\n1\tis\tO\n\n0\tyes\tO\n\n", ["Rome", "is"], ["B-x", "O"]),
        ("Rome\tB-x \nis\tO\n\nOslo\tB-x\n\n", ["Rome", "is"], ["B-x", "O"]),
    ],
    ids=["tags first", "numbers from 0", "a space after a tag"],
)
def test_column_layouts_of_other_tools_are_recognised(tmp_path, content, words, tags):
    path = tmp_path / "a.conll"
    path.write_text(content)
    table = read_tagged_table(path)
    assert (table.words[0], table.tags[0]) == (words, tags)
