"""In which encoding a file that is not UTF-8 may be, and the command that converts it.

An encoding of East Asia decodes nearly any bytes of another one without an error, so that being decodable says little.
But each keeps the letters that people mostly write in a block of its own, and a text in another encoding falls outside
that block: Japanese is full of kana, Korean uses 2,350 syllables, and the 3,755 characters that Chinese is mostly
written with are the first level of GB 2312.
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
    """An encoding with letters of two bytes.

    Args:
        name: Name in iconv.
        codec: Name in Python.
        usual: Bytes of a letter that people mostly write.
        typical: Bytes of a letter that its neighbours do not have and no text of some length can do without.
    """

    name: str
    codec: str
    usual: bytes
    typical: bytes

    def fits(self, sample: bytes) -> bool:
        """Whether the sample decodes to what people write in this encoding."""
        text = _decoded(sample, self.codec)
        letters = [character.encode(self.codec) for character in text or "" if _is_letter(character)]
        usual = _count(self.usual, letters) >= _USUAL_SHARE * len(letters)
        return bool(letters) and usual and _count(self.typical, letters) >= _TYPICAL_SHARE * len(letters)


_EAST_ASIAN = (
    # Hanzi of the first level. Korean bytes are such too, but from the first half of the alphabet only.
    _Encoding("GB18030", "gb18030", usual=rb"[\xB0-\xD7][\xA1-\xFE]", typical=rb"[\xC9-\xD7][\xA1-\xFE]"),
    # Kana, and kanji of the first level. A second byte in ASCII may well be a letter after one of DOS or of a Mac.
    _Encoding(
        "CP932", "cp932", usual=rb"\x82[\x9F-\xF1]|[\x83\x88-\x98].", typical=rb"\x82[\x9F-\xF1]|\x83[\x80-\x96]"
    ),
    _Encoding("EUC-JP", "euc_jp", usual=rb"[\xA4\xA5\xB0-\xCF].", typical=rb"[\xA4\xA5]."),
    # The syllables of EUC-KR, without those that Windows added.
    _Encoding("CP949", "cp949", usual=rb"[\xB0-\xC8][\xA1-\xFE]", typical=rb"[\xB0-\xC8][\xA1-\xFE]"),
    # Hanzi of the first level. The kana of EUC-JP are such too, but without second bytes in ASCII.
    _Encoding("BIG5", "cp950", usual=rb"[\xA4-\xC6].", typical=rb"[\xA4-\xC6][\x40-\x7E]"),
)

# Without the letters of Icelandic: mostly they are Turkish or Czech in an encoding of its own.
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
    """Encodings, as iconv calls them, in which the sample reads like text; at most 64 KiB of it are looked at.

    The sample is whole lines that are not UTF-8. Looked for are WINDOWS-1252, GB18030, CP932 (Shift JIS), EUC-JP, CP949
    (EUC-KR), BIG5 and CP874 (TIS-620).

    Example:
        >>> plausible_encodings("Größe".encode("cp1252"))
        ['WINDOWS-1252']
    """
    sample = sample[:_SAMPLE_BYTES]
    if _is_thai(sample):  # whose letters, two by two, are usual Hanzi
        return ["CP874"]
    western = ["WINDOWS-1252"] if _is_western(sample) else []
    return western + [encoding.name for encoding in _EAST_ASIAN if encoding.fits(sample)]


def advice(path: Path | None, lines: Sequence[bytes]) -> str:
    """Return what to do about a file that is not UTF-8, by lines of it with more than ASCII, in one sentence or two.

    The path is `None` for the standard input.
    """
    if sum(_decoded(line, "utf-8") is not None for line in lines) * 2 >= len(lines):
        return "Other lines are UTF-8, so it is this one that must be mended."
    names = plausible_encodings(b"".join(lines))
    if not names:
        return f"Convert it from its own encoding: `{conversion(path, 'ENCODING')}`."
    looks = f"It looks like {names[0]}" if len(names) == 1 else f"It may be {', '.join(names[:-1])} or {names[-1]}"
    return f"{looks}; convert it with `{conversion(path, names[0])}` and see that the result reads well."


def conversion(path: Path | None, encoding: str) -> str:
    """The command that writes a file again as UTF-8 beside itself; see `advice` for `path`."""
    convert = f"iconv -f {encoding} -t UTF-8"
    if path is None:
        return convert
    packed = path.suffix == ".gz"
    unpacked = path.with_suffix("") if packed else path
    named = f"./{path}" if str(path).startswith("-") else str(path)  # or it would be an option
    source, target = shlex.quote(named), shlex.quote(str(unpacked.with_suffix(f".utf8{unpacked.suffix}")))
    return f"gunzip -c {source} | {convert} > {target}" if packed else f"{convert} {source} > {target}"


def _decoded(sample: bytes, codec: str) -> str | None:
    """The text, but for a letter cut off at the end; `None` where the bytes are not of this encoding."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(sample)
    except UnicodeDecodeError:
        return None


def _count(pattern: bytes, letters: list[bytes]) -> int:
    expression = re.compile(pattern, re.DOTALL)
    return sum(expression.fullmatch(letter) is not None for letter in letters)


def _is_letter(character: str) -> bool:
    # What is unassigned or private counts as a letter: real text has none of it.
    return not character.isascii() and unicodedata.category(character)[0] not in "PSZ"


def _is_thai(sample: bytes) -> bool:
    """Whether vowels and tones above and below the line stand on a consonant, and there are as many as in Thai."""
    text = _decoded(sample, "cp874")
    if text is None:
        return False
    letters = sum("\u0e01" <= character <= "\u0e4e" for character in text)
    marks = len(_THAI_MARK.findall(text))
    return marks >= _THAI_MARKS_SHARE * letters > 0 and len(_THAI_PLACED.findall(text)) >= _THAI_PLACED_SHARE * marks


def _is_western(sample: bytes) -> bool:
    """Whether the bytes beyond ASCII are single letters within words, and marks between words."""
    text = _decoded(sample, "cp1252")
    if text is None:
        return False
    beyond = sum(not character.isascii() for character in text)
    return sum(map(len, _STRANGE.findall(text))) <= _STRANGE_SHARE * beyond
