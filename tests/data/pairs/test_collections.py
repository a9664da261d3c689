"""Tests of pairs that are collected from gettext catalogues and from Python code."""

from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from syntagma.data.formats.gettext import find_catalogues, read_catalogue
from syntagma.data.formats.python_code import find_functions
from syntagma.data.options import ReadOptions
from syntagma.data.pairs.reading import holds_pairs, read_pairs_corpus
from syntagma.data.tables.splits import split_corpus
from syntagma.errors import DataError

HEADER = (
    'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: {};\\n"\n\n'
)
TWO_FORMS = "nplurals=2; plural=(n != 1)"
GERMAN = (
    HEADER.format("de", TWO_FORMS)
    + """
#: a.c:3
msgid "Open %s"
msgstr "%s öffnen"

msgctxt "verb"
msgid "Open"
msgstr "Öffnen"

msgid "Two\\n"
"lines"
msgstr "Zwei\\n"
"Zeilen"

msgid "one file"
msgid_plural "%d files"
msgstr[0] "eine Datei"
msgstr[1] "%d Dateien"

#, fuzzy
msgid "Close"
msgstr "Öffnen?"

msgid "not translated"
msgstr ""

#~ msgid "gone"
#~ msgstr "weg"
"""
)


@pytest.fixture
def catalogues(tmp_path):
    folder = tmp_path / "catalogues"
    for language in ("de", "fr"):
        (folder / language / "LC_MESSAGES").mkdir(parents=True)
    (folder / "de" / "LC_MESSAGES" / "app.po").write_text(GERMAN, encoding="utf-8")
    (folder / "de" / "LC_MESSAGES" / "app.mo").write_bytes(b"compiled from app.po, and not read")
    other = GERMAN.replace("öffnen", "aufmachen").partition("msgctxt")[0]
    (folder / "de" / "LC_MESSAGES" / "other.po").write_text(other + 'msgid "Quit"\nmsgstr "Ende"\n', encoding="utf-8")
    (folder / "fr" / "LC_MESSAGES" / "app.mo").write_bytes(compiled("fr", {"Open %s": "Ouvrir %s"}))
    return folder


def compiled(language, messages):
    catalogue = Catalog(language)
    for source, target in messages.items():
        catalogue.add(source, target)
    written = BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def test_messages_are_pairs_with_their_context_and_place(catalogues):
    corpus = read_pairs_corpus(catalogues, ReadOptions(columns={"target": "de"}))
    table = corpus.train
    assert list(zip(table.sources, table.targets, strict=True)) == [
        ("Open %s", "%s öffnen"),
        ("Open", "Öffnen"),
        ("Two\nlines", "Zwei\nZeilen"),
        ("one file", "eine Datei"),
        ("%d files", "%d Dateien"),
        ("Open %s", "%s aufmachen"),
        ("Quit", "Ende"),
    ]
    assert table.columns["context"] == [None, "verb", *[None] * 5]
    assert table.columns["file"] == ["app.po"] * 5 + ["other.po"] * 2
    assert (table.names, corpus.name) == ({"source": "msgid", "target": "de"}, "catalogues")
    assert table.short_place_of(1) == "app.po:13"
    assert holds_pairs(catalogues)


def test_compiled_catalogues_are_read(catalogues):
    table = read_pairs_corpus(catalogues, ReadOptions(usual={"target": "fr"})).train
    assert (table.sources, table.targets, table.short_place_of(0)) == (["Open %s"], ["Ouvrir %s"], "app.mo, row 2")
    file = catalogues / "fr" / "LC_MESSAGES" / "app.mo"
    assert read_pairs_corpus(file).train.targets == ["Ouvrir %s"]
    assert holds_pairs(file)


@pytest.mark.parametrize(
    ("forms", "strings", "expected"),
    [
        ("nplurals=1; plural=0", ["%d"], [("%d files", "%d")]),
        ("nplurals=3; plural=(n>2)", ["%d a", "%d b", "%d c"], [("one file", "%d a")]),
    ],
)
def test_plurals_are_pairs_if_it_is_clear_which_form_belongs_to_them(tmp_path, forms, strings, expected):
    lines = "".join(f'msgstr[{number}] "{text}"\n' for number, text in enumerate(strings))
    path = tmp_path / "ja.po"
    content = HEADER.format("xx", forms) + f'msgid "one file"\nmsgid_plural "%d files"\n{lines}'
    path.write_text(content, encoding="utf-8")
    assert [(message.source, message.target) for message in read_catalogue(path)] == expected


def test_the_language_is_found_in_the_path(tmp_path):
    names = ["po/de.po", "po/app.pt_BR.po", "nl/app.po", "x/ca@valencia/LC_MESSAGES/a.mo", "po/sr@latin.po"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(find_catalogues(tmp_path)) == ["app", "ca@valencia", "de", "pt_BR", "sr@latin"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, r"contains messages in 2 languages \(de, fr\)\. Choose one with --target-column"),
        ({"target": "dr"}, r"contains no messages in 'dr'; (did you mean|known)"),
        ({"source": "fr", "target": "de"}, r"the source column must be msgid here; got 'fr'"),
    ],
)
def test_a_language_that_is_not_clear_is_an_error(catalogues, columns, message):
    with pytest.raises(DataError, match=message):
        read_pairs_corpus(catalogues, ReadOptions(columns=columns))


def test_damaged_catalogues_are_skipped_with_a_note(catalogues, loud, capsys):
    for name, content in (("cut.mo", compiled("de", {"a": "b"})[:-9]), ("text.mo", b"text"), ("odd.po", b'msgid "')):
        (catalogues / "de" / "LC_MESSAGES" / name).write_bytes(content)
        with pytest.raises(DataError, match=rf"{name}: cannot be read as a gettext catalogue: "):
            list(read_catalogue(catalogues / "de" / "LC_MESSAGES" / name))
    assert len(read_pairs_corpus(catalogues, ReadOptions(columns={"target": "de"})).train) == 7
    assert "3 catalogues cannot be read, such as" in capsys.readouterr().err


def test_a_catalogue_without_translations_is_an_error(tmp_path):
    (tmp_path / "de.po").write_text(HEADER.format("de", TWO_FORMS) + 'msgid "a"\nmsgstr ""\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"contains no messages that are translated to 'de'"):
        read_pairs_corpus(tmp_path)


CODE = '''\
"""Module."""
import os


@cache
def add(
    first,  # a number
    second=1,
):
    """Return the sum of two numbers.

    More text.
    """
    # Here is the work.
    return first + second


class Table:
    """A table of rows."""

    async def read(self) -> list[Row]:
        r"""Read all rows now."""
        return self.rows

    def cut(self):
        """Return something that is described on
        two lines.
        """
        return 1

    def short(self):
        """Too short."""
        return 1

    def empty(self):
        """Have nothing after the docstring."""

    def bare(self):
        return 2


def outer(x):
    """Contain a function\tthat is not read.
    """
    def inner():
        """Belong to another function."""
        return 1
    return inner


def line(): "Stand on a single line."; return 3
'''


def test_functions_have_code_signature_and_the_first_line_of_their_docstring():
    add, read, outer = find_functions(CODE)
    assert add.code == (
        "def add(\n    first,  # a number\n    second=1,\n):\n    # Here is the work.\n    return first + second"
    )
    assert (add.signature, add.summary) == (
        "def add(first, second=1):",
        "Return the sum of two numbers.",
    )
    assert (add.name, add.line) == ("add", 6)
    assert (read.name, read.code) == ("Table.read", "async def read(self) -> list[Row]:\n    return self.rows")
    assert read.signature == "async def read(self) -> list[Row]:"
    assert (outer.name, outer.summary) == ("outer", "Contain a function      that is not read.")
    assert "inner" in outer.code


def test_form_feeds_and_escapes_do_not_move_the_lines():
    source = 'x = "\\d"\n\x0c\ndef f(a):\n    """Return the given value.\x0c"""\n    return a\n'
    (function,) = find_functions(source)
    assert function.code == "def f(a):\n    return a"


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "mine"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('this file was executed')\n", encoding="utf-8")
    for name in ("a.py", "b.py"):
        own = f'def {name[0]}():\n    """Return the letter {name[0]}."""\n    return 1\n'
        (folder / name).write_text(own + CODE, encoding="utf-8")
    (folder / "broken.py").write_text("def f(:\n", encoding="utf-8")
    (folder / "latin.py").write_bytes(b"# \xff\n")
    (folder / "tests" / "c.py").write_text(CODE, encoding="utf-8")
    (folder / "test_d.py").write_text(CODE, encoding="utf-8")
    return folder


def test_a_package_is_read_without_running_it_and_without_repeated_code(package, loud, capsys):
    corpus = read_pairs_corpus(package)
    table = corpus.train
    assert (corpus.name, table.names) == ("mine", {"source": "code", "target": "summary"})
    assert table.columns["name"] == ["a", "add", "Table.read", "outer", "b"]
    assert table.columns["module"] == ["a.py"] * 4 + ["b.py"]
    assert table.targets[0] == "Return the letter a."
    assert table.place_of(4) == f"{package / 'b.py'}:1"
    assert "2 files cannot be parsed, such as broken.py" in capsys.readouterr().err
    assert holds_pairs(package)


def test_the_functions_of_a_module_stay_in_one_split(tmp_path):
    for number in range(30):
        functions = (
            f'def f{n}():\n    """Return number {n} of {number}."""\n    return {n + number * 9}\n' for n in range(4)
        )
        (tmp_path / f"m{number}.py").write_text("\n".join(functions), encoding="utf-8")
    corpus = split_corpus(read_pairs_corpus(tmp_path), seed=1)
    modules = [set(table.columns["module"]) for table in corpus.splits.values()]
    assert sum(map(len, modules)) == len(set.union(*modules)) == 30


def test_the_signature_may_be_the_source(package):
    table = read_pairs_corpus(package, ReadOptions(columns={"source": "signature"})).train
    assert table.sources[0] == "def a():"
    assert "code" in table.columns
    with pytest.raises(DataError, match=r"the source column must be code or signature here; got 'name'"):
        read_pairs_corpus(package, ReadOptions(columns={"source": "name"}))
    with pytest.raises(DataError, match=r"the target column must be summary here; got 'name'"):
        read_pairs_corpus(package, ReadOptions(columns={"target": "name"}))


def test_tables_come_before_code(tmp_path):
    (tmp_path / "prepare.py").write_text(CODE, encoding="utf-8")
    assert not holds_pairs(tmp_path)
    assert read_pairs_corpus(tmp_path).train.names["source"] == "code"
    (tmp_path / "train.tsv").write_text("source\ttarget\na\tx\n", encoding="utf-8")
    assert read_pairs_corpus(tmp_path).train.sources == ["a"]


def test_code_without_docstrings_is_an_error(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"contains no Python functions with docstrings"):
        read_pairs_corpus(tmp_path / "a.py")
