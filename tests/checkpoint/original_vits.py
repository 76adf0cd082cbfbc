"""The published VITS itself, as the package ttsmms carries it: what the original layout is compared with.

    original_vits.py --out FOLDER [--speakers N] [--resblock 2] [--durations deterministic]

writes G_100000.pth (with an optimiser's state, as training saves it), an older G_2000.pth with other weights, D_100000.pth,
config.json, vocab.txt and wanted.safetensors: the `waveform` it speaks of `ids` without noise.

    original_vits.py --check FOLDER...

loads G_100000.pth and D_100000.pth of each strictly, as fairseq's MMS does, and prints a JSON list: what they speak.
"""
import argparse
import importlib.util
import json
import pathlib
import sys
import types
import warnings

import torch
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
# ttsmms.models alone is wanted; the package's __init__ needs a downloader and audio libraries, and the alignment search is
# for training.
package = types.ModuleType("ttsmms")
package.__path__ = list(importlib.util.find_spec("ttsmms").submodule_search_locations)
sys.modules["ttsmms"] = package
sys.modules["monotonic_align"] = types.ModuleType("monotonic_align")
from ttsmms.models import MultiPeriodDiscriminator, SynthesizerTrn  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))
import make_model  # noqa: E402

IDS = [0, 3, 0, 20, 0, 7, 0, 7, 0, 15, 0, 30, 0]


def config_of(speakers, resblock, durations):
    second = resblock == 2
    model = {
        "inter_channels": 8, "hidden_channels": 12, "filter_channels": 32, "n_heads": 2, "n_layers": 2, "kernel_size": 3,
        "p_dropout": 0.1, "resblock": str(resblock), "resblock_kernel_sizes": [3, 5, 7] if second else [3, 7, 11],
        "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]] if second else [[1, 3, 5]] * 3,
        "upsample_rates": [8, 8, 4] if second else [8, 8, 2, 2], "upsample_initial_channel": 32,
        "upsample_kernel_sizes": [16, 16, 8] if second else [16, 16, 4, 4], "n_layers_q": 3, "use_spectral_norm": False,
    }  # fmt: skip
    if speakers > 1:
        model["gin_channels"] = 6
    if durations == "deterministic":
        model["use_sdp"] = False
    data = {
        "training_files": "train.ltr.uroman", "sampling_rate": 22050, "filter_length": 1024, "hop_length": 256,
        "win_length": 1024, "add_blank": True, "n_speakers": speakers if speakers > 1 else 0, "text_cleaners": ["x"],
    }  # fmt: skip
    return {"train": {"segment_size": 8192, "learning_rate": 2e-4}, "data": data, "model": model}


def synthesizer(config, symbols):
    data = config["data"]
    net = SynthesizerTrn(symbols, data["filter_length"] // 2 + 1, config["train"]["segment_size"] // data["hop_length"],
                         n_speakers=data["n_speakers"], **config["model"])  # fmt: skip
    return net.eval()


def randomize(net, seed):
    torch.manual_seed(seed)
    for name, p in net.named_parameters():
        if name.endswith("weight_g"):
            p.data.mul_(1 + 0.2 * torch.randn_like(p))
        elif name.endswith(("gamma", "logs", ".m")):
            p.data.add_(0.1 * torch.randn_like(p))
        elif p.dim() < 2 or p.abs().max() == 0:
            p.data.add_(0.05 * torch.randn_like(p))
    if hasattr(net, "dp") and hasattr(net.dp, "conv_1"):
        net.dp.proj.bias.data.add_(0.8)


def speak(net, speakers):
    ids = torch.tensor([IDS])
    speaker = torch.tensor([speakers - 1]) if speakers > 1 else None
    with torch.no_grad():
        return net.infer(ids, torch.tensor([ids.size(1)]), sid=speaker, noise_scale=0.0, noise_scale_w=0.0)[0][0]


def save(net, path, optimizer=None):
    state = {"model": net.state_dict(), "iteration": 7, "optimizer": optimizer, "learning_rate": 2e-4}
    torch.save(state, path)


def make(a):
    a.out.mkdir(parents=True, exist_ok=True)
    config = config_of(a.speakers, a.resblock, a.durations)
    symbols = make_model.VOCAB
    (a.out / "config.json").write_text(json.dumps(config))
    (a.out / "vocab.txt").write_text("".join(c + "\n" for c in symbols), encoding="utf-8")
    older = synthesizer(config, len(symbols))
    randomize(older, 1)
    save(older, a.out / "G_2000.pth")
    net = synthesizer(config, len(symbols))
    randomize(net, 0)
    optimizer = torch.optim.AdamW(net.parameters())
    sum(p.sum() for p in net.parameters()).backward()
    optimizer.step()
    save(net, a.out / "G_100000.pth", optimizer.state_dict())

    # The published discriminators have 187 MB and no option to be smaller: these are small ones under their names.
    _, judges, _, _ = make_model.build("tiny")
    for module in judges.modules():
        if isinstance(module, (torch.nn.Conv1d, torch.nn.Conv2d)):
            torch.nn.utils.weight_norm(module)
    state = {k.replace("final_conv", "conv_post"): v for k, v in judges.state_dict().items()}
    assert set(state) == set(MultiPeriodDiscriminator().state_dict())
    torch.save({"model": state, "iteration": 7, "optimizer": None, "learning_rate": 2e-4}, a.out / "D_100000.pth")
    for module in judges.modules():
        if isinstance(module, (torch.nn.Conv1d, torch.nn.Conv2d)):
            torch.nn.utils.remove_weight_norm(module)
    plain = {"judges." + k: v.detach().contiguous() for k, v in judges.state_dict().items()}
    save_file({"waveform": speak(net, a.speakers).contiguous(), "ids": torch.tensor(IDS), **plain}, a.out / "wanted.safetensors")


def check(folder):
    config = json.loads((folder / "config.json").read_text())
    symbols = [line.replace("\n", "") for line in open(folder / "vocab.txt", encoding="utf-8").readlines()]
    net = synthesizer(config, len(symbols))
    saved = torch.load(folder / "G_100000.pth", map_location="cpu", weights_only=True)
    net.load_state_dict(saved["model"])
    answer = {
        "symbols": symbols, "iteration": saved["iteration"], "learning_rate": saved["learning_rate"],
        "has_optimizer": saved["optimizer"] is not None, "waveform": speak(net, config["data"]["n_speakers"])[0].tolist(),
    }  # fmt: skip
    if (folder / "D_100000.pth").exists():
        judges = torch.load(folder / "D_100000.pth", map_location="cpu", weights_only=True)["model"]
        answer["judges"] = set(judges) == set(MultiPeriodDiscriminator().state_dict())
    return answer


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path, nargs="+")
    parser.add_argument("--speakers", type=int, default=1)
    parser.add_argument("--resblock", type=int, default=1)
    parser.add_argument("--durations", default="stochastic")
    arguments = parser.parse_args()
    if arguments.check:
        print(json.dumps([check(folder) for folder in arguments.check]))
    else:
        make(arguments)
