import pytest

from syntagma import errors


def test_a_message_starts_with_file_and_line():
    error = errors.DataError("a row needs 3 fields; got 2.", path="reviews.csv", line=17)
    assert str(error) == "reviews.csv:17: a row needs 3 fields; got 2."
    assert (error.path, error.line) == ("reviews.csv", 17)


def test_a_message_without_a_line_names_only_the_file(tmp_path):
    error = errors.BundleError("is missing.", path=tmp_path / "text.json")
    assert str(error) == f"{tmp_path / 'text.json'}: is missing."
    assert error.line is None


def test_a_message_without_a_file_has_no_prefix():
    assert str(errors.ConfigError("no such key.")) == "no such key."


@pytest.mark.parametrize("kind", [errors.DataError, errors.ConfigError, errors.BundleError, errors.FolderError])
def test_input_errors_can_be_caught_as_value_error(kind):
    with pytest.raises(ValueError, match="wrong"):
        raise kind("wrong")
    assert issubclass(kind, errors.InputError)


def test_other_errors_are_subclasses_of_builtin_errors():
    assert issubclass(errors.DownloadError, (errors.SyntagmaError, OSError))
    assert issubclass(errors.MissingPackageError, ImportError)
    assert not issubclass(errors.DownloadError, errors.InputError)


def test_the_tree_in_the_docstring_lists_every_exception():
    named = [name for name in vars(errors) if name.endswith("Error")]
    assert all(f" {name} " in errors.__doc__.replace("\n", " ") for name in named)
