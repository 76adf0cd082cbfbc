"""The measuring of scripts/bench_against_peer."""
import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "tests/reference"
SENTENCES = (ROOT / "scripts/demo-sentences.txt").read_text().split()


def say(text):
    print(f"[bench_against_peer] {text}", file=sys.stderr, flush=True)


def json_of(command, threads):
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}:\n{' '.join(map(str, command))}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def record_clips(folder, count):
    """espeak-ng's speech, with lengths as Common Voice has them: log-normal, 4 s on average, 1.5 s standard deviation."""
    draws = random.Random(1)
    spoken = folder / "spoken"
    spoken.mkdir()
    lines = []
    for number in range(count):
        seconds = min(15.0, max(1.5, draws.lognormvariate(1.3205, 0.3629)))
        text = " ".join(draws.choices(SENTENCES, k=max(3, round(2.6 * seconds))))
        name = f"clip{number:05d}"
        subprocess.run(["espeak-ng", "-v", f"en+m{1 + number % 7}", "-w", spoken / f"{name}.wav", text], check=True)
        lines.append(f"{name}|{text}\n")
    (folder / "spoken.csv").write_text("".join(lines))
    subprocess.run([sys.executable, REFERENCE / "make_data.py", "--wavs", spoken, "--text", folder / "spoken.csv",
                    "--out", folder / "data"], check=True, stdout=subprocess.DEVNULL)
    return folder / "data"


def first_clips(data, count, folder):
    """A training folder of the first `count` clips of another."""
    lines = (data / "metadata.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    if len(lines) < count:
        raise SystemExit(f"{data} has {len(lines)} clips; at least {count} are needed: give a smaller --batch or --clips.")
    (folder / "clips/wavs").mkdir(parents=True)
    (folder / "clips/metadata.csv").write_text("".join(lines[:count]), encoding="utf-8")
    for line in lines[:count]:
        name = f"{line.split('|')[0]}.wav"
        shutil.copyfile(data / "wavs" / name, folder / "clips/wavs" / name)
    return folder / "clips"


def our_command(options, model, data):
    mixed = {"fp32": ["--fp16", "false"], "bf16": ["--fp16", "false", "--bf16", "true"], "fp16": ["--fp16", "true"]}
    return [options.program, "benchmark", "train", "--model_name", model, "--data_dir", data, "--batch_size", options.batch,
            "--max_steps", options.steps, "--warmup_steps", options.warmup, "--threads", options.threads, "--device", options.device,
            "--json", *mixed[options.precision], *([] if options.dropout else ["--dropout", "0"])]


def peer_command(options, model, data):
    return [sys.executable, REFERENCE / "bench.py", "--model", model, "--data", data, "--batch", options.batch, "--steps", options.steps,
            "--warmup", options.warmup, "--device", options.device, "--precision", options.peer_precision, "--phase-steps", 1,
            *([] if options.dropout else ["--no-dropout"])]


def count_command(options, model, data):
    return [sys.executable, ROOT / "scripts/count_peer.py", "--model", model, "--data", data, "--batch", options.batch,
            "--device", options.device, "--precision", options.peer_precision, *([] if options.dropout else ["--no-dropout"])]


def memory_mib(result, device):
    if "peak_memory_mib" in result:
        return result["peak_memory_mib"]
    return result["peak_vram_mib" if device == "cuda" else "peak_rss_mib"]


def summary(name, rounds, options):
    steps = [seconds for result in rounds for seconds in result["step_s"]]
    return {"program": name, "precision": rounds[0]["precision"], "device": rounds[0]["device"], "batch": options.batch,
            "threads": options.threads, "dropout": options.dropout, "rounds": len(rounds), "steps": len(steps),
            "step_s_median": statistics.median(steps), "step_s_min": min(steps),
            "samples_per_s": options.batch * len(steps) / sum(steps),
            "samples_per_s_at_median": options.batch / statistics.median(steps),
            "peak_memory_mib": max(memory_mib(result, options.device) for result in rounds),
            "padded_frames": sorted({frames for result in rounds for frames in result["padded_frames"]})}


def ratio_line(what, ours, theirs, rounds=None):
    each = f"   (by round: {', '.join(f'{ratio:.3f}' for ratio in rounds)})" if rounds else ""
    print(f"{what:34}{ours:12.4g}{theirs:12.4g}{ours / theirs:9.3f}{each}")


def compare(options, model, data, write):
    rounds = {"vits-train": [], "vits_reference": []}
    for number in range(options.rounds):
        # The other one first every second time, so that neither always follows the machine's warm or tired half.
        turns = [("vits-train", our_command), ("vits_reference", peer_command)]
        for name, command in turns[:: -1 if number % 2 else 1]:
            result = json_of(command(options, model, data), options.threads)
            rounds[name].append(result)
            write({"round": number + 1, **result})
            say(f"round {number + 1} of {options.rounds}: {name} {result['step_s_median']:.3f} s a step (fastest {result['step_s_min']:.3f})")
    ours, theirs = (summary(name, results, options) for name, results in rounds.items())
    write(ours)
    write(theirs)
    by_round = [a["samples_per_s_at_median"] / b["samples_per_s_at_median"] for a, b in zip(*rounds.values())]
    print(f"batch {options.batch}, {ours['precision']} against {theirs['precision']}, {ours['device']}, dropout {'on' if options.dropout else 'off'}, "
          f"{options.rounds} rounds of {options.steps} steps in turns")
    print(f"padded frames a step: {ours['padded_frames']} and {theirs['padded_frames']}")
    print(f"{'':34}{'vits-train':>12}{'reference':>12}{'ratio':>9}")
    ratio_line("samples/s, median step", ours["samples_per_s_at_median"], theirs["samples_per_s_at_median"], by_round)
    ratio_line("samples/s, fastest step", options.batch / ours["step_s_min"], options.batch / theirs["step_s_min"])
    ratio_line("samples/s, all steps", ours["samples_per_s"], theirs["samples_per_s"])
    ratio_line("peak VRAM, MiB" if options.device == "cuda" else "peak RSS, MiB", ours["peak_memory_mib"], theirs["peak_memory_mib"])
    return rounds["vits-train"][-1]


def main():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="scripts/bench_against_peer")
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--clips", type=int, default=0)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", choices=["fp32", "bf16", "fp16"], default="fp32")
    parser.add_argument("--peer-precision", choices=["fp32", "bf16", "fp16"])
    parser.add_argument("--dropout", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--threads", type=int, default=cores)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--counts", choices=["on", "only", "off"], default="on")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/vits-train")
    options = parser.parse_args()
    options.peer_precision = options.peer_precision or options.precision

    with tempfile.TemporaryDirectory() as temporary:
        folder, lines = pathlib.Path(temporary), []

        def write(values):
            lines.append(json.dumps(values) + "\n")
            if options.out:
                options.out.write_text("".join(lines))

        model = options.model
        if not model:
            say("making a voice of MMS's size")
            model = folder / "voice"
            subprocess.run([sys.executable, REFERENCE / "make_model.py", "--size", "mms", "--out", model], check=True, stdout=subprocess.DEVNULL)
        count = options.clips or options.batch
        data = first_clips(options.data or record_clips(folder, count), count, folder)
        if options.counts == "only":
            ours = json_of(our_command(argparse.Namespace(**{**vars(options), "steps": 1}), model, data), options.threads)
        else:
            ours = compare(options, model, data, write)
        if options.counts != "off":
            theirs = json_of(count_command(options, model, data), options.threads)
            write({key: ours[key] for key in theirs if key in ours} | {"counted": True})
            write(theirs | {"counted": True})
            if options.counts == "only":
                print(f"{'':34}{'vits-train':>12}{'reference':>12}{'ratio':>9}")
            for what in ("kernels", "waits", "casts"):
                key = f"{what}_per_step"
                print(f"{what + ' a step':34}{ours[key]:12}{theirs[key]:12}{ours[key] / max(1, theirs[key]):9.3f}")


if __name__ == "__main__":
    main()
