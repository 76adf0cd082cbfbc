"""TorchScript archives that vits-train wrote, against what they were made of: script_archives.py TRACED FOLDER ARCHIVE ...

prints a JSON list, one entry a voice. Each is compared with the archive TRACED by scripts/convert_to_torchscript.py or, where
there is no such file, with the modules of transformers that the script traces. Where TRACED is `published`, FOLDER is one of
tests/checkpoint/original_vits.py, and what the archive speaks without noise is compared with what the published VITS does.
"""
import json
import pathlib
import sys
import tempfile
import warnings
import zipfile

import torch

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "reference"), str(here.parent.parent / "scripts")]
warnings.filterwarnings("ignore")
import convert_to_torchscript as script  # noqa: E402
from safetensors.torch import load_file  # noqa: E402

torch.set_num_threads(1)  # the voices are tiny


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


def extra_files(archive):
    return sorted(n.split("/extra/")[1] for n in zipfile.ZipFile(archive).namelist() if "/extra/" in n)


def again(archive):
    """The archive after Python has put it into training mode and saved it."""
    with tempfile.TemporaryDirectory() as folder:
        torch.jit.save(torch.jit.load(archive).train(), folder + "/again.pt")
        return torch.jit.load(folder + "/again.pt")


def compare_with_traced(traced_archive, archive, ids):
    """What else the traced archive has, and that Python may do with ours what one does with archives."""
    got, traced = torch.jit.load(archive), torch.jit.load(traced_archive)
    methods = [m for m in dir(script.Voice) if m in traced._c._method_names()]
    with torch.jit.optimized_execution(False):
        spoken = run(got, "forward", ids)
        others = {"saved_again": run(again(archive), "forward", ids)}
    others["optimized"] = [run(got, "forward", ids) for _ in range(2)][-1]  # profiled, then compiled
    return {
        "files": extra_files(archive),
        "files_wanted": extra_files(traced_archive),
        "signatures": {m: signature(got, m) for m in methods},
        "signatures_wanted": {m: signature(traced, m) for m in methods},
        "others": {k: difference(spoken, v) for k, v in others.items()},
    }


def compare_with_published(folder, archive):
    wanted = load_file(folder + "/wanted.safetensors")
    voice = torch.jit.load(archive)
    voice.model.noise_scale = voice.model.noise_scale_duration = 0.0
    ids = wanted["ids"].view(1, -1)
    speakers = voice.state_dict().get("model.embed_speaker.weight")
    last = () if speakers is None else (torch.tensor([len(speakers) - 1]),)
    spoken = run(voice, "forward", (ids, torch.ones_like(ids), *last))
    return {"worst": difference((wanted["waveform"].flatten(),), (spoken[0].flatten(),))}


def compare(traced_archive, folder, archive):
    if traced_archive == "published":
        return compare_with_published(folder, archive)
    generator, discriminators, config = script.load_voice(pathlib.Path(folder))
    eager = script.Voice(generator, discriminators).eval()
    traced = pathlib.Path(traced_archive).is_file()
    wanted, got = torch.jit.load(traced_archive) if traced else eager, torch.jit.load(archive)
    state, state_wanted = got.state_dict(), wanted.state_dict()

    worst = {}
    torch.manual_seed(1)
    for sizes in ((1, 11, 23), (2, 30, 57), (1, 3, 9)):
        for method, arguments in calls(eager, config, *sizes):
            with torch.jit.optimized_execution(False):  # optimizing takes longer than the few calls here
                found = difference(run(wanted, method, arguments), run(got, method, arguments))
            worst[method] = max(worst.get(method, 0.0), found)
    ids = (torch.arange(1, 20)[None], torch.ones(1, 19, dtype=torch.long))
    ids += (torch.tensor([config.num_speakers - 1]),) if config.num_speakers > 1 else ()
    return {
        "keys": list(state) == list(state_wanted),
        "values": all(torch.equal(state[k], v) for k, v in state_wanted.items()),
        "dtypes": sorted({str(v.dtype) for v in state.values()}),
        "learnable": all(p.requires_grad for p in got.parameters()) and len(list(got.parameters())) == len(state),
        "worst": worst,
        **(compare_with_traced(traced_archive, archive, ids) if traced else {}),
    }


print(json.dumps([compare(*sys.argv[i : i + 3]) for i in range(1, len(sys.argv), 3)]))
