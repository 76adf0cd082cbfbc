"""What transformers' parts of VITS that deal with sound answer to seeded inputs.

    sound_reference.py --out DIR --model DIR

sound.safetensors: in.spectrogram [3, K, 23], in.frame_mask [3, 1, 23] (23, 9 and 14 frames), in.speaker [3, E, 1] (voices with
speakers), in.hidden [3, H, 23], in.z [3, C, 23], in.wave [2, 1, 4001]; then wavenet, mu_q, log_sigma_q, z_p, z_back, audio,
score.N and map.N.M of the discriminators, and trained.audio, trained.map.N.M of both under weight norm with changed lengths.
"""
import argparse
import pathlib

import torch
import vits_reference as ref
from safetensors.torch import load_file, save_file
from transformers import VitsConfig

ap = argparse.ArgumentParser()
ap.add_argument("--out", required=True)
ap.add_argument("--model", required=True)
a = ap.parse_args()

config = VitsConfig.from_pretrained(a.model)
model, discriminators = ref.new_generator(config).eval(), ref.Discriminators(config)
state = load_file(pathlib.Path(a.model) / "model.safetensors")
model.load_state_dict({k: v for k, v in state.items() if not k.startswith("discriminator.")})
discriminators.load_state_dict({k[len("discriminator."):]: v for k, v in state.items() if k.startswith("discriminator.")})

torch.manual_seed(11)
clips, frames = 3, 23
lengths = torch.tensor([23, 9, 14])
mask = (torch.arange(frames) < lengths[:, None]).float().unsqueeze(1)
given = {
    "spectrogram": torch.rand(clips, config.spectrogram_bins, frames) * 3 * mask,
    "frame_mask": mask,
    "hidden": torch.randn(clips, config.hidden_size, frames) * mask,
    "z": torch.randn(clips, config.flow_size, frames) * mask,
    "wave": torch.randn(2, 1, 4001).clamp(-1, 1),
}
speaker = None
if config.num_speakers > 1:
    speaker = given["speaker"] = model.embed_speaker(torch.tensor([2, 0, 1])).unsqueeze(-1).detach()

with torch.no_grad():
    out = {"wavenet": model.posterior_encoder.wavenet(given["hidden"], mask, speaker)}
    _, out["mu_q"], out["log_sigma_q"] = model.posterior_encoder(given["spectrogram"], mask, speaker)
    out["z_p"] = model.flow(given["z"], mask, speaker)
    out["z_back"] = model.flow(given["z"], mask, speaker, reverse=True)
    out["audio"] = model.decoder(given["z"], speaker)
    scores, maps = discriminators(given["wave"])
    out.update({f"score.{i}": score for i, score in enumerate(scores)})
    out.update({f"map.{i}.{j}": m for i, layers in enumerate(maps) for j, m in enumerate(layers)})

    ref.add_weight_norm(model, discriminators)
    for net in (model.decoder, discriminators):
        for name, parameter in net.named_parameters():
            if name.endswith("original0"):
                parameter.mul_(1.25)
    out["trained.audio"] = model.decoder(given["z"], speaker)
    _, maps = discriminators(given["wave"])
    out.update({f"trained.map.{i}.{j}": m for i, layers in enumerate(maps) for j, m in enumerate(layers)})

tensors = {f"in.{k}": v for k, v in given.items()} | out
pathlib.Path(a.out).mkdir(parents=True, exist_ok=True)
save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, pathlib.Path(a.out) / "sound.safetensors")
