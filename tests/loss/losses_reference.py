"""Losses of the Python reference on random tensors: losses_reference.py --out DIR

losses.safetensors: z_p, log_sigma_q, mu_p, log_sigma_p [2, 6, 19], frame_mask [2, 1, 19]; real.score.N, fake.score.N [2, n];
real.map.N.M, fake.map.N.M; magnitudes [2, 513, 32], wave [2, 1, 8192]; then the scalars kl, disc, disc_real, disc_fake, gen,
fmap, mel.
"""
import argparse
import pathlib

import torch
import vits_reference as ref
from safetensors.torch import save_file

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
a = ap.parse_args()

torch.manual_seed(8)
out = {name: torch.randn(2, 6, 19) for name in ("z_p", "log_sigma_q", "mu_p", "log_sigma_p")}
out["frame_mask"] = (torch.arange(19) < torch.tensor([[19], [11]])).float().unsqueeze(1)
scores = {side: [torch.randn(2, n) for n in (7, 30, 11)] for side in ("real", "fake")}
shapes = [[(2, 3, 40), (2, 1, 7)], [(2, 4, 15, 2), (2, 1, 15, 2)], [(2, 5, 4, 3), (2, 2, 4, 3), (2, 1, 4, 3)]]
maps = {side: [[torch.randn(s) for s in layers] for layers in shapes] for side in ("real", "fake")}
for side in ("real", "fake"):
    out.update({f"{side}.score.{i}": s for i, s in enumerate(scores[side])})
    out.update({f"{side}.map.{i}.{j}": m for i, layers in enumerate(maps[side]) for j, m in enumerate(layers)})
out["magnitudes"] = torch.rand(2, 513, 32) * 4
out["wave"] = torch.randn(2, 1, 8192) * 0.1
mel = ref.Mel(16000)

out["kl"] = ref.kl_loss(*(out[k] for k in ("z_p", "log_sigma_q", "mu_p", "log_sigma_p", "frame_mask")))
out["disc"], out["disc_real"], out["disc_fake"] = ref.discriminator_loss(scores["real"], scores["fake"])
out["gen"] = ref.adversarial_loss(scores["fake"])
out["fmap"] = ref.feature_loss(maps["real"], maps["fake"])
out["mel"] = (mel(out["magnitudes"]) - mel(ref.spectrogram(out["wave"].squeeze(1)))).abs().mean()
pathlib.Path(a.out).mkdir(parents=True, exist_ok=True)
save_file(out, pathlib.Path(a.out) / "losses.safetensors")
