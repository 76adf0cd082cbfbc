"""Tiny voices as scripts/convert_to_torchscript.py archives: make_torchscript.py --out FOLDER NAME...

NAME/model is the Hugging Face folder, NAME/voice.pt the archive, NAME/other.safetensors new weights for all of its generator,
NAME/wanted.safetensors the waveform that the eager model with those weights speaks.
"""
import argparse
import pathlib
import sys

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / "reference"), str(here.parent.parent / "scripts")]
import make_model  # noqa: E402
from convert_to_torchscript import convert, load_voice  # noqa: E402

OPTIONS = {"single": {}, "speakers": dict(speakers=4, resblock=2), "deterministic": dict(durations="deterministic")}


def write_folder(path, name, seed):
    generator, discriminators, _, keys = make_model.build("tiny", seed=seed, **OPTIONS[name])
    several = name == "speakers"
    make_model.write(path, generator, None if several else discriminators, keys, "classic" if several else "current")


def speak(voice, speakers):
    """One sentence with seeded noise. `voice` is an archive or a model of transformers."""
    torch.manual_seed(11)
    ids = torch.arange(1, 20).unsqueeze(0)
    speaker = (torch.tensor([2]),) if speakers else ()
    with torch.no_grad():
        if isinstance(voice, torch.jit.ScriptModule):
            return voice(ids, torch.ones_like(ids), *speaker)
        return voice(ids, torch.ones_like(ids), speaker_id=speaker[0] if speaker else None).waveform


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="+")
    given = parser.parse_args()
    for name in given.names:
        folder = given.out / name
        write_folder(folder / "model", name, 0)
        write_folder(folder / "other", name, 1)
        convert(folder / "model", folder / "voice.pt")
        other, _, config = load_voice(folder / "other")
        save_file({"model." + k: v.contiguous() for k, v in other.state_dict().items()}, folder / "other.safetensors")
        save_file({"waveform": speak(other, config.num_speakers > 1)}, folder / "wanted.safetensors")


if __name__ == "__main__":
    main()
