from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from syntagma.config import Config, nearest, override, parse_yaml
from syntagma.errors import ConfigError


class Round(Config):
    kind: Literal["round"] = "round"
    radius: float = Field(1.0, gt=0)


class Square(Config):
    kind: Literal["square"] = "square"
    edge: float = 2.0
    colour: str = "red"


class Drawing(Config):
    title: str
    shape: Annotated[Round | Square, Field(discriminator="kind")] = Round()
    copies: int = 1
    shades: tuple[float, ...] = ()
    weights: Literal["none"] | dict[str, float] = "none"

    @model_validator(mode="after")
    def _check(self):
        if self.copies > 9 and self.shades:
            raise ValueError("`shades` are for 9 `copies` at most")
        return self


def test_defaults_are_filled_in_and_settings_are_immutable():
    drawing = Drawing.parse({"title": "a"}, "drawing")
    assert drawing.shape.radius == 1.0
    with pytest.raises(ValidationError, match="frozen"):
        drawing.copies = 2


def test_yaml_contains_all_defaults_and_is_read_back_equal():
    drawing = Drawing(title="Käse", shape=Square(edge=3.5), shades=(0.5, 0.25))
    text = drawing.to_yaml()
    assert "colour: red" in text
    assert "Käse" in text
    assert Drawing.parse(parse_yaml(text, "drawing"), "drawing") == drawing


def test_an_unknown_key_suggests_the_nearest_one():
    with pytest.raises(ConfigError, match="drawing has no key 'copie': did you mean 'copies'"):
        Drawing.parse({"title": "a", "copie": 2}, "drawing")


@pytest.mark.parametrize(("kind", "key", "known"), [("round", "radios", "radius"), ("square", "color", "colour")])
def test_an_unknown_key_in_a_tagged_union_suggests_the_nearest_one_of_its_kind(kind, key, known):
    with pytest.raises(ConfigError, match=rf"no key 'shape\.{key}': did you mean '{known}'"):
        Drawing.parse({"title": "a", "shape": {"kind": kind, key: 1}}, "drawing")


def test_a_key_of_another_kind_is_not_suggested():
    with pytest.raises(ConfigError) as caught:
        Drawing.parse({"title": "a", "shape": {"kind": "round", "edgy": 1}}, "drawing")
    assert "'edge'" not in str(caught.value)


def test_an_unknown_kind_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"shape\.kind must be one of round, square; got 'oval'"):
        Drawing.parse({"title": "a", "shape": {"kind": "oval"}}, "drawing")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"title": "a", "shape": {"kind": "round", "radius": -2}}, r"shape\.radius: .*greater than 0; got -2"),
        ({"title": "a", "shades": [1.0, float("nan")]}, r"shades\.1: .*finite"),
        ({"copies": 2}, r"title: Field required; got \{'copies': 2\}\.$"),
        ({"title": "a", "weights": "all"}, r"drawing: weights: must be 'none', or a valid dictionary; got 'all'"),
        ({"title": "a", "weights": {"b": "c"}}, r"drawing: weights\.b: must be a valid number, .*; got 'c'"),
        ({"title": "a", "copies": 10, "shades": [1.0]}, r"settings: `shades` are for 9 `copies` at most\.$"),
    ],
)
def test_an_invalid_value_is_named_with_its_path(values, message):
    with pytest.raises(ConfigError, match=message):
        Drawing.parse(values, "drawing")


def test_a_long_invalid_value_is_abbreviated():
    with pytest.raises(ConfigError) as caught:
        Drawing.parse({"title": "a", "copies": "x" * 1000}, "drawing")
    assert len(str(caught.value)) < 300


def test_yaml_aliases_raise_an_error():
    with pytest.raises(ConfigError, match=r"a\.yaml: aliases \(`\*name`\) are not allowed"):
        parse_yaml("a: &one [1, 2]\nb: *one\n", "a.yaml")


def test_yaml_may_be_nested_to_at_most_twenty_levels():
    def nested(levels):
        return "{a: " * levels + "1" + "}" * levels

    parse_yaml(nested(20), "a.yaml")
    with pytest.raises(ConfigError, match="nested deeper than 20 levels"):
        parse_yaml(nested(21), "a.yaml")


def test_invalid_yaml_raises_an_error_with_the_line():
    with pytest.raises(ConfigError, match=r"a\.yaml:2: is not valid YAML"):
        parse_yaml("a: 1\nb: }\n", "a.yaml")


def test_yaml_that_constructs_objects_raises_an_error():
    with pytest.raises(ConfigError, match="is not valid YAML"):
        parse_yaml("a: !!python/object/apply:os.getcwd []", "a.yaml")


@pytest.mark.parametrize("text", ["", "- 1\n- 2\n", "1: a\n", "just words"])
def test_yaml_without_settings_raises_an_error(text):
    with pytest.raises(ConfigError, match="must contain settings as `key: value` lines"):
        parse_yaml(text, "a.yaml")


def test_override_changes_a_copy():
    before = {"training": {"epochs": 3, "seed": 1}, "name": "a"}
    after = override(before, ["training.epochs=5", "model.size=[1, 2]", "name=", "text=a=b"])
    assert after == {
        "training": {"epochs": 5, "seed": 1},
        "name": None,
        "model": {"size": [1, 2]},
        "text": "a=b",
    }
    assert before["training"]["epochs"] == 3


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training.epochs", r"--set takes path\.to\.key=value; got 'training\.epochs'"),
        ("=5", r"--set takes path\.to\.key=value"),
        ("name.first=5", "'name' is a plain value and has no keys"),
        ("name=[1, 2", "the value is not valid YAML"),
    ],
)
def test_an_invalid_assignment_raises_an_error(assignment, message):
    with pytest.raises(ConfigError, match=message):
        override({"name": "a"}, [assignment])


def test_nearest_lists_all_names_if_none_is_similar():
    assert nearest("clasify", ["classify", "imdb-lstm"]) == "did you mean 'classify'?"
    assert nearest("zzz", ["classify", "imdb-lstm"]) == "known: classify, imdb-lstm."


def test_a_duplicate_key_raises_an_error_with_the_line():
    with pytest.raises(ConfigError, match=r"r\.yaml:3: is not valid YAML: the key 'epochs' occurs more than once"):
        parse_yaml("training:\n  epochs: 3\n  epochs: 5\n", "r.yaml")
    with pytest.raises(ConfigError, match="the key 'name' occurs more than once"):
        parse_yaml("{name: a, task: b, name: c}", "r.yaml")


def test_numbers_with_colons_are_strings():
    assert parse_yaml("a: 1:30\nb: 190:20:30.15\nc: 7\nd: 0.5", "r.yaml") == {
        "a": "1:30",
        "b": "190:20:30.15",
        "c": 7,
        "d": 0.5,
    }
    assert parse_yaml("a: " + "1:" * 100_000 + "1", "r.yaml")["a"].startswith("1:1:")
