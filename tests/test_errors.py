import pytest

from syntagma import errors


def test_a_message_starts_with_the_place_of_the_mistake():
    error = errors.DataError("a row needs 3 fields; got 2.", path="reviews.csv", line=17)
    assert str(error) == "reviews.csv:17: a row needs 3 fields; got 2."
    assert (error.path, error.line) == ("reviews.csv", 17)


def test_a_message_without_a_line_names_the_file_only(tmp_path):
    error = errors.BundleError("is missing.", path=tmp_path / "text.json")
    assert str(error) == f"{tmp_path / 'text.json'}: is missing."
    assert error.line is None


def test_a_message_without_a_file_stands_alone():
    assert str(errors.ConfigError("no such key.")) == "no such key."


@pytest.mark.parametrize("kind", [errors.DataError, errors.ConfigError, errors.BundleError, errors.FolderError])
def test_what_a_person_gave_wrong_can_be_caught_as_a_value_error(kind):
    with pytest.raises(ValueError, match="wrong"):
        raise kind("wrong")
    assert issubclass(kind, errors.InputError)


def test_the_other_errors_belong_to_the_familiar_families():
    assert issubclass(errors.DownloadError, (errors.SyntagmaError, OSError))
    assert issubclass(errors.MissingPackageError, ImportError)
    assert not issubclass(errors.DownloadError, errors.InputError)


def test_the_drawn_tree_names_every_exception():
    named = [name for name in vars(errors) if name.endswith("Error")]
    assert all(f" {name} " in errors.__doc__.replace("\n", " ") for name in named)
