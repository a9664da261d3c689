import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syntagma.errors import ConfigError
from syntagma.text.kept_strings import KINDS, Kept, check_classes, find_kept

LENGTH = 100_000


def strings(text, *classes):
    return [one.string for one in find_kept(text, classes)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%s of %d", ["%s", "%d"]),
        ("%(name)d, %1$s, %2$-5.3f, %lu, %*d, %@", ["%(name)d", "%1$s", "%2$-5.3f", "%lu", "%*d", "%@"]),
        ("100 %% of %%s", []),
        ("%%%s %d%%", ["%s", "%d"]),
        ("100% sure, 50% discount, 5% in all, a 10%ige Lösung", []),
        ("5%s, % d.", ["%s", "% d"]),
        ("{} {0} {name} {größe}", ["{}", "{0}", "{name}", "{größe}"]),
        ("{user.name[0]!r:>8.2f}, {:,}", ["{user.name[0]!r:>8.2f}", "{:,}"]),
        ("{{ user.name }} and {{x}}", ["{{ user.name }}", "{{x}}"]),
        ("{count, number}, {when, date, short}", ["{count, number}", "{when, date, short}"]),
        ("{n, plural, one {# file in {place}} other {# files in {place}}}", ["{place}", "{place}"]),
        ("{ a: 1, b: 2 }, {x, y}, { }", []),
        ("${x} ${user.name + 1} %{count} #{name}", ["${x}", "${user.name + 1}", "%{count}", "#{name}"]),
        ("$HOME, $name1 and $5", ["$HOME", "$name1"]),
        ("--option, (--no-color=auto) -x.", ["--option", "--no-color", "-x"]),
        ("E-Mail, Haupt- und Neben-, foo--bar, -- and - or -5 or -name", []),
    ],
)
def test_placeholders(text, expected):
    assert strings(text, "placeholders") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3, 1,234.56 and 1.234,56.", ["3", "1,234.56", "1.234,56"]),
        ("-5 +3 (−2.5) ±1", ["-5", "+3", "−2.5", "±1"]),
        ("10-20, 7 - 3, a-4", ["10-20", "7", "3", "4"]),
        ("1987-03-03 or 03/03/1987 or 3.3.1987.", ["1987-03-03", "03/03/1987", "3.3.1987"]),
        ("at 10:30, 2020-01-02T10:30:00Z", ["10:30", "2020-01-02T10:30:00"]),
        ("12\u00a0345 and 12\u202f345\u202f678, but 12\u00a034", ["12\u00a0345", "12\u202f345\u202f678", "12", "34"]),
        ("1'000, the 1980's, 1e-5, 0xFF", ["1'000", "1980", "1e-5", "0xFF"]),
        ("the 3rd of 5kg, H2O, v1.2.3, x_1", ["3", "5"]),
        ("$5, 50%, #7, 1/2", ["5", "50", "7", "1/2"]),
        ("٣ مارس", ["٣"]),
    ],
)
def test_numbers(text, expected):
    assert strings(text, "numbers") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://a.org/x.", ["https://a.org/x"]),
        ("(see http://b.de/a?b=1&c=2#d)", ["http://b.de/a?b=1&c=2#d"]),
        ("https://a.org/x_(y), (https://a.org/x_(y))", ["https://a.org/x_(y)", "https://a.org/x_(y)"]),
        ("[text](https://c.org/a/): www.d.com!", ["https://c.org/a/", "www.d.com"]),
        ("'ftp://x.y/z' <mailto:a@b.de> file:///tmp/a", ["ftp://x.y/z", "mailto:a@b.de", "file:///tmp/a"]),
        ("https://x.org/{id}/%s?", ["https://x.org/{id}/%s"]),
        ("参照https://x.org/あ。次", ["https://x.org/あ"]),
        ("http:// and www. or http://.", []),
    ],
)
def test_urls_do_not_include_the_punctuation_after_them(text, expected):
    assert strings(text, "urls") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to a.b+c@d-e.co.uk.", ["a.b+c@d-e.co.uk"]),
        ("<x@y.org>, mailto:ü@z.de", ["x@y.org", "ü@z.de"]),
        ("a@b, @c.de, e@f.1, 5@", []),
    ],
)
def test_emails(text, expected):
    assert strings(text, "emails") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run `ls -l` or ``a`b``", ["`ls -l`", "``a`b``"]),
        ("```\ncode\n``` and ` alone", ["```\ncode\n```"]),
        ("`a' was not found; try `b'", []),
        ("``a'' or ``b''", []),
        ("`f('a', 'b')`", ["`f('a', 'b')`"]),
    ],
)
def test_code_is_between_backticks(text, expected):
    assert strings(text, "code") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<b>a</b> <a href="x">y</a><br/>', ["<b>", "</b>", '<a href="x">', "</a>", "<br/>"]),
        ("&amp; &#39; &#x27; &x <!-- c -->", ["&amp;", "&#39;", "&#x27;", "<!-- c -->"]),
        ("a < b > c, <3, AT&T, &x", []),
    ],
)
def test_markup(text, expected):
    assert strings(text, "markup") == expected


def test_the_longer_of_two_overlapping_strings_is_listed():
    text = '<a href="https://a.org/2">%s</a> https://a.org/3 `--x 4` a5@b.org -6 5 5'
    expected = ['<a href="https://a.org/2">', "%s", "</a>", "https://a.org/3", "`--x 4`", "a5@b.org", "-6", "5", "5"]
    assert strings(text, *KINDS) == expected


def test_only_the_given_classes_are_searched():
    text = "https://a.org/2 %s"
    assert find_kept(text, ["numbers"]) == [Kept("numbers", "2", 14, 15)]
    assert find_kept(text, []) == []


def test_classes_are_checked_and_ordered():
    assert check_classes(["urls", "numbers", "urls"]) == ["numbers", "urls"]
    assert check_classes("code") == ["code"]
    with pytest.raises(ConfigError, match="no class of strings 'url'; did you mean 'urls'"):
        find_kept("", ["url"])


@given(st.text(alphabet="%s{}()$-x1.:/@a`'<>& ,=\n", max_size=60))
@settings(deadline=None)
def test_strings_are_slices_that_do_not_overlap(text):
    found = find_kept(text, KINDS)
    assert all(one.string == text[one.start : one.end] != "" for one in found)
    assert all(left.end <= right.start for left, right in itertools.pairwise(found))


@pytest.mark.parametrize(
    "part",
    [
        "{",
        "{a.a",
        "{a,",
        "-",
        " -a",
        "a@",
        "a.",
        "http://(",
        ")",
        "`'",
        "<a ",
        "<!--",
        "1-",
        "1e",
        "%(",
        "a+",
        "1\u00a0",
    ],
)
def test_hostile_texts_take_linear_time(part):
    start = time.process_time()
    find_kept("http://a@" + part * (LENGTH // len(part)) + "!", KINDS)
    # A linear search takes a tenth of a second, a quadratic one minutes.
    assert time.process_time() - start < 5
