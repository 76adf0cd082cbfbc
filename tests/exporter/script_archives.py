"""TorchScript archives that vits-train wrote, against the voices they were made of: script_archives.py NAME FOLDER ARCHIVE ...

prints a JSON list, one entry a voice. `wanted` is the traced archive of scripts/convert_to_torchscript.py where NAME is a
file, and otherwise the very modules that the script traces.
"""
import json
import pathlib
import sys
import tempfile
import warnings

import torch

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "reference"), str(here.parent.parent / "scripts")]
warnings.filterwarnings("ignore")
import convert_to_torchscript as script  # noqa: E402

NO_FILES = dict.fromkeys(script.EXTRA_FILES, "")


def run(voice, name, arguments):
    torch.manual_seed(7)
    with torch.no_grad():
        made = getattr(voice, name)(*arguments)
    return made if isinstance(made, tuple) else (made,)


def difference(wanted, got):
    """Of the two results of one method, as a share of the largest value where that is above 1."""
    if len(wanted) != len(got) or any(a.shape != b.shape for a, b in zip(wanted, got)):
        return float("inf")
    return max(((a - b).abs().max() / max(1.0, a.abs().max())).item() for a, b in zip(wanted, got))


def calls(voice, config, batch, tokens, frames):
    """The script's examples, and of a batch the same with a shorter second clip."""
    arguments = script.examples(voice, config, batch, tokens, frames)
    yield from arguments.items()
    for name, given in arguments.items():
        if batch == 1 or name in ("decode", "discriminate"):
            continue
        mask = given[1].clone()
        mask[1, ..., mask.shape[-1] // 2 :] = 0
        yield name, (given[0], mask, *given[2:])


def signature(voice, name):
    """How many arguments a method takes and what it gives: [5, "Tensor"]."""
    schema = getattr(voice, name).schema
    return [len(schema.arguments), str(schema.returns[0].type)]


def again(archive, change):
    """The archive after Python has changed and saved it."""
    with tempfile.TemporaryDirectory() as folder:
        torch.jit.save(change(torch.jit.load(archive)), folder + "/again.pt")
        return torch.jit.load(folder + "/again.pt")


def compare(name, folder, archive):
    generator, discriminators, config = script.load_voice(pathlib.Path(folder))
    eager = script.Voice(generator, discriminators).eval()
    traced = torch.jit.load(name) if pathlib.Path(name).is_file() else None
    wanted, files, files_wanted = traced or eager, dict(NO_FILES), dict(NO_FILES)
    got = torch.jit.load(archive, _extra_files=files)
    state, state_wanted = got.state_dict(), wanted.state_dict()

    worst = {}
    torch.manual_seed(1)
    for sizes in ((1, 11, 23), (2, 30, 57), (1, 3, 9)):
        for method, arguments in calls(eager, config, *sizes):
            found = difference(run(wanted, method, arguments), run(got, method, arguments))
            worst[method] = max(worst.get(method, 0.0), found)

    ids = (torch.arange(1, 20)[None], torch.ones(1, 19, dtype=torch.long))
    ids += (torch.tensor([config.num_speakers - 1]),) if config.num_speakers > 1 else ()
    spoken = run(got, "forward", ids)
    report = {
        "keys": list(state) == list(state_wanted),
        "values": all(torch.equal(state[k], v) for k, v in state_wanted.items()),
        "dtypes": sorted({str(v.dtype) for v in state.values()}),
        "learnable": all(p.requires_grad for p in got.parameters()) and len(list(got.parameters())) == len(state),
        "worst": worst,
        "saved_again": difference(spoken, run(again(archive, lambda voice: voice.train()), "forward", ids)),
        "frozen": difference(spoken, run(torch.jit.freeze(torch.jit.load(archive).eval()), "forward", ids)),
        "waveform": spoken[0].flatten().tolist(),
        "files": sorted(k for k, v in files.items() if v),
    }
    if traced:
        torch.jit.load(name, _extra_files=files_wanted)
        report["files_wanted"] = sorted(k for k, v in files_wanted.items() if v)
        report["signatures"] = [signature(got, m) for m in worst]
        report["signatures_wanted"] = [signature(traced, m) for m in worst]
    return report


print(json.dumps([compare(*sys.argv[i : i + 3]) for i in range(1, len(sys.argv), 3)]))
