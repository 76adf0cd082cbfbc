"""One tiny voice in every form that Hugging Face files have: make_variants.py --out FOLDER [--speakers N]

current     weight norm under parametrizations, discriminators kept
classic     weight_g and weight_v
half, bfloat    16-bit weights
bin, sharded, sharded_bin, misnamed     the same tensors in other files; the last is safetensors called pytorch_model.bin
folded      the WaveNets' weight norm multiplied out
normed      weight norm in decoder, discriminators and the flow's convolutions too, as finetune-hf-vits trains
voice.pt    TorchScript
wanted.safetensors  `waveform` that transformers speaks with seed 11
"""
import argparse
import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "reference"), str(here.parent.parent / "scripts")]
import make_model  # noqa: E402
import vits_reference  # noqa: E402
from convert_to_torchscript import convert  # noqa: E402
from transformers import VitsModel  # noqa: E402

LENGTH, DIRECTION = ".parametrizations.weight.original0", ".parametrizations.weight.original1"


def variant(out, name, state=None):
    """A copy of `current` without its weights, or with others."""
    folder = out / name
    shutil.copytree(out / "current", folder, ignore=shutil.ignore_patterns("model.safetensors"))
    if state is not None:
        save_file({k: v.contiguous() for k, v in state.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def folded(state):
    done = {}
    for name, v in state.items():
        if name.endswith(DIRECTION):
            owner = name.removesuffix(DIRECTION)
            g = state[owner + LENGTH]
            done[owner + ".weight"] = v * (g / v.flatten(1).norm(dim=1).view(-1, *[1] * (v.dim() - 1)))
        elif not name.endswith(LENGTH):
            done[name] = v
    return done


def shards(state, folder, stem, suffix, save):
    names = sorted(state)
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    weight_map = {}
    for i, half in enumerate(halves):
        file = f"{stem}-{i + 1:05}-of-00002.{suffix}"
        save({k: state[k] for k in half}, folder / file)
        weight_map.update({k: file for k in half})
    index = {"metadata": {"total_size": sum(v.nbytes for v in state.values())}, "weight_map": weight_map}
    (folder / f"{stem}.{suffix}.index.json").write_text(json.dumps(index))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--speakers", type=int, default=1)
    a = parser.parse_args()
    generator, discriminators, _, keys = make_model.build("tiny", speakers=a.speakers)
    make_model.write(a.out / "current", generator, discriminators, keys, "current")
    state = load_file(a.out / "current/model.safetensors")
    if a.speakers > 1:
        (a.out / "current/speakers.json").write_text(json.dumps({f"voice {i}": i for i in range(a.speakers)}))

    classic = {k.replace(LENGTH, ".weight_g").replace(DIRECTION, ".weight_v"): v for k, v in state.items()}
    variant(a.out, "classic", classic)
    variant(a.out, "half", {k: v.half() for k, v in state.items()})
    variant(a.out, "bfloat", {k: v.bfloat16() for k, v in state.items()})
    variant(a.out, "folded", folded(state))
    save_file(state, variant(a.out, "misnamed") / "pytorch_model.bin", metadata={"format": "pt"})
    torch.save(state, variant(a.out, "bin") / "pytorch_model.bin")
    shards(state, variant(a.out, "sharded"), "model", "safetensors", lambda s, f: save_file(s, f, metadata={"format": "pt"}))
    shards(state, variant(a.out, "sharded_bin"), "pytorch_model", "bin", torch.save)

    vits_reference.add_weight_norm(generator, discriminators, flow_convs=True)
    normed = dict(generator.state_dict())
    normed.update({"discriminator." + k: v for k, v in discriminators.state_dict().items()})
    variant(a.out, "normed", {k: v.detach().clone() for k, v in normed.items()})

    convert(a.out / "current", a.out / "voice.pt")
    model = VitsModel.from_pretrained(a.out / "current").eval()
    torch.manual_seed(11)
    with torch.no_grad():
        spoken = model(torch.arange(1, 20)[None], speaker_id=a.speakers - 1 if a.speakers > 1 else None).waveform
    save_file({"waveform": spoken}, a.out / "wanted.safetensors")


if __name__ == "__main__":
    main()
