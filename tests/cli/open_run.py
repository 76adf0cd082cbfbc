"""Opens what a training run left as other programs do, and prints what they see as JSON: torch.load, transformers and the
tensorboard package.

    open_run.py CHECKPOINT_DIR FINAL_MODEL
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import VitsModel, VitsTokenizer

torch.set_num_threads(1)


def look_at_voice(folder):
    model, loading = VitsModel.from_pretrained(folder, output_loading_info=True)
    tokens = VitsTokenizer.from_pretrained(folder)("seven", return_tensors="pt")
    with torch.no_grad():
        waveform = model(**tokens).waveform
    return {
        "missing": len(loading["missing_keys"]) + len(loading["mismatched_keys"]),
        "speaks": bool(torch.isfinite(waveform).all() and waveform.abs().max() > 0),
    }


def main(checkpoints, last):
    states = [
        torch.load(os.path.join(checkpoints, name), weights_only=True)
        for name in os.listdir(checkpoints)
        if name.endswith(".pt")
    ]
    state = max(states, key=lambda one: one["facts"]["step"])
    tensors = [tensor for name, group in state.items() if name != "facts" for tensor in group.values()]
    weights = load_file(os.path.join(last, "model.safetensors"))
    generator = state["generator"]
    common = [name for name in weights if name in generator]
    assert len(common) > 100, f"{len(common)} names in common"

    events = EventAccumulator(checkpoints, size_guidance={"images": 0, "audio": 0, "scalars": 0})
    events.Reload()
    tags = events.Tags()
    curve = next(tag for tag in sorted(tags["scalars"]) if "mel" in tag and "valid" not in tag)
    print(
        json.dumps(
            {
                "step": state["facts"]["step"],
                "groups": sorted(state),
                "finite": all(bool(torch.isfinite(tensor).all()) for tensor in tensors),
                "best": look_at_voice(os.path.join(checkpoints, "best_model")),
                "last": look_at_voice(last),
                "weights_differ_from_checkpoint": sum(not torch.equal(weights[n], generator[n]) for n in common),
                "curve": curve,
                "curve_steps": [event.step for event in events.Scalars(curve)],
                "images": len(tags["images"]),
                "sounds": len(tags["audio"]),
            }
        )
    )


main(*sys.argv[1:])
