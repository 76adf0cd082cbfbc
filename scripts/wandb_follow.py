"""Follows metrics.jsonl of a run's folder and passes every line to the wandb package; scripts/wandb_follow starts it.

A run that is continued goes on in the same run of wandb: wandb_run.json in the folder holds its name there and the last
step that was passed on, so that steps made anew after a kill are not passed on twice.
"""
import argparse
import json
import pathlib
import secrets
import select
import sys

import wandb

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path, help="where metrics.jsonl is")
parser.add_argument("--project", default="vits-train")
parser.add_argument("--every", type=float, default=2.0, help="seconds between two looks")
options = parser.parse_args()
metrics, memory = options.folder / "metrics.jsonl", options.folder / "wandb_run.json"


def remember(known):
    beside = memory.with_suffix(".part")
    beside.write_text(json.dumps(known) + "\n")
    beside.replace(memory)


def whole_lines(offset):
    """The complete lines from there on, and where the next one begins."""
    if not metrics.exists():
        return [], 0
    with open(metrics, "rb") as file:
        file.seek(offset)
        text = file.read()
    end = text.rfind(b"\n") + 1
    return text[:end].splitlines(), offset + end


def input_has_ended():
    readable, _, _ = select.select([sys.stdin], [], [], options.every)
    return bool(readable) and not sys.stdin.buffer.raw.read(4096)


known = json.loads(memory.read_text()) if memory.exists() else {"id": secrets.token_hex(4), "step": -1}
settings = options.folder / "options.json"
run = wandb.init(project=options.project, id=known["id"], name=options.folder.resolve().name, resume="allow",
                 dir=options.folder, config=json.loads(settings.read_text()) if settings.exists() else None)
remember(known)
run.define_metric("step")
run.define_metric("*", step_metric="step")
offset, ended, newest = 0, False, known["step"]
passed_on = newest  # lines up to this step are known there
while not ended:
    try:
        ended = input_has_ended()
    except KeyboardInterrupt:
        ended = True
    if metrics.exists() and metrics.stat().st_size < offset:
        offset, passed_on = 0, newest  # the run was continued from an earlier step, its file cut there
    lines, offset = whole_lines(offset)
    for line in lines:
        figures = json.loads(line)
        if figures["step"] > passed_on:
            run.log({name: value for name, value in figures.items() if value is not None})
            newest = max(newest, figures["step"])
    # More may come of the newest step (a validation): until the end it does not count as passed on.
    remember({**known, "step": newest if ended else max(known["step"], newest - 1)})
run.finish()
