"""The computation of operator_count_test.cpp, counted as scripts/bench_against_peer counts the reference trainer."""
import json
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import count_peer  # noqa: E402

x, kernel = torch.ones(2, 4, 16), torch.ones(4, 4, 3, requires_grad=True)


def step():
    y = torch.conv1d(x, kernel, None, 1, 1).transpose(1, 2).contiguous()
    product = torch.matmul(torch.layer_norm(y, [4]).view(32, 4), torch.ones(4, 5))
    chosen = product[product > 0]
    half = torch.nn.functional.leaky_relu(product.to(torch.bfloat16), 0.1).to(torch.float32)
    if half.sum().item() > 0:
        (half.sum() + chosen.sum()).backward()


print(json.dumps(count_peer.count(step)))
