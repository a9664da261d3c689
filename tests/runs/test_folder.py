"""Run folders are created atomically, and foreign files are never replaced."""

import pytest

from syntagma.errors import FolderError
from syntagma.runs.folder import (
    RunFolder,
    check_free,
    default_path,
    explain_missing_model,
    new_run_folder,
    reopen_run_folder,
)
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


def test_a_missing_or_empty_folder_can_be_used(tmp_path):
    check_free(tmp_path / "new", overwrite=False)
    check_free(tmp_path, overwrite=False)
    with new_run_folder(tmp_path / "a" / "b", overwrite=False) as folder:
        folder.run.write_text("{}")
    assert names(tmp_path / "a" / "b") == ["run.json"]


def test_an_older_run_is_replaced_only_on_request(old_run):
    with pytest.raises(FolderError, match="run: exists; pass --overwrite to replace this run"):
        check_free(old_run, overwrite=False)
    check_free(old_run, overwrite=True)


@pytest.mark.parametrize("content", [None, "{}", "[]", "no json", '{"name": "another tool"}'])
def test_a_folder_with_other_files_is_never_replaced(tmp_path, content):
    (tmp_path / "thesis.txt").write_text("years of work")
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    before = names(tmp_path)
    for overwrite in (False, True):
        with (
            pytest.raises(FolderError, match="exists and is not a run folder, so it is not replaced"),
            new_run_folder(tmp_path, overwrite),
        ):
            pass
    assert names(tmp_path) == before


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(FolderError, match="exists and is not a run folder"):
        check_free(tmp_path / "run", overwrite=True)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FolderError, match=r"file/run: cannot be created: .*Choose another --out"),
        new_run_folder(tmp_path / "file" / "run", overwrite=False),
    ):
        pass


def test_a_new_run_replaces_the_older_one_when_it_is_complete(old_run):
    with new_run_folder(old_run, overwrite=True) as folder:
        assert names(folder.path) == []
        folder.run.write_text('{"syntagma": "0.2"}')
    assert names(old_run) == ["run.json"]
    assert names(old_run.parent) == ["run"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_older_run_is_restored_when_the_new_one_fails(old_run, error):
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
    """Create the files of a process that was killed while it wrote `run.json`."""
    folder.mkdir(exist_ok=True)
    (folder / ".run.json.ab12_xyz.tmp").write_text("{")
    (folder / ".model.ab12_xyz.tmp").mkdir()


@pytest.mark.parametrize("overwrite", [False, True])
def test_leftovers_of_a_process_killed_before_training_do_not_block_the_folder(tmp_path, overwrite):
    leave_temporary(tmp_path / "run")
    with new_run_folder(tmp_path / "run", overwrite) as folder:
        folder.run.write_text("{}")
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["run.json"]


def test_a_folder_with_a_foreign_hidden_file_is_never_replaced(tmp_path):
    leave_temporary(tmp_path / "run")
    (tmp_path / "run" / ".bashrc.tmp").write_text("years of work")
    with pytest.raises(FolderError, match="exists and is not a run folder"):
        check_free(tmp_path / "run", overwrite=True)


@pytest.mark.parametrize("killed_at", ["the start", "an empty folder", "a temporary file", "a folder without an epoch"])
@pytest.mark.parametrize("then", ["train", "resume"])
def test_the_older_run_is_restored_after_a_killed_overwrite(old_run, killed_at, then, loud, capsys):
    old_run.rename(old_run.with_name(".run.replaced"))
    if killed_at != "the start":
        old_run.mkdir()
    if killed_at == "a temporary file":
        leave_temporary(old_run)
    if killed_at == "a folder without an epoch":
        (old_run / "run.json").write_text('{"syntagma": "0.1", "seed": 2, "status": "training"}')
    if then == "train":
        with pytest.raises(FolderError, match="exists; pass --overwrite"), new_run_folder(old_run, overwrite=False):
            pass
    else:
        with reopen_run_folder(old_run) as folder:
            assert folder.read()["seed"] == 1
    assert names(old_run) == ["metrics.json", "run.json"]
    assert "restored the previous run" in capsys.readouterr().err.replace("\n", " ")


def test_a_killed_overwrite_that_can_be_resumed_keeps_both_runs(old_run):
    old_run.rename(old_run.with_name(".run.replaced"))
    (old_run / "checkpoint" / "state").mkdir(parents=True)
    (old_run / "checkpoint" / "state" / "state.json").write_text("{}")
    (old_run / "history.jsonl").write_text("")
    (old_run / "run.json").write_text('{"syntagma": "0.1", "status": "training"}')
    assert (
        f"--resume {old_run}. The previous run, which it was to replace, is in {old_run.with_name('.run.replaced')}"
        in explain_missing_model(old_run)
    )
    with pytest.raises(FolderError, match=r"run: contains no model: its training is still running or was interrupted"):
        load_model(old_run)
    with reopen_run_folder(old_run):
        assert old_run.with_name(".run.replaced").exists()
    assert names(old_run.parent) == ["run"]


def test_temporary_files_of_killed_processes_are_removed_when_the_folder_is_reopened(old_run):
    leave_temporary(old_run)
    (old_run / "checkpoint").mkdir()
    leave_temporary(old_run / "checkpoint" / "state")
    (old_run / ".hidden").write_text("foreign")
    with reopen_run_folder(old_run):
        assert names(old_run) == [".hidden", "checkpoint", "metrics.json", "run.json"]
        assert names(old_run / "checkpoint" / "state") == []


def test_the_default_path_is_numbered_if_runs_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = []
    for _ in range(3):
        path = default_path("classify", "imdb")
        path.mkdir(parents=True)
        paths.append(str(path))
    assert paths == ["runs/classify-imdb", "runs/classify-imdb-2", "runs/classify-imdb-3"]


def test_a_folder_without_a_run_cannot_be_read(tmp_path):
    with pytest.raises(FolderError, match=r"is not a run folder: it has no run\.json"):
        RunFolder(tmp_path).read()
