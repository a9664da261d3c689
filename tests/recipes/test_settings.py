"""The list of all settings, which help in the terminal and the reference on the website are made from."""

from typing import Annotated, Literal

import pytest
import yaml
from pydantic import Field, PositiveFloat, PositiveInt

from syntagma.config import Config
from syntagma.recipes import shipped
from syntagma.recipes.settings import describe_fields, list_settings, to_commented_yaml
from syntagma.tasks import registry
from syntagma.tasks.registry import find_recipe, parse_recipe


class Sums(Config):
    """A sum.

    Attributes:
        share: Share that
            counts, from 0 to 1: all of it by default.
    """

    kind: Literal["sum"] = "sum"
    share: float = Field(1.0, ge=0, le=1)


class Means(Config):
    """A mean.

    Args:
        count: Numbers to average.
    """

    kind: Literal["mean"] = "mean"
    count: int = Field(gt=0, le=8)


class Extra(Config):
    """Something optional.

    Attributes:
        weights: Weight of each name.
    """

    weights: dict[str, PositiveFloat] | Literal["none", "all"] = "none"


class Base(Config):
    """Settings shared by both configs.

    Attributes:
        title: Title of the base.
        sign: Sign between parts.
    """

    title: str = "null"
    sign: str | None = Field(None, min_length=1, max_length=1)


class Whole(Base):
    """All of it.

    Attributes:
        title: Title of the whole.
        part: Part that computes.
        extra: Extra settings, or none.
        extra_on: Extra settings that are on by default, or none.
        sizes: Sizes in order.
        rate: Rate of change.
        on: Whether it is on.
    """

    part: Annotated[Sums | Means, Field(discriminator="kind")]
    extra: Extra | None = None
    extra_on: Extra | None = Extra(weights={"a": 2})
    sizes: tuple[PositiveInt, ...] = Field((3, 4), min_length=1, max_length=5)
    rate: float | Literal["dev"] = Field(0.5, gt=0, lt=1)
    on: bool = True


def rows(settings):
    return [(one.name, one.type, one.default_text, one.meaning, one.condition) for one in settings]


def test_settings_are_listed_with_type_default_and_meaning():
    share = "Share that counts, from 0 to 1: all of it by default."
    weights = ("{name: float > 0} or none or all", "Weight of each name.")
    assert rows(list_settings(Whole)) == [
        ("title", "text", "'null'", "Title of the whole.", ""),
        ("sign", "one character or null", "null", "Sign between parts.", ""),
        ("part", "section", "required", "Part that computes.", ""),
        ("part.kind", "one of sum, mean", "required", "`sum`: A sum. `mean`: A mean.", ""),
        ("part.share", "float in [0, 1]", "1.0", share, "part.kind=sum"),
        ("part.count", "int in [1, 8]", "required", "Numbers to average.", "part.kind=mean"),
        ("extra", "section or null", "null", "Extra settings, or none.", ""),
        ("extra.weights", weights[0], "none", weights[1], ""),
        ("extra_on", "section or null", "", "Extra settings that are on by default, or none.", ""),
        ("extra_on.weights", weights[0], "{a: 2.0}", weights[1], ""),
        ("sizes", "list of int > 0, 1 to 5 of them", "[3, 4]", "Sizes in order.", ""),
        ("rate", "float in (0, 1) or dev", "0.5", "Rate of change.", ""),
        ("on", "true or false", "true", "Whether it is on.", ""),
    ]


def test_a_recipe_decides_defaults_and_kinds():
    recipe = Whole(part=Means(count=3), extra=Extra(weights="all"), extra_on=None)
    found = {one.name: one for one in list_settings(Whole, recipe)}
    assert found["part.kind"].default == "mean"
    assert found["part.count"].default_text == "3"
    assert "part.share" not in found
    assert found["extra.weights"].default == "all"
    assert found["extra_on"].default_text == "null"
    assert found["extra_on.weights"].default == "none"


def test_choices_are_the_values_that_can_be_listed():
    found = {one.name: one.choices for one in list_settings(Whole)}
    assert found["part.kind"] == ("sum", "mean")
    assert found["on"] == ("true", "false")
    assert found["sign"] == ("null",)
    assert found["extra.weights"] == ("none", "all")
    assert found["sizes"] == ()


def test_commented_yaml_holds_the_recipe_and_explains_each_line():
    recipe = Whole(part=Sums(share=0.25), extra_on=Extra(weights={"b": 1}))
    text = to_commented_yaml(recipe, width=60)
    assert Whole.parse(yaml.safe_load(text), "text") == recipe
    assert "  # Share that counts, from 0 to 1: all of it by default.\n  # (float in [0, 1])\n  share: 0.25\n" in text
    assert "# Extra settings, or none.\nextra: null\n# Extra settings that are" in text
    assert max(map(len, text.splitlines())) <= 60


def config_classes(config=Config):
    for found in config.__subclasses__():
        if found.__module__.startswith("syntagma."):
            yield found
            yield from config_classes(found)


def test_every_field_of_every_config_has_a_meaning():
    for name in registry.names():
        registry.task(name)
    lacking = [
        f"{config.__name__}.{field}"
        for config in config_classes()
        for field in config.model_fields
        if field != "kind" and not describe_fields(config).get(field)
    ]
    assert not lacking


@pytest.mark.parametrize("task", registry.names())
def test_every_setting_of_a_task_has_a_meaning_that_is_a_sentence(task):
    for setting in list_settings(registry.schema(task)):
        assert setting.meaning.strip()[-1] in ".)", setting.name


@pytest.mark.parametrize("name", shipped.names())
def test_defaults_are_those_of_the_recipe_and_can_be_set(name):
    recipe = find_recipe(name)
    values = recipe.model_dump(mode="json")
    changes = {}
    for setting in list_settings(type(recipe), recipe):
        *parents, last = setting.name.split(".")
        section = values
        for parent in parents:
            section = section[parent] if section is not None else None
        if section is not None:
            assert section[last] == setting.default, setting.name
            assert setting.default_text or setting.is_section
            if not setting.is_section:
                changes[setting.name] = setting.default
    # A limit that is set replaces the other one, so only one of them can be set at a time.
    changes = {key: value for key, value in changes.items() if key not in ("training.epochs", "training.minutes")}
    assert find_recipe(name, [f"{key}={yaml.safe_dump(value)}" for key, value in changes.items()]) == recipe


@pytest.mark.parametrize("name", ["classify", "tag"])
def test_a_setting_of_a_section_that_is_off_switches_it_on(name):
    recipe = find_recipe(name)
    settings = list_settings(type(recipe), recipe)
    for section in (one for one in settings if one.is_section and one.default is None):
        inside = [one for one in settings if one.name.startswith(f"{section.name}.")]
        needed = [one for one in inside if one.is_required] or inside[:1]
        changed = find_recipe(name, {one.name: "x" if one.is_required else one.default for one in needed})
        for part in section.name.split("."):
            changed = getattr(changed, part)
        assert changed is not None, section.name


@pytest.mark.parametrize("name", shipped.names())
def test_a_commented_recipe_is_the_same_recipe(name):
    recipe = find_recipe(name)
    text = to_commented_yaml(recipe)
    assert parse_recipe(text, name) == recipe
    lines = text.splitlines()
    assert all(len(line) <= 80 for line in lines if line.lstrip().startswith("#"))
    for place, line in enumerate(lines):
        if not line.lstrip().startswith(("#", "-")) and line.startswith("training:"):
            assert lines[place - 1].startswith("#")
