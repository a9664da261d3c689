"""Many trainings, each in a process pinned to its own core; finished trainings are not repeated."""

import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any


def one_core(cores: Any) -> None:
    """Pin this process, and the threads that it starts, to one core."""
    os.sched_setaffinity(0, {cores.get()})


def train_all(train: Callable[[Any, str], Any], runs: Sequence[Any], commit: str, processes: int) -> None:
    """Run the trainings that are not finished.

    Args:
        train: Function of a run and a commit that trains, and stores the result at `run.path(commit)`.
        runs: Descriptions of the trainings, with a method `path`.
        commit: Commit of the checkout. If it ends in "dirty", finished trainings are repeated.
        processes: Number of parallel processes.
    """
    left = [run for run in runs if commit.endswith("dirty") or not run.path(commit).is_file()]
    for run in left:
        run.path(commit).parent.mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("spawn")
    cores = context.Queue()
    for core in sorted(os.sched_getaffinity(0))[:processes]:
        cores.put(core)
    start = time.monotonic()
    with ProcessPoolExecutor(processes, context, one_core, (cores,)) as executor:
        for done, future in enumerate(as_completed([executor.submit(train, run, commit) for run in left]), 1):
            ahead = (time.monotonic() - start) / done * (len(left) - done)
            print(f"{done} of {len(left)}, about {ahead / 60:.0f} min still: {future.result()}", flush=True)
