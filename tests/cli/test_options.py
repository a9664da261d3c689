"""Options that only some tasks have: `--column`, `--answer`, `--task`, and options of other tasks."""

import json

import pytest

ODD = "Nr.,Was gesagt wurde,Wie's war\n1,gut gespielt,gut\n2,langweilig,schlecht\n"


@pytest.fixture
def odd(here):
    """Add files with unusual column names: `odd.csv`, and `titled.csv` with the rows of `films.csv`."""
    (here / "odd.csv").write_text(ODD)
    films = (here / "films.csv").read_text().removeprefix("text,label\n")
    rows = [f"{line},nothing to see in here" for line in films.splitlines()]
    (here / "titled.csv").write_text("title,a=b,body\n" + "\n".join(rows) + "\n")
    (here / "words.txt").write_text("n0\tX\tO\nin\tX\tO\nRome\tX\tB-place\n\n")
    return here


def check(done, message):
    assert (done.code, done.out) == (2, "")
    assert done.error.startswith("syntagma: ")
    assert message in done.error
    assert done.error.count("\n") == 1


@pytest.mark.parametrize(
    "columns",
    [
        ("--column", "text=Was gesagt wurde", "--column", "label=Wie's war"),
        ("--column", "text=Was gesagt wurde", "--label-column", "Wie's war"),
        ("--text-column", "Was gesagt wurde", "--label-column", "Wie's war"),
    ],
)
def test_columns_are_given_by_role_or_by_their_short_options(command, odd, columns):
    done = command("data", "describe", "odd.csv", "--json", *columns)
    assert json.loads(done.out)["splits"]["train"]["labels"] == {"gut": 1, "schlecht": 1}


def test_every_command_takes_columns_by_role(command, odd):
    columns = ("--column", "text=title", "--column", "label=a=b")
    short = ("--text-column", "title", "--label-column", "a=b")
    train = ("train", "small.yaml", "--data", "titled.csv", "--no-baselines", "--no-report")
    assert command(*train, *columns, "--out", "new").code == 0
    assert command(*train, *short, "--out", "same").code == 0
    weights = [(odd / name / "model" / "weights.safetensors").read_bytes() for name in ("new", "same")]
    assert weights[0] == weights[1]
    assert json.loads((odd / "new" / "run.json").read_text())["plan"]["options"]["columns"] == {
        "text": "title",
        "label": "a=b",
    }
    scores = [command("evaluate", "run", "--data", "titled.csv", "--json", *given).out for given in (columns, short)]
    assert scores[0] == scores[1]
    assert json.loads(scores[0])["rows"] == 60
    found = [command("predict", "run", "--input", "titled.csv", *given[:2]).out for given in (columns, short)]
    assert found[0] == found[1]
    assert found[0].startswith("title,a=b,body,prediction,")


@pytest.mark.parametrize("pair", ["text", "text=", "=title", "="])
def test_a_column_without_role_or_name_is_refused(command, odd, pair):
    done = command("data", "describe", "titled.csv", "--column", pair)
    check(done, f"--column takes ROLE=NAME, such as text=review; got {pair!r}.")


@pytest.mark.parametrize("other", [("--text-column", "title"), ("--text-column", "body"), ("--column", "text=title")])
def test_a_column_that_is_given_twice_is_refused(command, odd, other):
    for given in (("--column", "text=title", *other), (*other, "--column", "text=title")):
        done = command("data", "describe", "titled.csv", *given)
        check(done, "--column: the column of 'text' is given twice; give it once.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("titled.csv", "--column", "lable=x"), "does not apply to classification; did you mean 'label'?"),
        (
            ("titled.csv", "--task", "classification", "--column", "tag=x"),
            "does not apply to classification; known: text, label, split, group.",
        ),
        (("words.txt", "--task", "tagging", "--column", "wort=1"), "did you mean 'word'?"),
        (("words.txt", "--task", "tagging", "--column", "text=1"), "does not apply to tagging; known: "),
    ],
)
def test_a_role_that_the_task_does_not_have_is_refused_with_the_nearest(command, odd, arguments, message):
    check(command("data", "describe", *arguments), message)


@pytest.mark.parametrize("role", ["lable", "lable_of"])
def test_a_role_that_no_task_has_is_named_as_the_user_wrote_it(command, odd, role):
    check(command("data", "describe", "titled.csv", "--column", f"{role}=x"), f"syntagma: --column {role}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data", "describe", "films.csv", "--tag-column", "x"), "films.csv: needs a column of sentences"),
        (("data", "describe", "films.csv", "--word-column", "x"), "films.csv: needs a column of sentences"),
        (("data", "describe", "films.csv", "--separator", "x"), "--separator does not apply"),
        (("data", "describe", "films.csv", "--cut-words", "widen"), "--cut-words does not apply"),
        (("data", "describe", "words.txt", "--tagged", "--text-column", "x"), "--text-column does not apply"),
        (
            ("data", "describe", "words.txt", "--tagged", "--task", "classification"),
            "--tagged and --task both name the task; give only one",
        ),
        (("data", "describe", "words.txt", "--tagged", "--quoted"), "--quoted does not apply"),
        (("data", "describe", "words.txt", "--tagged", "--label-separator", ";"), "--label-separator does not apply"),
        (("train", "small.yaml", "--data", "films.csv", "--separator", "x"), "--separator does not apply"),
        (("train", "tag", "--data", "words.txt", "--quoted"), "--quoted does not apply"),
        (("evaluate", "run", "--cut-words", "widen"), "--cut-words does not apply"),
        (("evaluate", "run", "--data", "films.csv", "--word-column", "x"), "--word-column does not apply"),
        (("predict", "run", "x", "--separator", "x"), "--separator does not apply"),
        (("predict", "run", "--input", "films.csv", "--word-column", "x"), "--word-column does not apply"),
        (
            ("predict", "run", "--input", "films.csv", "--column", "label=x"),
            "does not apply to classification; known: text",
        ),
        (
            ("predict", "run", "x", "--format", "conll"),
            "--format conll is not supported by this model",
        ),
    ],
)
def test_an_option_of_another_task_is_refused_and_leaves_no_files(command, odd, arguments, message):
    before = sorted(odd.iterdir())
    check(command(*arguments), message)
    assert sorted(odd.iterdir()) == before


def test_every_option_of_predictions_can_be_set_with_answer(command, here):
    texts = ("lumo tavi resh", "film")
    for answers, short in (
        (("--answer", "top_k=2"), ("--top-k", "2")),
        (("--answer", "threshold=1"), ("--threshold", "1")),
        (("--answer", "top_k=2", "--answer", "threshold=0"), ("--top-k", "2", "--threshold", "0")),
    ):
        asked, plain = (command("predict", "run", *texts, *given, "--format", "jsonl") for given in (answers, short))
        assert (asked.code, asked.out) == (0, plain.out)
        assert asked.out != command("predict", "run", *texts, "--format", "jsonl").out


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("top_kk=2", "predict has no key 'top_kk': did you mean 'top_k'?"),
        ("taggings=2", "predict has no key 'taggings': "),
        ("top_k=0", "top_k: must be greater than or equal to 1; got 0."),
        ("top_k=two", "top_k: must be a valid integer"),
        ("threshold=1.5", "threshold: must be less than or equal to 1; got 1.5."),
        ("threshold=.nan", "threshold: must be "),
    ],
)
def test_an_unknown_or_invalid_answer_is_refused(command, here, answer, message):
    check(command("predict", "run", "x", "--answer", answer, "--output", "out.csv"), message)
    assert not (here / "out.csv").exists()


@pytest.mark.parametrize("answer", ["top_k", "=2", "top_k=[1", "top_k.more=2"])
def test_an_answer_without_name_or_value_is_refused(command, here, answer):
    done = command("predict", "run", "x", "--top-k", "2", "--answer", answer)
    check(done, f"--answer {answer}" if "=" in answer[1:] else "--answer takes NAME=VALUE")


@pytest.mark.parametrize("task", [("--task", "tagging"), ("--task", "tagged"), ("--tagged",)])
def test_data_are_described_for_the_task_that_is_named(command, odd, task):
    """The name `words.txt` suggests plain texts."""
    (odd / "words.conll").write_text((odd / "words.txt").read_text())
    described = [
        json.loads(command("data", "describe", *arguments, "--json").out)
        for arguments in (("words.conll",), ("words.txt", *task))
    ]
    assert described[0]["splits"] == described[1]["splits"]
    assert described[0]["splits"]["train"]["kinds"] == {"place": 1}
    other = command("data", "describe", "words.conll", "--task", "classification")
    assert "kinds" not in other.out
    columns = ("--column", "word=1", "--column", "tag=3")
    again = command("data", "describe", "words.txt", *task, *columns, "--json")
    assert json.loads(again.out)["splits"] == described[0]["splits"]


def test_an_unknown_task_is_refused_with_the_nearest_name(command, odd):
    check(command("data", "describe", "words.txt", "--task", "taging"), "got 'taging': did you mean 'tagging'?")


def test_a_named_corpus_is_for_one_task(command, odd):
    done = command("data", "describe", "imdb", "--task", "tagging")
    check(done, "the corpus 'imdb' is for classification, not for tagging")


SPLITS = ["train", "validation", "test"]


def _texts():
    lines = [f"a text {row},{'ab'[row % 2]},{SPLITS[row % 3]},{row // 6}" for row in range(60)]
    return "body,verdict,part,author\n" + "\n".join(lines) + "\n"


def _words():
    rows = [f"{row},w{row},O,{SPLITS[row % 3]},{row // 6}\n{row},n,B-x,," for row in range(60)]
    return "sentence,word,tag,part,author\n" + "\n".join(rows) + "\n"


def _series():
    rows = [f"{'ab'[row % 2]},{row},{row + 1},{SPLITS[row % 3]},{row // 6}" for row in range(60)]
    return "label,t1,t2,part,author\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize("content", [_texts, _words, _series])
def test_every_task_reads_split_and_group_columns(command, here, content):
    (here / "all.csv").write_text(content())
    described = ["data", "describe", "all.csv"] + (["--task", "series"] if content is _series else [])
    for option in (["--split-column", "part"], ["--column", "split=part"]):
        done = command(*described, *option, "--group-column", "author", "--json")
        assert done.code == 0, done.error
        found = json.loads(done.out)
        assert list(found["splits"]) == ["train", "dev", "test"]
        assert found["groups"]["train"] == {"groups of 'author'": 10}
    if content is _series:  # numbers that are not measurements
        assert [channel["max"] for channel in found["splits"]["train"]["channels"]] == [58]
    assert "kept together when splits or folds are made" in command(*described, "--group-column", "author").out


def test_a_split_column_is_refused_for_data_with_split_files(command, here):
    (here / "both").mkdir()
    for name in ("train", "test"):
        (here / "both" / f"{name}.csv").write_text("text,label,part\ngood,+,train\nbad,-,test\n")
    done = command("data", "describe", "both", "--split-column", "part")
    check(done, "already has splits (train, test); leave out --split-column")
