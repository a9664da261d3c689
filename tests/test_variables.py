import pytest

from syntagma import variables
from syntagma.data.corpora.cache import cache_folder
from syntagma.data.corpora.registry import find_local
from syntagma.errors import DataError, DownloadError, InputError
from syntagma.kernels import native

RULES = {
    "SYNTAGMA_CACHE": "the path of a folder",
    "SYNTAGMA_DATA": "the path of a folder",
    "SYNTAGMA_ISA": "one of avx512, avx2, portable",
    "SYNTAGMA_KEEP_MB": "a whole number from 0 to 1000000000",
    "SYNTAGMA_KERNEL": "one of auto, native, framework",
    "SYNTAGMA_THREADS": "a whole number from 1 to 256",
}
INVALID = [
    *((name, text) for name in RULES for text in ("", " ")),
    ("SYNTAGMA_CACHE", "~no-such-user/cache"),
    ("SYNTAGMA_DATA", "~no-such-user/data"),
    ("SYNTAGMA_ISA", "AVX2"),
    *(("SYNTAGMA_KEEP_MB", text) for text in ("-1", "1.5", "1e3", "10GB", "٣", "9" * 30)),
    ("SYNTAGMA_KERNEL", "keras"),
    *(("SYNTAGMA_THREADS", text) for text in ("0", "-2", "two", "2 ", "1_0", "257")),
]


@pytest.mark.parametrize(("name", "text"), INVALID)
def test_an_invalid_value_raises_an_error_with_the_rule(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    for check in (variables.check, lambda: variables.value(name)):
        with pytest.raises(InputError, match=f"{name} must be {RULES[name]}, or unset; got {text!r}"):
            check()


@pytest.mark.parametrize("name", ["SYNTAGMA_ISA", "SYNTAGMA_KEEP_MB", "SYNTAGMA_THREADS"])
def test_variables_of_the_compiled_library_are_checked_before_loading(monkeypatch, name):
    monkeypatch.setenv(name, "")
    with pytest.raises(InputError, match=f"{name} must be {RULES[name]}"):
        native.library.__wrapped__()


def test_valid_values_are_returned_and_unset_variables_are_none(monkeypatch):
    monkeypatch.setenv("SYNTAGMA_THREADS", "3")
    assert variables.value("SYNTAGMA_THREADS") == "3"
    monkeypatch.delenv("SYNTAGMA_THREADS")
    assert variables.value("SYNTAGMA_THREADS") is None


def test_an_unknown_variable_raises_an_error_that_lists_the_names(monkeypatch):
    monkeypatch.setenv("SYNTAGMA_KERNAL", "native")
    with pytest.raises(InputError, match=f"SYNTAGMA_KERNAL is not an environment .* are {', '.join(RULES)};"):
        variables.check()
    variables.check("SYNTAGMA_KERNEL")


@pytest.mark.parametrize("text", ["", "nowhere"])
def test_an_invalid_data_folder_raises_an_error_on_use(monkeypatch, tmp_path, text):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNTAGMA_DATA", text)
    with pytest.raises(InputError, match="SYNTAGMA_DATA must"):
        find_local("imdb")
    (tmp_path / "nowhere").write_text("a file")
    with pytest.raises(DataError if text else InputError, match="SYNTAGMA_DATA must"):
        find_local("imdb")


def test_an_empty_cache_path_or_missing_home_raises_an_error(monkeypatch):
    monkeypatch.setenv("SYNTAGMA_CACHE", "")
    with pytest.raises(InputError, match="SYNTAGMA_CACHE must be the path of a folder"):
        cache_folder()
    for name in ("SYNTAGMA_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as for a user who is unknown to the system
    with pytest.raises(DownloadError, match=r"this user has no home folder\. Set SYNTAGMA_CACHE"):
        cache_folder()
