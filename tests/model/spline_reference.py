"""The spline of transformers on random knots, in double: spline_reference.py --out DIR writes spline.safetensors (float32).

x, y, log_slope [N] forward; y_in, x_out [N] backward; widths, heights [N, 10], slopes [N, 9].
"""
import argparse
import pathlib

import torch
from safetensors.torch import save_file
from transformers.models.vits.modeling_vits import _unconstrained_rational_quadratic_spline as spline

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
a = ap.parse_args()
torch.manual_seed(0)
count = 4000
x = torch.cat([torch.rand(count - 4) * 14 - 7, torch.tensor([-5.0, 5.0, 0.0, 100.0])]).view(1, 1, -1).double()
knots = {name: torch.randn(1, 1, count, bins).double() for name, bins in (("widths", 10), ("heights", 10), ("slopes", 9))}
y, log_slope = spline(x, *knots.values(), reverse=False, tail_bound=5.0)
x_out, _ = spline(x, *knots.values(), reverse=True, tail_bound=5.0)
out = pathlib.Path(a.out)
out.mkdir(parents=True, exist_ok=True)
tensors = dict(knots, x=x, y=y, log_slope=log_slope, y_in=x.clone(), x_out=x_out)
save_file({name: tensor.flatten(0, 2).float().contiguous() for name, tensor in tensors.items()}, out / "spline.safetensors")
