"""Tests of choices that depend on a text, and of names that belong to one split."""

import pytest

from syntagma.data.corpora.made_names import Choices, NameMaker, split_of_name


def test_choices_depend_on_the_text_alone():
    first, again, other = (Choices(text) for text in ("a", "a", "b"))
    drawn = [first.choose(range(1000)) for _ in range(20)]
    assert drawn == [again.choose(range(1000)) for _ in range(20)]
    assert drawn != [other.choose(range(1000)) for _ in range(20)]


def test_all_items_are_chosen_about_equally_often():
    choices = Choices("even")
    drawn = [choices.choose("abc") for _ in range(3000)]
    # The standard deviation of each count is 26.
    assert all(abs(drawn.count(letter) - 1000) < 130 for letter in "abc")
    assert abs(sum(choices.happens(25) for _ in range(4000)) - 1000) < 137
    assert not any(choices.happens(0) for _ in range(100))
    assert all(choices.happens(100) for _ in range(100))


def test_several_choices_are_different_items_in_any_order():
    choices = Choices("several")
    drawn = {tuple(choices.choose_several("abcd", 3)) for _ in range(500)}
    assert all(len(set(one)) == 3 for one in drawn)
    assert len(drawn) == 24
    assert choices.choose_several("ab", 2) in (["a", "b"], ["b", "a"])


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_names_belong_to_the_split_and_differ(split):
    names = NameMaker(Choices(split), split, seed=3)
    made = [make() for _ in range(40) for make in (names.surname, names.place)]
    assert {split_of_name(name, 3) for name in made} == {split}
    assert len(set(made)) == len(made)
    assert all(name.isalpha() and name.istitle() for name in made)


def test_a_tenth_of_the_names_belongs_to_dev_and_a_tenth_to_test():
    splits = [split_of_name(str(number), 0) for number in range(4000)]
    assert abs(splits.count("dev") - 400) < 95
    assert abs(splits.count("test") - 400) < 95
    assert splits != [split_of_name(str(number), 1) for number in range(4000)]
