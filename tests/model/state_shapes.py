"""Names and shapes of VitsModel's state dict for configs given as JSON: state_shapes.py --out DIR CONFIG...

Writes shapes.json: a list with one {name: shape} for each config.
"""
import argparse
import json
import pathlib

import torch
from transformers import VitsConfig
from vits_reference import new_generator

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
ap.add_argument("configs", nargs="+", type=json.loads)
a = ap.parse_args()
shapes = []
for values in a.configs:
    with torch.device("meta"):
        model = new_generator(VitsConfig(**values))
    shapes.append({name: list(tensor.shape) for name, tensor in model.state_dict().items()})
pathlib.Path(a.out).mkdir(parents=True, exist_ok=True)
(pathlib.Path(a.out) / "shapes.json").write_text(json.dumps(shapes))
