"""Files as Python writes them, for the readers: make_files.py --out FOLDER

mixed.*      one tensor of each dtype, a scalar, an empty one: safetensors, torch.save in zip and legacy form
odd.*        slices, transposed and expanded tensors, shared storages, Parameters; odd.safetensors has what they should read as
G_*.pth      as original VITS trainers save: model, optimizer, iteration, learning_rate
plain_*.pth  every kind of value that is data
sharded/     a model in three shards with its index
script.pt    a small TorchScript archive: buffers, weight norm, a tied weight, a slice of a larger tensor, one module used twice
evil_*.pth   files that call os.system when Python loads them; the command would make the file FOLDER/it_ran
"""
import argparse
import collections
import json
import os
import pathlib
import zipfile

import torch
from safetensors.torch import save_file

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
out = parser.parse_args().out
out.mkdir(parents=True)


def save_both(value, name):
    torch.save(value, out / f"{name}_zip.pth")
    torch.save(value, out / f"{name}_legacy.pth", _use_new_zipfile_serialization=False)


def mixed():
    dtypes = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8]
    tensors = {str(d).split(".")[1]: torch.arange(15).reshape(3, 5).to(d) for d in dtypes}
    tensors["bool"] = torch.arange(15).reshape(3, 5) % 2 == 1
    tensors["scalar"] = torch.tensor(1.25)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["Kurdî ۆ"] = torch.ones(2)
    return tensors


def odd():
    base = torch.arange(60, dtype=torch.float32)
    tensors = collections.OrderedDict(
        slice=base[7:19], matrix=base.view(6, 10)[1:4, 2:9:3], transposed=base.view(6, 10).t(), expanded=base[3:5, None].expand(2, 4),
        half=base.half().view(2, 30)[:, ::7], parameter=torch.nn.Parameter(base[:5].clone()),
        frozen=torch.nn.Parameter(base[5:10].clone(), requires_grad=False), bfloat=base.bfloat16().view(3, 4, 5).permute(2, 0, 1),
    )  # fmt: skip
    return tensors


class Scripted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv1d(3, 4, 5, padding=2)
        self.norm = torch.nn.BatchNorm1d(4)
        self.layers = torch.nn.ModuleList([torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv1d(4, 4, 3, padding=1)), self.first])
        self.out, self.tied = torch.nn.Linear(4, 4), torch.nn.Linear(4, 4, bias=False)
        self.tied.weight = self.out.weight
        whole = torch.randn(6, 10)
        self.register_buffer("part", whole[1:3, ::3])
        self.register_buffer("steps", torch.tensor(7))

    def forward(self, x):
        x = self.layers[0](self.norm(self.first(x))).transpose(1, 2)
        return self.tied(self.out(x)) * self.part.reshape(-1)[:4] + torch.tensor([0.5])


class Evil:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


tensors = mixed()
save_file(tensors, out / "mixed.safetensors")
save_both(tensors, "mixed")

tensors = odd()
save_both(tensors, "odd")
save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, out / "odd.safetensors")

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Conv1d(3, 4, 5), torch.nn.utils.weight_norm(torch.nn.Conv1d(4, 2, 3)), torch.nn.BatchNorm1d(2))
optimizer = torch.optim.AdamW(net.parameters(), lr=1.9e-4, betas=(0.8, 0.99))
net(torch.randn(2, 3, 40)).square().sum().backward()
optimizer.step()
state = dict(model=net.state_dict(), iteration=1234, optimizer=optimizer.state_dict(), learning_rate=1.9e-4)
save_both(state, "G_1234")
save_file({k: v.contiguous() for k, v in net.state_dict().items()}, out / "G_1234.safetensors")

save_both(
    {
        "none": None, "yes": True, "no": False, "small": 7, "word": 40000, "negative": -3, "wide": 2**40, "huge": 2**90, "real": -0.125,
        "text": "ڕۆژ", "bytes": bytes(range(256)), "list": [1, [2, "three"], (4.0, None)], "set": {5}, "size": torch.Size([2, 3]),
        "device": torch.device("cuda", 1), "dtype": torch.float16, "default": collections.defaultdict(list, a=[1]), 17: "number as key",
        "many": list(range(3000)),
    },
    "plain",
)  # fmt: skip

save_both({"weight": torch.ones(3), "more": Evil(f"touch '{out}/it_ran'")}, "evil")
save_both(collections.OrderedDict(weight=torch.ones(3), model=torch.nn.Linear(2, 2)), "module")

torch.manual_seed(1)
script = torch.jit.trace(Scripted().eval(), torch.randn(1, 3, 8))
torch.jit.save(script, out / "script.pt", _extra_files={"config.json": b'{"a": 1}', "note.txt": "ڕ".encode()})
save_file({k: v.detach().clone().contiguous() for k, v in script.state_dict().items()}, out / "script.safetensors")

(out / "sharded").mkdir()
shards = [{f"layer.{i}.{j}": torch.full((2, 3), float(10 * i + j)) for j in range(2)} for i in range(3)]
names = [f"model-0000{i + 1}-of-00003.safetensors" for i in range(3)]
for name, shard in zip(names, shards):
    save_file(shard, out / "sharded" / name, metadata={"format": "pt"})
index = {"metadata": {"total_size": 144}, "weight_map": {k: n for n, s in zip(names, shards) for k in s}}
(out / "sharded" / "model.safetensors.index.json").write_text(json.dumps(index))

with zipfile.ZipFile(out / "mixed_zip.pth") as source, zipfile.ZipFile(out / "deflated.pth", "w", zipfile.ZIP_DEFLATED) as packed:
    for name in source.namelist():
        packed.writestr(name, source.read(name))
with zipfile.ZipFile(out / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as bomb:
    bomb.writestr("archive/data.pkl", b"\x80\x02]" + b"0" * (1 << 30))
