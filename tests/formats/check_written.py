"""Does Python read what we wrote? check_written.py EXPECTED.safetensors WRITTEN.safetensors|WRITTEN.bin|G_1234.pth ..."""
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file

expected = load_file(sys.argv[1])


def compare(name, read):
    assert set(read) == set(expected), (name, set(read) ^ set(expected))
    for key, value in expected.items():
        assert read[key].dtype == value.dtype and read[key].shape == value.shape, (name, key)
        assert torch.equal(read[key], value), (name, key)


for written in sys.argv[2:]:
    if written.endswith(".safetensors"):
        compare(written, load_file(written))
        with safe_open(written, "pt") as file:
            assert file.metadata() == {"format": "pt"}, file.metadata()
    elif written.endswith(".pth"):
        read = torch.load(written, weights_only=True)
        compare(written, read["model"])
        assert (read["iteration"], read["learning_rate"]) == (1234, 1.9e-4), read
    else:
        compare(written, torch.load(written, weights_only=True))
        compare(written, torch.load(written, weights_only=True, mmap=True))
print("equal")
