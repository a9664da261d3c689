"""Fixed splits, made without a random generator."""

from hypothesis import given
from hypothesis import strategies as st

from syntagma.data.corpora.fixed_split import group_connected, sort_by_digest, take_every_nth

# `printf salt:two | sha256sum` begins with 65, four with a3, three with dc, one with e4.
EXPECTED = ["two", "four", "three", "one"]


def test_the_order_never_changes():
    assert sort_by_digest(["one", "two", "three", "four"], salt="salt") == EXPECTED
    assert sort_by_digest({"four", "two", "one", "three"}, salt="salt") == EXPECTED
    assert sort_by_digest(["one", "two", "three", "four"], salt="other") != EXPECTED


def test_every_third_key_starting_at_the_second_is_taken():
    assert take_every_nth(["a", "b", "c", "d", "e", "f"], 3, first=1) == {"b", "e"}


def test_names_are_connected_through_other_names():
    links = [("d", 1), ("b", 1), ("b", 2), ("c", 2), ("a", 3), ("e", 4), ("d", 4)]
    assert group_connected(links) == {"d": "b", "b": "b", "c": "b", "e": "b", "a": "a"}


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 9)), max_size=30))
def test_exactly_the_names_that_share_items_are_in_one_group(links):
    group = group_connected(links)
    reached = {name: {name} for name, _ in links}
    for _ in links:  # the slow twin: spread along the links until nothing changes
        for one, thing in links:
            for other, same in links:
                if thing == same:
                    reached[one] |= reached[other]
    assert group == {name: min(names) for name, names in reached.items()}
