"""Does a rewritten archive speak as the eager model does? check_torchscript.py ARCHIVE NAME/wanted.safetensors WORD_OF_EXTRA"""
import sys

import torch
from make_torchscript import speak
from safetensors.torch import load_file

extra = {"note.txt": "", "vocab.json": ""}
archive = torch.jit.load(sys.argv[1], _extra_files=extra)
assert extra["note.txt"].decode() == sys.argv[3], extra["note.txt"]
assert extra["vocab.json"], "the other extra files are gone"
wanted = load_file(sys.argv[2])["waveform"]
made = speak(archive, hasattr(archive.model, "embed_speaker"))
assert made.shape == wanted.shape, (made.shape, wanted.shape)
assert (made - wanted).abs().max() < 1e-5, (made - wanted).abs().max()
print("equal")
