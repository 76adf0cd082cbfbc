"""The measuring of scripts/bench_prepare, and the peer: what a person would write in Python to do prepare's work.

The peer's processes are started and warm before its clock runs; vits-train is timed from its start to its end.
"""
import argparse
import csv
import json
import multiprocessing
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from importlib.metadata import version

import librosa
import numpy as np
import pyloudnorm
import soundfile

RATE, LUFS = 16000, -23.0
WORDS = ("the rain falls on a field of barley while seven boats wait in harbour for morning and somebody counts old coins "
         "under yellow light because nothing else was left to do before winter came back over northern hills").split()


def make_sources(folder, clips):
    """Speech of 2 to 10 seconds as WAV at 22.05 kHz, and the same as MP3 at 48 kHz, each with a manifest."""
    random = np.random.default_rng(7)
    rows = []
    for kind in ("wav", "mp3"):
        (folder / kind).mkdir()
    for number in range(clips):
        text = f"{number}: " + " ".join(random.choice(WORDS, size=int(random.integers(5, 28))))
        name, voice = f"clip{number:05d}", f"en+m{random.integers(1, 8)}"
        subprocess.run(["espeak-ng", "-v", voice, "-s", str(random.integers(130, 190)), "-w", folder / f"wav/{name}.wav", text], check=True)
        wave, rate = soundfile.read(folder / f"wav/{name}.wav", dtype="float32")
        soundfile.write(folder / f"mp3/{name}.mp3", librosa.resample(wave, orig_sr=rate, target_sr=48000, res_type="soxr_hq"), 48000)
        rows.append((name, text))
    for kind in ("wav", "mp3"):
        with open(folder / kind / "metadata.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file_name", "text"])
            writer.writerows((f"{name}.{kind}", text) for name, text in rows)


def extent_of(sources):
    seconds = [soundfile.info(path).duration for path in (sources / "wav").glob("*.wav")]
    return len(seconds), sum(seconds)


def prepare_clip(job):
    source, target = job
    start = time.process_time()
    wave, rate = soundfile.read(source, dtype="float32", always_2d=True)
    wave = librosa.resample(wave.mean(axis=1), orig_sr=rate, target_sr=RATE, res_type="soxr_hq")
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(wave)
    wave = np.clip(pyloudnorm.normalize.loudness(wave, loudness, LUFS), -1, 1)
    soundfile.write(target, wave, RATE, subtype="PCM_16")
    return time.process_time() - start


def warm(job):
    prepare_clip(job)
    time.sleep(0.2)  # so that every process takes one


# Both give the seconds on the clock and the processor's: a busy machine stretches the first alone.
def peer_seconds(pool, source, out):
    (out / "wavs").mkdir(parents=True)
    start = time.perf_counter()
    with open(source / "metadata.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    jobs = [(str(source / row["file_name"]), str(out / "wavs" / pathlib.Path(row["file_name"]).with_suffix(".wav"))) for row in rows]
    processor_seconds = sum(pool.imap_unordered(prepare_clip, jobs, chunksize=4))
    with open(out / "metadata.csv", "w") as file:
        file.writelines(f"{pathlib.Path(row['file_name']).stem}|{row['text']}\n" for row in rows)
    return time.perf_counter() - start, processor_seconds


def processor_seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def our_seconds(program, source, out, workers, trim):
    start, before = time.perf_counter(), processor_seconds_of_children()
    done = subprocess.run([program, "prepare", "--from", source, "--out", out, "--sample_rate_hz", str(RATE), "--loudness", str(LUFS),
                           "--trim", trim, "--threads", str(workers), "--max_seconds", "60", "--json"], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise SystemExit(f"vits-train prepare failed: {done.stderr[-2000:]}")
    made = json.loads(done.stdout)
    if made["rejected"]:
        raise SystemExit(f"vits-train prepare left clips out: {done.stdout}")
    return seconds, processor_seconds_of_children() - before


def medians(turns):
    return statistics.median(seconds for seconds, _ in turns), statistics.median(processor for _, processor in turns)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench_prepare")
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes of the peer, threads of vits-train")
    parser.add_argument("--program", default=".build/vits-train")
    parser.add_argument("--sources", type=pathlib.Path, help="folder in which the recordings are made, or used again if it is there")
    options = parser.parse_args()

    names = {"peer": "Python", "off": "vits-train --trim off", "vad": "vits-train --trim vad"}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        sources = options.sources or folder / "sources"
        if not sources.exists():
            sources.mkdir(parents=True)
            make_sources(sources, options.clips)
        clips, seconds_of_sound = extent_of(sources)
        times = {(kind, who): [] for kind in ("mp3", "wav") for who in names}
        with multiprocessing.Pool(options.workers) as pool:
            pool.map(warm, [(str(sources / "mp3/clip00000.mp3"), str(folder / f"warm{i}.wav")) for i in range(options.workers)], chunksize=1)
            for _ in range(options.rounds):
                for kind, who in times:
                    out = folder / "out"
                    if who == "peer":
                        taken = peer_seconds(pool, sources / kind, out)
                    else:
                        taken = our_seconds(options.program, sources / kind, out, options.workers, who)
                    times[kind, who].append(taken)
                    shutil.rmtree(out)

    versions = ", ".join(f"{name} {version(name)}" for name in ("soundfile", "librosa", "soxr", "pyloudnorm"))
    print(f"{clips} clips, {seconds_of_sound:.0f} s of sound, {options.workers} workers, medians of {options.rounds} rounds; {versions}")
    for kind, heading in (("mp3", "MP3 at 48 kHz"), ("wav", "WAV at 22.05 kHz")):
        peer, _ = medians(times[kind, "peer"])
        for who, name in names.items():
            taken, processor = medians(times[kind, who])
            print(f"{heading:17} {name:22} {clips / taken:7.1f} clips/s {seconds_of_sound / taken:6.0f} x real time {peer / taken:6.2f} x Python"
                  f" {1000 * processor / clips:7.2f} ms of processor a clip")
    for (kind, who), turns in times.items():
        taken, processor = medians(turns)
        print(json.dumps({"program": names[who], "sound": kind, "clips": clips, "seconds_of_sound": round(seconds_of_sound, 1),
                          "workers": options.workers, "seconds": [round(seconds, 3) for seconds, _ in turns],
                          "clips_per_second": round(clips / taken, 1), "processor_ms_per_clip": round(1000 * processor / clips, 2),
                          "times_python": round(medians(times[kind, "peer"])[0] / taken, 3)}))


if __name__ == "__main__":
    main()
