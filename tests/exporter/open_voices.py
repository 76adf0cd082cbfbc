"""What Python makes of voices that were written: open_voices.py FOLDER_OR_ARCHIVE... prints a JSON list.

Of a folder: the missing and unexpected keys that VitsModel.from_pretrained reports (of pytorch_model.bin too), the ids of a
text by VitsTokenizer.from_pretrained, the dtype, and what it speaks of fixed ids with seed 11. Of an archive: what it speaks.
"""
import json
import pathlib
import shutil
import sys
import tempfile
import warnings

import torch

warnings.filterwarnings("ignore")
from transformers import VitsModel, VitsTokenizer  # noqa: E402
from transformers.utils import logging  # noqa: E402

logging.set_verbosity_error()
logging.disable_progress_bar()
TEXT = "the quick brown fox, kick 42!"


def speak(voice, speakers):
    torch.manual_seed(11)
    ids = torch.arange(1, 20)[None]
    with torch.no_grad():
        if isinstance(voice, torch.jit.ScriptModule):
            return voice(ids, torch.ones_like(ids), *([torch.tensor([speakers - 1])] if speakers > 1 else []))
        return voice(ids, speaker_id=speakers - 1 if speakers > 1 else None).waveform


def open_folder(path):
    model, info = VitsModel.from_pretrained(path, output_loading_info=True)
    reports, same = [info], None
    if (path / "pytorch_model.bin").exists():
        with tempfile.TemporaryDirectory() as other:
            for file in path.iterdir():
                if not file.name.endswith(".safetensors"):
                    shutil.copy(file, other)
            pickled, more = VitsModel.from_pretrained(other, output_loading_info=True, use_safetensors=False)
        reports.append(more)
        same = all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), pickled.state_dict().values(), strict=True))
    found = {k: [str(n) for r in reports for n in sorted(r[k])] for k in ("missing_keys", "unexpected_keys", "mismatched_keys")}
    model.eval()
    ids = VitsTokenizer.from_pretrained(path)(TEXT)["input_ids"]
    return {
        **found, "bin_is_the_same": same, "dtype": str(model.dtype), "ids": ids,
        "waveform": speak(model, model.config.num_speakers)[0].tolist(),
    }  # fmt: skip


def open_archive(path):
    extra = {"config.json": ""}
    voice = torch.jit.load(path, _extra_files=extra)
    return {"waveform": speak(voice, json.loads(extra["config.json"]).get("num_speakers", 1)).flatten().tolist()}


print(json.dumps([open_folder(p) if p.is_dir() else open_archive(p) for p in map(pathlib.Path, sys.argv[1:])]))
