"""`syntagma practices`."""

from syntagma.recipes.practices import PRACTICES


def test_all_practices_are_listed_with_the_settings_that_switch_them_on(command):
    done = command("practices")
    assert (done.code, done.error) == (0, "")
    lines = done.out.splitlines()
    assert all(practice.name in lines for practice in PRACTICES)
    assert "    on: syntagma train RECIPE --set model.connections=highway" in lines
    assert "    on: syntagma train RECIPE --seeds 3 --ensemble" in lines
    assert "    part: LSTM, InitialState" in lines
