"""Detection of the encoding of files that are not UTF-8, and the command that converts them.

Text in one East Asian encoding can usually be decoded as another without an error, so successful decoding proves
little. However, each encoding stores the most common characters in a separate block, and text in another encoding
falls largely outside this block. The blocks contain the kana of Japanese, the 2,350 usual syllables of Korean, or the
most common Chinese characters, such as the 3,755 characters of the first level of GB 2312.
"""

import codecs
import re
import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_BYTES = 64 << 10
_USUAL_SHARE = 0.8
_TYPICAL_SHARE = 0.1
_STRANGE_SHARE = 0.1
_THAI_MARKS_SHARE = 0.15
_THAI_PLACED_SHARE = 0.95


@dataclass(frozen=True)
class _Encoding:
    """A double-byte encoding, with patterns that distinguish its text from text in other encodings.

    Args:
        name: iconv's name for the encoding.
        codec: Python's name for the encoding.
        usual: Pattern that matches the bytes of a common character.
        typical: Pattern that matches the bytes of a character from a group that all longer texts use, but that is
            absent from text in similar encodings.
    """

    name: str
    codec: str
    usual: bytes
    typical: bytes

    def fits(self, sample: bytes) -> bool:
        """Return whether the sample decodes to plausible text in this encoding."""
        text = _decode(sample, self.codec)
        letters = [character.encode(self.codec) for character in text or "" if _is_letter(character)]
        usual = _count(self.usual, letters) >= _USUAL_SHARE * len(letters)
        return bool(letters) and usual and _count(self.typical, letters) >= _TYPICAL_SHARE * len(letters)


_EAST_ASIAN = (
    # Hanzi of the first level. Korean text also decodes to such characters, but only to those in the first half.
    _Encoding("GB18030", "gb18030", usual=rb"[\xB0-\xD7][\xA1-\xFE]", typical=rb"[\xC9-\xD7][\xA1-\xFE]"),
    # Kana, and kanji of the first level. A second byte in ASCII may also be a letter after a DOS or Mac character.
    _Encoding(
        "CP932", "cp932", usual=rb"\x82[\x9F-\xF1]|[\x83\x88-\x98].", typical=rb"\x82[\x9F-\xF1]|\x83[\x80-\x96]"
    ),
    _Encoding("EUC-JP", "euc_jp", usual=rb"[\xA4\xA5\xB0-\xCF].", typical=rb"[\xA4\xA5]."),
    # The syllables of EUC-KR, without the Windows extensions.
    _Encoding("CP949", "cp949", usual=rb"[\xB0-\xC8][\xA1-\xFE]", typical=rb"[\xB0-\xC8][\xA1-\xFE]"),
    # Hanzi of the first level. The kana of EUC-JP decode to such characters too, but have no second bytes in ASCII.
    _Encoding("BIG5", "cp950", usual=rb"[\xA4-\xC6].", typical=rb"[\xA4-\xC6][\x40-\x7E]"),
)

# Without the Icelandic letters: such bytes are usually Turkish or Czech letters in another encoding.
_WESTERN_LETTERS = "".join(sorted({chr(code) for code in range(0xC0, 0x100)} - set("×÷ÐÞÝðþý"))) + "Œœ"
_WESTERN_MARKS = "‘’‚“”„–—…€£§©®™°·•«»¿¡´¨²³½ºª\xa0"
_STRANGE = re.compile(
    r"[^\x00-\x7F]{4,}"
    rf"|[^\x00-\x7F{_WESTERN_LETTERS}{_WESTERN_MARKS}]"
    rf"|(?<=[A-Za-z])[^\x00-\x7F{_WESTERN_LETTERS}’´·](?=[A-Za-z])"
)

_THAI_MARK = re.compile("[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")
_THAI_PLACED = re.compile("(?<=[\u0e01-\u0e2e\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]")


def plausible_encodings(sample: bytes) -> list[str]:
    """Return the iconv names of the encodings in which a sample decodes to plausible text.

    The candidates are WINDOWS-1252, GB18030, CP932 (Shift JIS), EUC-JP, CP949 (EUC-KR), BIG5 and CP874 (TIS-620).

    Args:
        sample: Bytes of complete lines that are not UTF-8. Only the first 64 KiB are examined.

    Example:
        >>> plausible_encodings("Größe".encode("cp1252"))
        ['WINDOWS-1252']
    """
    sample = sample[:_SAMPLE_BYTES]
    if _is_thai(sample):  # pairs of Thai letters decode to common Hanzi
        return ["CP874"]
    western = ["WINDOWS-1252"] if _is_western(sample) else []
    return western + [encoding.name for encoding in _EAST_ASIAN if encoding.fits(sample)]


def advice(path: Path | None, lines: Sequence[bytes]) -> str:
    """Return one or two sentences on how to fix a file that is not UTF-8.

    Args:
        path: Path of the file; `None` for the standard input.
        lines: Lines of the file that are not pure ASCII.
    """
    if sum(_decode(line, "utf-8") is not None for line in lines) * 2 >= len(lines):
        return "Other lines are UTF-8, so only this line needs to be fixed."
    names = plausible_encodings(b"".join(lines))
    if not names:
        return f"Convert it from its encoding: `{conversion(path, 'ENCODING')}`."
    looks = f"It looks like {names[0]}" if len(names) == 1 else f"It may be {', '.join(names[:-1])} or {names[-1]}"
    return f"{looks}; convert it with `{conversion(path, names[0])}`, and check that the result is readable."


def conversion(path: Path | None, encoding: str) -> str:
    """Return a shell command that writes a UTF-8 copy of a file next to the original.

    Args:
        path: Path of the file; `None` for the standard input. The command then names no files.
        encoding: iconv's name for the current encoding of the file.
    """
    convert = f"iconv -f {encoding} -t UTF-8"
    if path is None:
        return convert
    packed = path.suffix == ".gz"
    unpacked = path.with_suffix("") if packed else path
    name = f"./{path}" if str(path).startswith("-") else str(path)  # otherwise it would be read as an option
    source, target = shlex.quote(name), shlex.quote(str(unpacked.with_suffix(f".utf8{unpacked.suffix}")))
    return f"gunzip -c {source} | {convert} > {target}" if packed else f"{convert} {source} > {target}"


def _decode(sample: bytes, codec: str) -> str | None:
    """Decode a sample, dropping an incomplete character at its end; return `None` if the bytes are invalid."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return None


def _count(pattern: bytes, letters: list[bytes]) -> int:
    expression = re.compile(pattern, re.DOTALL)
    return sum(expression.fullmatch(letter) is not None for letter in letters)


def _is_letter(character: str) -> bool:
    # Unassigned and private characters count as letters: real text does not contain them, so they lower the shares.
    return not character.isascii() and unicodedata.category(character)[0] not in "PSZ"


def _is_thai(sample: bytes) -> bool:
    """Return whether the sample decodes to text with frequent vowel and tone marks that follow Thai consonants."""
    text = _decode(sample, "cp874")
    if text is None:
        return False
    letters = sum("\u0e01" <= character <= "\u0e4e" for character in text)
    marks = len(_THAI_MARK.findall(text))
    return marks >= _THAI_MARKS_SHARE * letters > 0 and len(_THAI_PLACED.findall(text)) >= _THAI_PLACED_SHARE * marks


def _is_western(sample: bytes) -> bool:
    """Return whether most non-ASCII bytes decode to short runs of Western letters, or to marks outside words."""
    text = _decode(sample, "cp1252")
    if text is None:
        return False
    not_ascii = sum(not character.isascii() for character in text)
    return sum(map(len, _STRANGE.findall(text))) <= _STRANGE_SHARE * not_ascii
