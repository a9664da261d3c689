"""Run folders come whole, and nothing of a person's is replaced."""

import pytest

from syntagma.errors import FolderError
from syntagma.runs.folder import RunFolder, check_free, default_path, new_run_folder, reopened, why_no_model
from syntagma.runs.predicting import load_model


@pytest.fixture
def old_run(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    (path / "run.json").write_text('{"syntagma": "0.1", "seed": 1}')
    (path / "metrics.json").write_text("{}")
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_free_or_empty_place_is_taken(tmp_path):
    check_free(tmp_path / "new", overwrite=False)
    check_free(tmp_path, overwrite=False)
    with new_run_folder(tmp_path / "a" / "b", overwrite=False) as folder:
        folder.run.write_text("{}")
    assert names(tmp_path / "a" / "b") == ["run.json"]


def test_an_older_run_is_replaced_on_request_only(old_run):
    with pytest.raises(FolderError, match="run: exists; give --overwrite to replace this run, or name another --out"):
        check_free(old_run, overwrite=False)
    check_free(old_run, overwrite=True)


@pytest.mark.parametrize("content", [None, "{}", "[]", "no json", '{"name": "another tool"}'])
def test_a_folder_of_somebody_else_is_never_replaced(tmp_path, content):
    (tmp_path / "thesis.txt").write_text("years of work")
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    before = names(tmp_path)
    for overwrite in (False, True):
        with (
            pytest.raises(FolderError, match="exists and is no run folder; it is never replaced"),
            new_run_folder(tmp_path, overwrite),
        ):
            pass
    assert names(tmp_path) == before


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(FolderError, match="exists and is no run folder"):
        check_free(tmp_path / "run", overwrite=True)


def test_a_folder_that_cannot_be_created_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FolderError, match=r"file/run: cannot be created: .*Name another --out"),
        new_run_folder(tmp_path / "file" / "run", overwrite=False),
    ):
        pass


def test_a_new_run_takes_the_place_of_the_old_when_it_is_done(old_run):
    with new_run_folder(old_run, overwrite=True) as folder:
        assert names(folder.path) == []
        folder.run.write_text('{"syntagma": "0.2"}')
    assert names(old_run) == ["run.json"]
    assert names(old_run.parent) == ["run"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_old_run_comes_back_when_the_new_one_fails(old_run, error):
    with pytest.raises(error), new_run_folder(old_run, overwrite=True) as folder:
        folder.metrics.write_text("half")
        raise error
    assert RunFolder(old_run).read()["seed"] == 1
    assert names(old_run) == ["metrics.json", "run.json"]
    assert names(old_run.parent) == ["run"]


def test_a_new_run_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "deep" / "deeper" / "run"
    with pytest.raises(ValueError, match="bad"), new_run_folder(path, overwrite=False) as folder:
        folder.metrics.write_text("half")
        raise ValueError("bad")
    assert names(tmp_path) == []


def leave_temporary(folder):
    """What a process leaves that is killed while it writes `run.json`."""
    folder.mkdir(exist_ok=True)
    (folder / ".run.json.ab12_xyz.tmp").write_text("{")
    (folder / ".model.ab12_xyz.tmp").mkdir()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_training_that_was_killed_before_it_began_blocks_nothing(tmp_path, overwrite):
    leave_temporary(tmp_path / "run")
    with new_run_folder(tmp_path / "run", overwrite) as folder:
        folder.run.write_text("{}")
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["run.json"]


def test_a_folder_with_a_hidden_file_of_somebody_else_is_not_ours(tmp_path):
    leave_temporary(tmp_path / "run")
    (tmp_path / "run" / ".bashrc.tmp").write_text("years of work")
    with pytest.raises(FolderError, match="exists and is no run folder"):
        check_free(tmp_path / "run", overwrite=True)


@pytest.mark.parametrize("killed_at", ["the start", "an empty folder", "a temporary file", "a folder without an epoch"])
@pytest.mark.parametrize("then", ["anew", "resume"])
def test_a_killed_overwrite_gives_the_older_run_back(old_run, killed_at, then, loud, capsys):
    old_run.rename(old_run.with_name(".run.replaced"))
    if killed_at != "the start":
        old_run.mkdir()
    if killed_at == "a temporary file":
        leave_temporary(old_run)
    if killed_at == "a folder without an epoch":
        (old_run / "run.json").write_text('{"syntagma": "0.1", "seed": 2, "status": "training"}')
    if then == "anew":
        with pytest.raises(FolderError, match="exists; give --overwrite"), new_run_folder(old_run, overwrite=False):
            pass
    else:
        with reopened(old_run) as folder:
            assert folder.read()["seed"] == 1
    assert names(old_run) == ["metrics.json", "run.json"]
    assert "put back the run that a training with --overwrite had moved aside" in capsys.readouterr().err.replace(
        "\n", " "
    )


def test_a_killed_overwrite_that_can_be_resumed_keeps_both_until_it_is_done(old_run):
    old_run.rename(old_run.with_name(".run.replaced"))
    (old_run / "checkpoint" / "state").mkdir(parents=True)
    (old_run / "checkpoint" / "state" / "state.json").write_text("{}")
    (old_run / "history.jsonl").write_text("")
    (old_run / "run.json").write_text('{"syntagma": "0.1", "status": "training"}')
    assert (
        f"--resume {old_run}. The run that it was to replace is in {old_run.with_name('.run.replaced')}"
        in why_no_model(old_run)
    )
    with pytest.raises(FolderError, match=r"run: holds no model: its training is still at work, or was cut off; go on"):
        load_model(old_run)
    with reopened(old_run):
        assert old_run.with_name(".run.replaced").exists()
    assert names(old_run.parent) == ["run"]


def test_what_killed_saves_have_left_is_removed_by_the_next_that_holds_the_folder(old_run):
    leave_temporary(old_run)
    (old_run / "checkpoint").mkdir()
    leave_temporary(old_run / "checkpoint" / "state")
    (old_run / ".hidden").write_text("not ours")
    with reopened(old_run):
        assert names(old_run) == [".hidden", "checkpoint", "metrics.json", "run.json"]
        assert names(old_run / "checkpoint" / "state") == []


def test_a_place_of_its_own_is_found_beside_older_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = []
    for _ in range(3):
        path = default_path("classify", "imdb")
        path.mkdir(parents=True)
        found.append(str(path))
    assert found == ["runs/classify-imdb", "runs/classify-imdb-2", "runs/classify-imdb-3"]


def test_what_is_no_run_folder_cannot_be_read(tmp_path):
    with pytest.raises(FolderError, match=r"is no run folder: it has no run\.json of ours"):
        RunFolder(tmp_path).read()
