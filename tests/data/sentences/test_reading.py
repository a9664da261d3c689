"""Tests of reading tagged words from files of all formats."""

import json

import pytest

from syntagma.data.options import ReadOptions
from syntagma.data.sentences.from_python import to_tagged_table
from syntagma.data.sentences.reading import holds_tagged_words, read_tagged_corpus, read_tagged_table
from syntagma.data.sentences.table import TaggedTable
from syntagma.data.texts.reading import read_table
from syntagma.errors import DataError


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


def rows(table):
    return [list(zip(words, tags, strict=True)) for words, tags in zip(table.words, table.tags, strict=True)]


ROME = [[("In", "O"), ("Rome", "B-place")], [("Yes", "O")]]


@pytest.mark.parametrize(
    "content",
    [
        "In\tO\nRome\tB-place\n\nYes\tO\n",
        "In O\nRome   B-place\n\n \t\nYes O",
        "\ufeffIn\tO\r\nRome\tB-place\r\n\r\nYes\tO\r\n",
        "-DOCSTART-\tO\n\n# id = 1\nIn\tO\nRome\tB-place\n\n# a comment\nYes\tO\n",
        "-DOCSTART- O\nIn O\nRome B-place\n\nYes O\n",
    ],
)
def test_words_in_columns_are_read(written, content):
    assert rows(read_tagged_table(written("a.conll", content))) == ROME


def test_columns_are_chosen_by_number_and_by_name(written):
    path = written("a.conll", "1 In IN O\n2 Rome NNP B-place\n\n1 Yes UH O\n")
    table = read_tagged_table(path, ReadOptions(columns={"word": "2"}))
    assert rows(table) == ROME
    assert table.columns == {"1": [["1", "2"], ["1"]], "3": [["IN", "NNP"], ["UH"]]}
    table = read_tagged_table(path, ReadOptions(columns={"word": "2", "tag": "-2"}))
    assert rows(table)[0] == [("In", "IN"), ("Rome", "NNP")]
    named = written("b.conll", "# global.columns = FORM NE UPOS\nIn\tO\tADP\nRome\tB-place\tPROPN\n\nYes\tO\tINTJ\n")
    assert rows(read_tagged_table(named, ReadOptions(columns={"tag": "NE"}))) == ROME
    with pytest.raises(DataError, match=r"has no column 'NER' of tags"):
        read_tagged_table(named, ReadOptions(columns={"tag": "NER"}))
    with pytest.raises(DataError, match="cannot contain both"):
        read_tagged_table(named, ReadOptions(columns={"tag": "FORM"}))


def test_fields_may_have_another_separator(written):
    path = written("a.txt", "In||O\nRome||B-place\n\nYes||O\n")
    assert rows(read_tagged_table(path, ReadOptions(separator="||"))) == ROME


def test_a_hash_can_be_a_word_and_a_quote_is_one(written):
    path = written("a.conll", '# text = # 1 "\n#\tO\n1\tB-x\n"\tO\n\n"\tO\n#\tO\n')
    table = read_tagged_table(path)
    assert table.words == [["#", "1", '"'], ['"', "#"]]
    assert table.texts[0] == '# 1 "'
    assert table.offsets[0] == [(0, 1), (2, 3), (4, 5)]


def test_a_hashtag_can_be_the_first_word(written):
    assert read_tagged_table(written("a.conll", "#yes O\nwe O\n\n# two\n#no O\n")).words == [["#yes", "we"], ["#no"]]
    assert read_tagged_table(written("c.conll", "#a=b\tO\n#c = d\tO\n")).words == [["#a=b", "#c = d"]]
    assert read_tagged_table(written("b.conll", "a DT O\n\n# NN O\nb NN O\n")).words == [["a"], ["#", "b"]]


def test_sentence_comments_become_columns_and_may_be_labels(written):
    path = written("a.conll", "# intent = ask\n# id = 7\nIn\tO\nRome\tB-place\n\n# intent = tell\nYes\tO\n")
    table = read_tagged_table(path)
    assert (table.labels, table.name_of("label"), table.columns["id"]) == (["ask", "tell"], "intent", ["7", None])
    with pytest.raises(DataError, match=r":7: the sentence needs a label in 'id'"):
        read_tagged_table(path, ReadOptions(columns={"label": "id"}))
    with pytest.raises(DataError, match="has no 'topic' for its sentences"):
        read_tagged_table(path, ReadOptions(columns={"label": "topic"}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("In\tO\nRome\n", r"a\.conll:2: the line must have 2 fields separated by tabs, like most lines; got 1"),
        ("In O\nNew York B-place\n", r":2: the line must have 2 fields separated by spaces, .* got 3"),
        ("10 000 B-x\nIn O\nOslo O\n", r":1: the line must have 2 fields separated by spaces, .* got 3"),
        ("In\tO\n\tO\n", r":2: a word must not be empty"),
        ("In\tO\nRome\t \n", ":1: a word has no tag"),
        ("\n\n", "contains no sentences"),
        ("# only = this\n", "contains no sentences"),
    ],
)
def test_bad_columns_are_an_error_with_the_line(written, content, message):
    with pytest.raises(DataError, match=message):
        read_tagged_table(written("a.conll", content))


def test_an_unknown_format_is_rejected(written):
    with pytest.raises(DataError, match=r"format must be one of conll, conllu, .*; got 'iob2'"):
        read_tagged_table(written("a.conll", "Rome B-LOC\n"), format="iob2")


def test_bad_sentences_are_skipped_on_request(written, capsys, loud):
    path = written("a.conll", "In\tO\nRome\n\nYes\tO\n\n\tO\n")
    table = read_tagged_table(path, ReadOptions(bad_rows="skip"))
    assert rows(table) == ROME[1:]
    assert table.lines == [4]
    assert "skipped 2 bad rows: lines 2, 6" in capsys.readouterr().err


def test_tags_that_violate_the_scheme_are_listed(written, capsys, loud):
    read_tagged_table(written("a.conll", "B\tB-x\nI\tI-x\n\nO\tO\nI\tI-x\n\nB\tB-x\nI\tI-x\n\nB\tB-y\n"))
    assert "the tags are BIO, which 1 sentences violate: " in (said := capsys.readouterr().err)
    assert "a.conll:4: I-x after O" in said


UNIVERSAL = """# newdoc id = a
# sent_id = 1
# text = don't go
1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tdo\tdo\tAUX\tVB\tMood=Imp|VerbForm=Fin\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\tSpaceAfter=No
2.1\tx\tx\tX\t_\t_\t_\t_\t_\t_
3\tgo\tgo\tVERB\tVB\tMood=Imp\t0\troot\t_\t_

# sent_id = 2
1\tYes\tyes\tINTJ\tUH\t_\t0\troot\t_\t_
"""


def test_universal_dependencies_are_read(written):
    path = written("a.conllu", UNIVERSAL)
    table = read_tagged_table(path)
    assert rows(table) == [[("do", "AUX"), ("n't", "PART"), ("go", "VERB")], [("Yes", "INTJ")]]
    assert table.texts == ["don't go", "Yes"]
    assert table.offsets[0] == [(0, 2), (2, 5), (6, 8)]
    assert (table.lines, table.columns["sent_id"]) == ([5, 11], ["1", "2"])
    moods = read_tagged_table(path, ReadOptions(columns={"tag": "feats.Mood"})).tags
    assert moods == [["Imp", "_", "Imp"], ["_"]]
    assert read_tagged_table(path, ReadOptions(columns={"tag": "misc.SpaceAfter"})).tags[0] == ["_", "No", "_"]
    with pytest.raises(DataError, match=r"has no column 'fetas.Mood' of tags"):
        read_tagged_table(path, ReadOptions(columns={"tag": "fetas.Mood"}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\tYes\tUH\n", r":1: the line must have ten fields separated by tabs; got 3"),
        (UNIVERSAL.replace("3\tgo\tgo", "4\tgo\tgo"), r":8: the word's number must be 3; got '4'"),
    ],
)
def test_invalid_universal_dependencies_are_an_error(written, content, message):
    with pytest.raises(DataError, match=message):
        read_tagged_table(written("a.conllu", content))


SPANS = [
    {"text": "In Rome! Yes", "entities": [[3, 7, "place"]]},
    {"text": "In Rome! Yes", "label": [[2, 7, "place"]]},
    {"text": "In Rome! Yes", "tokens": [{"text": "In"}], "spans": [{"start": 3, "end": 7, "label": "place"}]},
    {"text": "In Rome! Yes", "entities": [{"id": 1, "start_offset": 3, "end_offset": 7, "label": "place"}]},
    {
        "data": {"text": "In Rome! Yes"},
        "annotations": [{"result": [{"value": {"start": 3, "end": 7, "labels": ["place"]}}]}],
    },
    {"text": "In Rome! Yes", "label": [{"start": 3, "end": 7, "text": "Rome", "labels": ["place"]}]},
]


@pytest.mark.parametrize("record", SPANS)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_spans_of_annotation_tools_are_read(written, record, name):
    table = read_tagged_table(written(name, json.dumps(record if name == "a.jsonl" else [record])))
    assert rows(table) == [[("In", "O"), ("Rome", "B-place"), ("!", "O"), ("Yes", "O")]]
    assert table.texts == ["In Rome! Yes"]


def test_words_and_tags_in_json_lines_are_read(written):
    lines = [
        {"tokens": ["In", "Rome"], "tags": ["O", "B-place"], "pos": ["ADP", "PROPN"], "intent": "ask", "id": 3},
        {"tokens": ["Yes"], "tags": ["O"], "pos": ["INTJ"], "intent": "tell"},
    ]
    table = read_tagged_table(written("a.jsonl", "\n".join(map(json.dumps, lines))))
    assert rows(table) == ROME
    assert table.labels == ["ask", "tell"]
    assert table.columns == {"pos": [["ADP", "PROPN"], ["INTJ"]], "id": [3, None]}


def test_a_column_that_some_sentences_lack_is_kept_but_cannot_be_the_tags(written):
    lines = [{"tokens": ["a"], "tags": ["O"]}, {"tokens": ["b"], "tags": ["O"], "pos": ["X"]}]
    path = written("a.jsonl", "\n".join(map(json.dumps, lines)))
    assert read_tagged_table(path).columns == {"pos": [None, ["X"]]}
    with pytest.raises(DataError, match=r"a\.jsonl:1: the sentence has no 'pos'"):
        read_tagged_table(path, ReadOptions(columns={"tag": "pos"}))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (
            {"text": "Rome", "entities": [[0, 9, "x"]]},
            r"a\.jsonl:1: a span must be within its text of 4 characters; got 'x'",
        ),
        ({"text": "Rome", "entities": [[3, 2, "x"]]}, "a span must be within its text"),
        ({"text": "Rome", "entities": [[0, "4", "x"]]}, "needs an integer start and end"),
        ({"text": "Rome", "entities": [[0, 4, ""]]}, "and one label"),
        ({"text": "a  b", "entities": [[1, 3, "x"]]}, "a span of whitespace only"),
        ({"text": "a b", "entities": [[0, 3, "x"], [2, 3, "y"]]}, "spans share the word 'b': 'x' and 'y'"),
        ({"tokens": ["a", "b"], "tags": ["O"]}, "each word needs a tag; got 2 tokens and 1 tags"),
        ({"tokens": ["a", 2], "tags": ["O", "O"]}, "'tokens' must be a list of strings"),
        ({"tokens": ["a"], "tags": [""]}, ":1: a word has no tag"),
        ({"tokens": ["a", ""], "tags": ["O", "O"]}, "a word must not be empty"),
        (
            {"tokens": ["a"], "ner_tags": [1]},
            "the tags in 'ner_tags' are numbers; list their names in order with --label",
        ),
        ({"text": "Rome", "spans": [{"start": 0, "end": 2, "label": "x", "text": "om"}]}, "0 to 2 must be 'om'"),
        ({"tokens": ["a", "b\nc"], "tags": ["O", "O"]}, "a word must not contain a tab or a line end"),
        ({"text": "Rome"}, "got the keys text"),
        ({"tokens": [], "tags": []}, "contains no sentences"),
        ({"data": {"text": "a"}, "predictions": [{"result": []}]}, "'predictions' are the output of a model"),
        ({"data": {"text": "a"}, "annotations": []}, "a record needs an annotation"),
        (
            {"data": {"text": "a"}, "annotations": [{"was_cancelled": True, "result": []}]},
            "a record needs an annotation",
        ),
        (
            {"data": {"text": "a"}, "annotations": [{"result": [{"type": "hypertextlabels", "value": {}}]}]},
            "spans must have the type 'labels', for plain text; got 'hypertextlabels'",
        ),
        ({"data": {"text": "a"}, "annotations": [1]}, "a record needs a list of 'annotations'"),
        ({"data": {"text": "a"}, "annotations": [{"result": [1]}]}, "needs a list of results"),
        ({"data": {"text": "a"}, "annotations": [{"result": []}] * 2}, "got 1 texts and 2 annotations"),
        ({"data": {"a": "b", "c": "d"}, "annotations": [{"result": []}]}, "got 2 texts and 1 annotations"),
        ([1], r"a record must be a JSON object \{...\}; got a list"),
    ],
)
def test_bad_records_are_an_error_with_the_line(written, record, message):
    with pytest.raises(DataError, match=message):
        read_tagged_table(written("a.jsonl", json.dumps(record)))


@pytest.mark.parametrize(
    ("record", "label"),
    [
        ({"text": "In Rome", "entities": [[3, 7, "place"]], "cats": ["ask"]}, "ask"),
        ({"text": "In Rome", "entities": [[3, 7, "place"]], "cats": {"tell": 0.2, "ask": 0.8}}, "ask"),
        ({"text": "In Rome", "entities": [[3, 7, "place"]], "cats": {"tell": 0, "ask": 0}}, None),
        ({"text": "In Rome", "entities": [[3, 7, "place"]], "cats": {"tell": 1, "ask": 1}}, None),
        ({"text": "In Rome", "entities": [[3, 7, "place"]], "cats": ["tell", "ask"]}, None),
        ({"text": "In Rome", "entities": [[3, 7, "place"]], "label": 3}, None),
        ({"text": "In Rome", "spans": [{"start": 3, "end": 7, "label": "place"}], "label": "ask"}, "ask"),
        (
            {
                "data": {"text": "In Rome", "number": 7, "by": "Ann"},
                "annotations": [
                    {
                        "result": [
                            {"type": "choices", "value": {"choices": ["ask"]}},
                            {"type": "labels", "value": {"start": 3, "end": 7, "labels": ["place"]}},
                        ]
                    }
                ],
            },
            "ask",
        ),
    ],
)
def test_text_labels_of_annotation_tools_are_read(written, record, label):
    table = read_tagged_table(written("a.jsonl", json.dumps(record)))
    assert (rows(table), table.labels) == (ROME[:1], label and [label])
    if label is None:
        name = "label" if "label" in record else "cats"
        assert table.columns == {name: [record[name]]}
    if "data" in record:
        assert table.columns == {"number": [7], "by": ["Ann"]}


def test_labels_that_some_sentences_lack_are_not_used_unless_requested(written, capsys, loud):
    lines = [{"text": "a", "spans": [], "cats": ["x"]}, {"text": "b", "spans": [], "cats": []}]
    path = written("a.jsonl", "\n".join(map(json.dumps, lines)))
    table = read_tagged_table(path)
    assert (table.labels, table.columns["intent"]) == (None, ["x", None])
    assert "not every sentence has a label in 'intent'" in capsys.readouterr().err.replace("\n", " ")
    with pytest.raises(DataError, match=r":2: the sentence needs a label in 'intent'; got None"):
        read_tagged_table(path, ReadOptions(columns={"label": "intent"}))


def test_rejected_examples_are_skipped(written, capsys, loud):
    lines = [{"text": "a", "spans": [], "answer": answer} for answer in ("accept", "reject", "ignore")]
    assert len(read_tagged_table(written("a.jsonl", "\n".join(map(json.dumps, lines))))) == 1
    assert "2 texts that were rejected, ignored or left empty are left out" in capsys.readouterr().err


def test_texts_without_words_are_skipped_with_a_note(written, capsys, loud):
    lines = [{"text": "a", "spans": []}, {"text": " ", "spans": []}, {"tokens": [], "tags": []}]
    assert len(read_tagged_table(written("a.jsonl", "\n".join(map(json.dumps, lines))))) == 1
    assert "a.jsonl:2: 2 texts without words are left out" in capsys.readouterr().err.replace("\n", "")


def test_names_of_columns_are_not_read_as_sentence_comments(written):
    path = written("a.conllu", "# global.columns = ID FORM\n# id = 3\n" + UNIVERSAL)
    assert "global.columns" not in read_tagged_table(path).columns


def test_other_files_in_the_folder_do_not_determine_the_kind_of_corpus(tmp_path):
    (tmp_path / "train.csv").write_text("text,label\na,b\n")
    (tmp_path / "predictions.jsonl").write_text('{"tokens": ["a"], "tags": ["O"]}\n')
    (tmp_path / "._train.jsonl").write_bytes(b"\xff\xfe")
    assert not holds_tagged_words(tmp_path)
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xfe")
    assert not holds_tagged_words(tmp_path / "bad.jsonl")


def test_the_text_next_to_words_is_kept(written):
    path = written("a.jsonl", json.dumps({"text": "In  Rome", "tokens": ["In", "Rome"], "tags": ["O", "B-place"]}))
    table = read_tagged_table(path)
    assert (table.texts, table.offsets, table.columns) == (["In  Rome"], [[(0, 2), (4, 8)]], {})


def test_bilou_tags_are_read_as_iobes(written, capsys, loud):
    path = written("a.conll", "San\tB-place\nMarino\tL-place\nand\tO\nRome\tU-place\n")
    assert read_tagged_table(path).tags == [["B-place", "E-place", "O", "S-place"]]
    assert "the tags are BILOU, and are read as IOBES" in capsys.readouterr().err
    given = to_tagged_table([["Rome"], ["In"]], [["U-place"], ["O"]])
    assert given.tags == [["S-place"], ["O"]]


def test_tags_that_do_not_match_the_scheme_are_an_error(written, capsys, loud):
    path = written("a.conll", "In\tO\nRome\tB-place\nAnn\tB-name\nLee\tI-name\n\nOslo\tplace\n")
    with pytest.raises(
        DataError, match=r"a\.conll:6: the tag 'place' of the word 'Oslo' does not match .*B-name, B-place"
    ):
        read_tagged_table(path)
    kept = read_tagged_table(path, ReadOptions(bad_rows="skip"))
    assert kept.words == [["In", "Rome", "Ann", "Lee"]]
    assert "skipped 1 bad row: lines 6" in capsys.readouterr().err.replace("line 6:", "lines 6:").replace(
        "line 6 ", "lines 6 "
    )
    plain = read_tagged_table(path, ReadOptions(scheme="none"))
    assert (plain.tags[1], plain.scheme) == (["place"], "none")


@pytest.mark.parametrize(
    ("record", "tagged"),
    [
        ({"tokens": ["a"], "tags": ["O"]}, True),
        ({"text": "a", "label": [[0, 1, "x"]]}, True),
        ({"text": "a", "entities": []}, True),
        ({"data": {"text": "a"}, "annotations": []}, True),
        ({"text": "a", "label": "x"}, False),
        ({"text": "a", "labels": ["x", "y"]}, False),
        ({"text": "a", "label": []}, False),
        ({"text": "a", "tokens": 3}, False),
        ([1], False),
    ],
)
def test_json_lines_with_tags_are_recognised(written, record, tagged):
    assert holds_tagged_words(written("a.jsonl", json.dumps(record))) is tagged


def test_spans_that_end_within_words_are_an_error_or_are_widened_and_listed(written, capsys, loud):
    path = written("a.jsonl", json.dumps({"text": "In Romeo", "entities": [[3, 7, "place"]]}))
    with pytest.raises(
        DataError, match=r"1 spans begin or end within a word: line 1: place 3 to 7 \('Rome'\) cuts 'Romeo'"
    ):
        read_tagged_table(path)
    table = read_tagged_table(path, ReadOptions(cut_words="widen"))
    assert rows(table) == [[("In", "O"), ("Romeo", "B-place")]]
    assert "widened to whole words: line 1: place 3 to 7 ('Rome') cuts 'Romeo'" in capsys.readouterr().err


def test_a_folder_of_splits_is_a_corpus(tmp_path):
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.conll").write_text("In\tO\nRome\tB-place\n\nYes\tO\n", encoding="utf-8")
    corpus = read_tagged_corpus(tmp_path)
    assert {split: rows(table) for split, table in corpus.splits.items()} == dict.fromkeys(
        ("train", "dev", "test"), ROME
    )


def test_tagged_text_is_not_read_as_a_table_of_texts(written):
    path = written("a.conll", "In\tO\n")
    with pytest.raises(DataError, match="one word per line"):
        read_table(path)


def test_selected_rows_keep_all_their_values():
    table = TaggedTable.from_words([["In", "Rome"], ["Yes"]], [["O", "B-place"], ["O"]], ["ask", "tell"])
    chosen = table.select([1, 0, 1])
    assert chosen.words == [["Yes"], ["In", "Rome"], ["Yes"]]
    assert (chosen.tags[1], chosen.labels, chosen.texts[1]) == (["O", "B-place"], ["tell", "ask", "tell"], "In Rome")
    assert chosen.offsets[1] == [(0, 2), (3, 7)]


def test_words_and_tags_must_be_equal_in_number():
    with pytest.raises(DataError, match="row 2: 1 words need the same number of tags; got 2"):
        TaggedTable.from_words([["In"], ["Yes"]], [["O"], ["O", "O"]])
    with pytest.raises(DataError, match="words: 2 texts need the same number of tags; got 1"):
        TaggedTable.from_words([["In"], ["Yes"]], [["O"]])
