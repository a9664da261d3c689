"""Detection of the encoding of files that are not UTF-8, on sentences of the languages that use it."""

import gzip
import io
import shlex
import subprocess
from pathlib import Path

import pytest

from syntagma.data.formats.encodings import plausible_encodings
from syntagma.data.texts.reading import read_corpus, read_table
from syntagma.errors import DataError

SIMPLIFIED = "这部电影真的很好看，演员的表演非常自然。\n我不喜欢这个结局，太无聊了。\n价格便宜，质量也不错。\n"
TRADITIONAL = "這部電影真的很好看，演員的表演非常自然。\n我不喜歡這個結局，太無聊了。\n價格便宜，品質也不錯。\n"
JAPANESE = "この映画はとても面白かったです。\n俳優の演技が自然で、最後まで飽きませんでした。\n"
KOREAN = "이 영화는 정말 재미있었습니다.\n배우들의 연기가 자연스럽고 결말도 좋았어요.\n가격은 싸지만 품질이 별로예요.\n"
THAI = "หนังเรื่องนี้สนุกมาก นักแสดงเล่นได้ดี\nฉันไม่ชอบตอนจบเลย น่าเบื่อมาก\nราคาถูกและคุณภาพดี\n"
FRENCH = "L’été dernier, j’ai adoré ce film très drôle à Nîmes.\nÇa m'a déçu, hélas… « créée » par un élève.\n"
GERMAN = "Schöner Film, aber größtenteils überflüssig. „Gut“ – für 3 €.\nÄrgerlich!\n"
ENGLISH = "I don’t like it — it’s “bad”.\nCan’t complain…\n"
RUSSIAN = "Очень хороший фильм, мне понравилось.\nНе понравилось, скучно и долго.\n"
TURKISH = "Çok güzel bir film değildi, şaşırdım açıkçası. Işık ve müzik iyiydi.\n"
POLISH = "Bardzo dobry film, świetna gra aktorów, żałuję że się skończył.\n"
FRENCH_WITHOUT_QUOTES = "Ça m'a déçu, mais la fin était très drôle.\n"


@pytest.mark.parametrize("cut", [None, -2, 21])
@pytest.mark.parametrize(
    ("text", "codec", "expected"),
    [
        (SIMPLIFIED, "gbk", "GB18030"),
        (SIMPLIFIED, "gb18030", "GB18030"),
        (TRADITIONAL, "big5", "BIG5"),
        (JAPANESE, "shift_jis", "CP932"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (KOREAN, "euc_kr", "CP949"),
        (THAI, "tis_620", "CP874"),
        (THAI, "cp874", "CP874"),
        (FRENCH, "cp1252", "WINDOWS-1252"),
        (GERMAN, "cp1252", "WINDOWS-1252"),
        (ENGLISH, "cp1252", "WINDOWS-1252"),
    ],
)
def test_the_encoding_is_detected_even_if_the_last_character_is_cut(text, codec, expected, cut):
    assert plausible_encodings(text.encode(codec)[:cut]) == [expected]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (TURKISH, "cp1254"),
        (POLISH, "cp1250"),
        (FRENCH_WITHOUT_QUOTES, "mac_roman"),
        (FRENCH_WITHOUT_QUOTES, "cp850"),
    ],
)
def test_an_encoding_that_gives_nonsense_is_not_suggested(text, codec):
    assert plausible_encodings(text.encode(codec)) == []


def table(text: str, codec: str, line_end: str = "\n") -> bytes:
    """A CSV file whose first rows are ASCII."""
    rows = ["text,label", "plain,x", *(f'"{line}",y' for line in text.splitlines())]
    return "".join(row + line_end for row in rows).encode(codec)


@pytest.mark.parametrize(("text", "codec"), [(SIMPLIFIED, "gbk"), (JAPANESE, "cp932"), (GERMAN, "cp1252")])
@pytest.mark.parametrize(("name", "converted"), [("mit leer.csv", "mit leer.utf8.csv"), ("a.csv.gz", "a.utf8.csv")])
def test_the_suggested_command_creates_a_readable_file(tmp_path, text, codec, name, converted):
    raw = table(text, codec)
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    with pytest.raises(
        DataError, match=r":3: must be UTF-8, but byte \d+ is 0x.*; convert it with `.*`, and check"
    ) as error:
        read_table(tmp_path / name)
    command = str(error.value).split("`")[1]
    assert shlex.quote(str(tmp_path / converted)) in command
    subprocess.run(command, shell=True, check=True)
    assert read_table(tmp_path / converted).texts == ["plain", *text.splitlines()]


def test_all_plausible_encodings_are_suggested(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"text,label\n\xcd\xe5,x\n")
    with pytest.raises(DataError, match=r"It may be WINDOWS-1252 or GB18030; convert it with `iconv -f WINDOWS-1252"):
        read_table(tmp_path / "a.csv")


def test_an_unknown_encoding_is_left_to_the_user(tmp_path):
    (tmp_path / "a.csv").write_bytes(table(RUSSIAN, "cp1251"))
    with pytest.raises(DataError, match=r"Convert it from its encoding: `iconv -f ENCODING -t UTF-8 .*a.csv > "):
        read_table(tmp_path / "a.csv")


def test_one_broken_line_in_a_utf_8_file_should_be_fixed(tmp_path):
    (tmp_path / "a.csv").write_bytes(table(GERMAN, "utf-8") + "Schön,x\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"a.csv:5: .* Other lines are UTF-8, so only this line needs to be fixed\.$"):
        read_table(tmp_path / "a.csv")


def test_the_whole_text_file_in_a_class_folder_is_examined(tmp_path):
    for name in ("pos", "neg"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.txt").write_bytes(KOREAN.encode("euc_kr"))
    with pytest.raises(DataError, match=r"neg/1.txt:1: .*looks like CP949; convert it with `iconv .*neg/1.utf8.txt`"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (JAPANESE.encode("euc_jp"), r"It looks like EUC-JP; convert it with `iconv -f EUC-JP -t UTF-8`, and check"),
        (FRENCH.encode("utf-16"), r"it is UTF-16. Convert it: `iconv -f UTF-16 -t UTF-8`\."),
    ],
)
def test_the_command_for_standard_input_is_a_filter(monkeypatch, raw, message):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
    with pytest.raises(DataError, match=rf"^standard input:? .*{message}|^standard input:1: .*{message}"):
        read_table("-", labelled=False)


@pytest.mark.parametrize("codec", ["utf-32", "utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_a_wide_encoding_is_suggested_with_a_working_command(tmp_path, codec):
    (tmp_path / "a.csv").write_bytes(table("plain", codec))
    with pytest.raises(DataError, match=codec[:6].upper()) as error:
        read_table(tmp_path / "a.csv")
    subprocess.run(str(error.value).split("`")[1], shell=True, check=True)
    assert read_table(tmp_path / "a.utf8.csv").texts == ["plain", "plain"]


@pytest.mark.parametrize("name", ["-d.csv", "-d.csv.gz"])
def test_the_command_works_for_a_file_name_that_looks_like_an_option(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    raw = table(GERMAN, "cp1252")
    Path(name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    with pytest.raises(DataError, match=r"\./-d\.csv") as error:
        read_table(name)
    subprocess.run(str(error.value).split("`")[1], shell=True, check=True)
    assert read_table("-d.utf8.csv").texts[0] == "plain"
