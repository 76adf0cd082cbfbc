"""Data sets of tiny recordings in every layout that prepare reads, each written by the tool that usually writes it (csv,
pandas, json, datasets) or laid out as its release is, and cases.json: by group, what list_source() has to find in each.

A case: source (relative), options, layout, clips [[id, text, speaker, recording, begin, end]] and rejected
[[id, row, part of the reason]]; or error: parts of the message. A recording is a path below --out; of one that is kept in
a table, the path of the file whose bytes it holds.
"""
import argparse
import csv
import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pandas
import soundfile

TEXTS = ["Ez diçim malê.", 'Wî got: "Were vir!"', "Û paşê, hat; bi kêf."]


class Sets:
    def __init__(self, out):
        self.out = out
        self.groups = {}  # cases by the function that made them
        self.sounds = 0

    def sound(self, *parts):
        """A new recording, unlike all others."""
        path = self.out.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.sounds += 1
        time = np.arange(400) / 8000
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * (100 + 7 * self.sounds) * time), 8000)
        return path

    def file(self, content, *parts, encoding="utf-8"):
        path = self.out.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    def case(self, name, source, clips, layout="table", rejected=(), options=None, columns=None):
        self.cases[name] = {"source": str(source), "options": options or {}, "layout": layout,
                            "clips": [clip if len(clip) == 6 else (*clip, 0.0, -1.0) for clip in clips],
                            "rejected": list(rejected), **({"columns": columns} if columns else {})}

    def error(self, name, source, *parts, options=None):
        self.cases[name] = {"source": str(source), "options": options or {}, "error": list(parts)}


def ljspeech(sets):
    for name in ("LJ001-0001.wav", "LJ001-0002.flac", "LJ001-0003.mp3", "LJ001-0004.wav"):
        sets.sound("ljspeech", "wavs", name)
    # As the release has it: no header, no quoting, quotation marks are characters.
    sets.file('LJ001-0001|In 1455 "they" printed|In fourteen fifty-five "they" printed\n'
              "LJ001-0002|Plain words alone.|\n"
              "LJ001-0003.wav|Mr. Fust|Mister Fust\n"
              "LJ001-0004||\n"
              "LJ001-0005|Nobody recorded this.|Nobody recorded this.\n"
              "LJ001-0006\n"
              "LJ001-0001|One|two|three\n", "ljspeech", "metadata.csv")
    clips = [("LJ001-0001", 'In fourteen fifty-five "they" printed', "", "ljspeech/wavs/LJ001-0001.wav"),
             ("LJ001-0002", "Plain words alone.", "", "ljspeech/wavs/LJ001-0002.flac"),
             ("LJ001-0003", "Mister Fust", "", "ljspeech/wavs/LJ001-0003.mp3")]
    rejected = [("LJ001-0004", 4, "text is empty"), ("LJ001-0005", 5, 'no recording "LJ001-0005"'),
                ("LJ001-0006", 6, "the row has 1 field"), ("LJ001-0001", 7, "4 fields")]
    sets.case("ljspeech", "ljspeech", clips, "ljspeech", rejected)
    sets.case("ljspeech said", "ljspeech", clips, "ljspeech", rejected, {"layout": "ljspeech"})
    sets.case("ljspeech plain text", "ljspeech/metadata.csv",
              [(clips[0][0], 'In 1455 "they" printed', *clips[0][2:]), clips[1], (clips[2][0], "Mr. Fust", *clips[2][2:])],
              "ljspeech", rejected, {"column_text": "2"})

    sets.sound("beside", "a.b.ogg")
    sets.sound("beside", "c.WAV")
    sets.file("a.b|one two three\nc|four five six\n", "beside", "metadata.csv")
    sets.case("ljspeech beside", "beside", [("a.b", "one two three", "", "beside/a.b.ogg"),
                                            ("c", "four five six", "", "beside/c.WAV")], "ljspeech")


def without_header(sets):
    for name in ("a", "b", "c"):
        sets.sound("bare", "audio", name + ".wav")
    paths = [f"audio/{name}.wav" for name in ("a", "b", "c")]
    bare = lambda speakers: [(p[6], text, speaker, "bare/" + p) for p, text, speaker in zip(paths, TEXTS, speakers)]
    sets.file("".join(f"{p}|{t}\n" for p, t in zip(paths, TEXTS)), "bare", "two.txt")
    sets.case("path|text", "bare/two.txt", bare(["", "", ""]))
    speakers = ["Anna", "Bo", "Anna"]
    sets.file("".join(f"{p}|{s}|{t}\n" for p, s, t in zip(paths, speakers, TEXTS)), "bare", "three.txt")
    sets.case("path|speaker|text", "bare/three.txt", bare(speakers),
              columns="recordings from column 1, texts from column 3, speakers from column 2")
    sets.file("".join(f"{p[6]}|{t}|{s}\n" for p, s, t in zip(paths, speakers, TEXTS)), "bare", "ours.csv")
    sets.case("id|text|speaker", "bare/ours.csv", bare(speakers))
    sets.file("".join(f"{p[6]}|{t}|\n" for p, t in zip(paths, TEXTS)), "bare", "nobody.csv")
    sets.case("id|text|", "bare/nobody.csv", bare(["", "", ""]), "ljspeech")
    sets.file("".join(f"{p}|{s}|{t}\n" for p, s, t in zip(paths, ["7", "12", "7"], TEXTS)), "bare", "numbers.txt")
    sets.case("path|number|text", "bare/numbers.txt", bare(["7", "12", "7"]))
    sets.file("".join(f"{s}\t{t}\t{p}\n" for p, s, t in zip(paths, speakers, TEXTS)), "bare", "last.tsv")
    sets.case("speaker text path", "bare/last.tsv", bare(speakers))
    # One sentence and its translation: nothing in the rows tells which was spoken.
    twice = ["I am going home.", "He said: come here!", "And then, joyful, he came."]
    sets.file("".join(f"{p}|{t}|{e}\n" for p, t, e in zip(paths, TEXTS, twice)), "bare", "ambiguous.txt")
    sets.error("two texts", "bare/ambiguous.txt", "ambiguous.txt has no header", "--column_text")
    sets.case("two texts, one said", "bare/ambiguous.txt", bare(["", "", ""]), options={"column_text": "2"})
    sets.error("number beyond", "bare/two.txt", "--column_text \"5\"", "It has: 1, 2.", options={"column_text": "5"})
    sets.error("name without header", "bare/two.txt", "--column_text \"words\"", options={"column_text": "words"})
    sets.error("several manifests", "bare", "several manifests", "two.txt", "three.txt")


def with_header(sets):
    for name in ("a", "b", "c", "long"):
        sets.sound("headed", "clips", name + ".wav")
    texts = [TEXTS[0], "two\nlines, a \"mark\"", TEXTS[2]]
    table = pandas.DataFrame({"path": ["a.wav", "clips/b.wav", str(sets.out / "headed/clips/c.wav")], "sentence": texts,
                              "Speaker ID": ["s1", "s2", "s1"], "other": [1, 2, 3]})
    clips = [("a", texts[0], "s1", "headed/clips/a.wav"), ("b", texts[1], "s2", "headed/clips/b.wav"),
             ("c", texts[2], "s1", "headed/clips/c.wav")]
    table.to_csv(sets.out / "headed/comma.csv", index=False)
    sets.case("csv", "headed/comma.csv", clips,
              columns="recordings from path, texts from sentence, speakers from Speaker ID")
    table.to_csv(sets.out / "headed/indexed.csv")
    sets.case("csv with pandas' index", "headed/indexed.csv", clips)
    table.to_csv(sets.out / "headed/tab.tsv", index=False, sep="\t")
    sets.case("tsv", "headed/tab.tsv", clips)
    table.to_csv(sets.out / "headed/semicolon.csv", index=False, sep=";", encoding="utf-8-sig", lineterminator="\r\n")
    sets.case("semicolons, mark, CRLF", "headed/semicolon.csv", clips)
    table.to_csv(sets.out / "headed/bars.txt", index=False, sep="|", quoting=csv.QUOTE_ALL)
    sets.case("bars", "headed/bars.txt", clips)
    table.to_csv(sets.out / "headed/utf16.csv", index=False, encoding="utf-16")
    sets.case("UTF-16", "headed/utf16.csv", clips)
    table.to_csv(sets.out / "headed/windows.csv", index=False, encoding="windows-1254")
    sets.case("windows-1254", "headed/windows.csv", clips, options={"encoding": "windows-1254"})
    table.rename(columns={"path": "rec", "sentence": "said", "Speaker ID": "who"}).to_csv(sets.out / "headed/own.csv",
                                                                                      index=False)
    own = {"column_audio": "rec", "column_text": "said", "column_speaker": "who", "column_id": "other"}
    sets.case("own names", "headed/own.csv", [(str(i + 1), *clip[1:]) for i, clip in enumerate(clips)], options=own)
    sets.error("a name that is not there", "headed/own.csv", "--column_text \"sad\"", "own.csv", 'Did you mean "said"?',
               "It has: rec, said, who, other.", options={**own, "column_text": "sad"})
    table[["path", "Speaker ID"]].to_csv(sets.out / "headed/textless.csv", index=False)
    sets.error("no column of texts", "headed/textless.csv", "textless.csv")

    table[["path", "other"]].to_csv(sets.out / "headed/unknown.csv", index=False)
    sets.error("one known name", "headed/unknown.csv", "known to hold texts: path, other.", "--column_text")

    segments = pandas.DataFrame({"audio": ["clips/long.wav"] * 5, "text": ["one", "two", "three", "four", "five"],
                                 "start": ["0", "0.01", "x", "0.03", "0.04"], "end": ["0.01", "0.02", "1", "0.03", ""]})
    segments.to_csv(sets.out / "headed/segments.csv", index=False)
    long = "headed/clips/long.wav"
    sets.case("segments", "headed/segments.csv",
              [("long_00000000_00000010", "one", "", long, 0.0, 0.01), ("long_00000010_00000020", "two", "", long, 0.01, 0.02),
               ("long_00000040", "five", "", long, 0.04, -1.0)],
              rejected=[("long", 4, '"x" is no time'), ("long", 5, "ends at 0.03 s, not after")])

    splits = pandas.DataFrame({"id": ["a", "b", "c"], "normalized_text": ["one", "", "three"],
                               "text": ["1", "2", "3"], "split": ["train", "dev", "train"]})
    splits.to_csv(sets.out / "headed/splits.csv", index=False)
    row = lambda name, text: (name, text, "", f"headed/clips/{name}.wav")
    sets.case("ids and no paths", "headed/splits.csv", [row("a", "one"), row("b", "2"), row("c", "three")])
    sets.case("a split of a column", "headed/splits.csv", [row("b", "2")], options={"splits": ["validation"]})
    sets.error("no such split", "headed/splits.csv", "--splits test", "It has: train, validation.",
               options={"splits": ["test"]})
    sets.error("no splits", "headed/comma.csv", "has no splits", options={"splits": ["train"]})


def moved(sets):
    sets.sound("moved", "wavs", "s1", "a.wav")
    sets.sound("moved", "wavs", "s2", "a.wav")
    sets.sound("moved", "wavs", "s2", "Kurdı\u0302.wav")  # as macOS writes a name with an accent
    sets.file("path,text\n/home/somebody/corpus/wavs/s2/a.wav,one\nC:\\corpus\\wavs\\s1\\a.wav,two\n"
              "wavs\\s2\\Kurd\u0131\u0302.wav,three\nwavs/s3/a.wav,four\n../moved/wavs/s1/a.wav,five\n", "moved", "list.csv")
    sets.case("moved", "moved/list.csv",
              [("a", "one", "", "moved/wavs/s2/a.wav"), ("a", "two", "", "moved/wavs/s1/a.wav"),
               ("Kurdı\u0302", "three", "", "moved/wavs/s2/Kurdı\u0302.wav"),
               ("a", "five", "", "moved/wavs/s1/a.wav")], rejected=[("a", 5, 'no recording "wavs/s3/a.wav"')])


def json_lines(sets):
    for name in ("a", "b", "c"):
        sets.sound("json", "audio", name + ".wav")
    pandas.DataFrame({"audio_filepath": ["audio/a.wav", "audio/b.wav", "audio/b.wav"], "duration": [0.05, 0.02, 0.03],
                      "offset": [None, 0.0, 0.02], "text": TEXTS, "speaker": [1, 2, 2]}) \
        .to_json(sets.out / "json/nemo.json", orient="records", lines=True, force_ascii=False)
    sets.case("NeMo", "json/nemo.json",
              [("a", TEXTS[0], "1", "json/audio/a.wav"), ("b_00000000_00000020", TEXTS[1], "2", "json/audio/b.wav", 0.0, 0.02),
               ("b_00000020_00000050", TEXTS[2], "2", "json/audio/b.wav", 0.02, 0.05)], "jsonl")
    lines = [{"audio": {"path": "audio/a.wav", "bytes": None}, "transcription": TEXTS[0]},
             {"audio": {"path": "audio/none.wav"}, "transcription": TEXTS[1]},
             {"audio": {"path": "audio/c.wav"}, "transcription": None}, {"audio": {"path": "audio/c.wav"},
                                                                        "transcription": TEXTS[2], "id": "x/1"}]
    text = [json.dumps(line) for line in lines]
    text.insert(1, '{"audio": {"path": "audio/b.wav"}, "transcription": "broken')
    text.insert(2, '["no object"]')
    sets.file("\n".join(text), "json", "nested.jsonl")
    sets.case("nested", "json/nested.jsonl",
              [("a", TEXTS[0], "", "json/audio/a.wav"), ("x/1", TEXTS[2], "", "json/audio/c.wav")], "jsonl",
              [("", 2, "column"), ("", 3, "no JSON object"), ("none", 4, "no recording"), ("c", 5, "text is empty")])
    sets.file('{"name": "a", "prompt": {"text": "one"}, "up_votes": 3, "down_votes": 1}\n'
              '{"name": "b", "prompt": {"text": "two"}, "up_votes": 3, "down_votes": 2}\n', "json", "votes.jsonl")
    sets.case("votes", "json/votes.jsonl", [("a", "one", "", "json/audio/a.wav")], "jsonl", [("b", 2, "1 vote for it")],
              {"min_votes": 2})
    sets.file(json.dumps([{"wav": "a", "text": "one"}, {"wav": "b", "text": "two"}], indent=1), "json", "array.json")
    sets.case("an array", "json/array.json", [("a", "one", "", "json/audio/a.wav"), ("b", "two", "", "json/audio/b.wav")],
              "jsonl")
    for name in ("a", "b"):
        sets.sound("nemo", name + ".wav")
    sets.file('{"audio_filepath": "a.wav", "text": "one"}\n{"audio_filepath": "b.wav", "text": "two"}\n', "nemo",
              "train_manifest.json")
    sets.file('{\n "text": "no manifest",\n "path": 1\n}', "nemo", "model.json")
    sets.file("no,manifest\n", "nemo", "notes.txt")
    sets.case("a folder with a manifest", "nemo", [("a", "one", "", "nemo/a.wav"), ("b", "two", "", "nemo/b.wav")], "jsonl")
    sets.error("a key that is not there", "json/nemo.json", "--column_text \"txt\"", 'text', options={"column_text": "txt"})
    sets.error("no key of texts", sets.file('{"wav": "a", "emotion": "joy"}\n', "json", "textless.jsonl"),
               "textless.jsonl", "wav", "--column_text")


def audiofolder(sets):
    rows = {}
    for split in ("train", "test"):
        for name in ("a", "b"):
            sets.sound("audiofolder", split, "deep" if name == "b" else "", f"{name}_{split}.wav")
        names = [f"a_{split}.wav", f"deep/b_{split}.wav"]
        table = pandas.DataFrame({"file_name": names, "transcription": TEXTS[:2], "speaker_id": ["p", "q"]})
        table.to_csv(sets.out / "audiofolder" / split / "metadata.csv", index=False)
        rows[split] = [(Path(n).stem, t, s, f"audiofolder/{split}/{n}") for n, t, s in zip(names, TEXTS, "pq")]
    sets.case("audiofolder", "audiofolder", rows["test"] + rows["train"], "audiofolder")
    sets.case("audiofolder train", "audiofolder", rows["train"], "audiofolder", options={"splits": ["train"]})
    sets.error("audiofolder has no such split", "audiofolder", "--splits validation", "It has: test, train.",
               options={"splits": ["dev"]})

    for split in ("train", "validation"):
        sets.sound("audiofolder_top", split, "x.wav")
    pandas.DataFrame({"file_name": ["train/x.wav", "validation/x.wav"], "text": TEXTS[:2]}) \
        .to_json(sets.out / "audiofolder_top/metadata.jsonl", orient="records", lines=True)
    top = [("x", t, "", f"audiofolder_top/{s}/x.wav") for s, t in zip(("train", "validation"), TEXTS)]
    sets.case("audiofolder top", "audiofolder_top", top, "audiofolder")
    sets.case("audiofolder top validation", "audiofolder_top", top[1:], "audiofolder", options={"splits": ["validation"]})


def commonvoice(sets):
    names = [f"common_voice_kmr_{i}" for i in range(4)]
    for name in names:
        sets.sound("cv-corpus", "ku", "clips", name + ".mp3")
    sentences = [TEXTS[0], '"""Were,"" got."', 'He \\"said\\" so', '"open']
    table = pandas.DataFrame({"client_id": ["c1", "c2", "c1", "c3"], "path": [names[0] + ".mp3", names[1], names[2] + ".mp3",
                                                                          names[3] + ".mp3"],
                              "sentence_id": ["i"] * 4, "sentence": sentences, "up_votes": [2, 5, 3, 2],
                              "down_votes": [0, 1, 2, 0], "age": ["", "twenties", "", ""], "locale": ["kmr"] * 4})
    lines = ["\t".join(table.columns)] + ["\t".join(str(v) for v in row) for row in table.itertuples(index=False)]
    sets.file("\n".join(lines) + "\n", "cv-corpus", "ku", "validated.tsv")
    sets.file("\n".join(lines[:2]) + "\n", "cv-corpus", "ku", "train.tsv")
    sets.file("\n".join([lines[0], lines[2]]) + "\n", "cv-corpus", "ku", "dev.tsv")
    sets.file("client_id\tpath\tsentence\n", "cv-corpus", "ku", "reported.tsv")
    clips = [(name, text, speaker, f"cv-corpus/ku/clips/{name}.mp3") for name, text, speaker in
             zip(names, [TEXTS[0], '"Were," got.', 'He "said" so', '"open'], ["c1", "c2", "c1", "c3"])]
    sets.case("commonvoice", "cv-corpus", clips, "commonvoice")
    sets.case("commonvoice votes", "cv-corpus/ku", clips[:2] + clips[3:], "commonvoice",
              [(names[2], 4, "1 vote for it, less than --min_votes 2")], {"min_votes": 2})
    sets.case("commonvoice dev", "cv-corpus/ku", clips[1:2], "commonvoice", options={"splits": ["dev"]})
    for language in ("ckb", "ku"):
        shutil.copytree(sets.out / "cv-corpus/ku", sets.out / "cv-two/17.0" / language)
    for source, options in (("cv-two", {}), ("cv-two/17.0", {"layout": "commonvoice"})):
        sets.error(f"commonvoice in two languages, {source}", source, "several data sets in folders of their own: ckb, ku.",
                   options=options)
    shutil.copytree(sets.out / "cv-corpus/ku", sets.out / "cv-read/ku")
    sets.file("About it.", "cv-read", "README")
    sets.error("commonvoice beside its description", "cv-read", "holds a data set in the folder ku.", "--from ", "cv-read/ku.")
    sets.case("commonvoice file", "cv-corpus/ku/train.tsv", clips[:1], "commonvoice")


def vctk(sets):
    root = "VCTK-Corpus-0.92"
    for speaker, sentence, sounds in (("p225", "001", ("mic1", "mic2")), ("p225", "002", ("mic2",)), ("p226", "001", ("mic1",)),
                                      ("p315", "001", ("mic1", "mic2"))):
        for sound in sounds:
            sets.sound(root, "wav48_silence_trimmed", speaker, f"{speaker}_{sentence}_{sound}.flac")
        if speaker != "p315":
            sets.file(f"Sentence {sentence} of {speaker}.\n", root, "txt", speaker, f"{speaker}_{sentence}.txt")
    sets.file("Nobody read this.", root, "txt", "p226", "p226_009.txt")
    sets.file("ID AGE GENDER\np225 23 F\n", root, "speaker-info.txt")
    row = lambda s, n, mic: (f"{s}_{n}", f"Sentence {n} of {s}.", s, f"{root}/wav48_silence_trimmed/{s}/{s}_{n}_{mic}.flac")
    sets.case("vctk", root, [row("p225", "001", "mic1"), row("p225", "002", "mic2"), row("p226", "001", "mic1")], "vctk",
              [("p226_009", 0, "no recording"), ("p315_001", 0, "no text")])
    for speaker in ("p225", "p226"):  # the older release
        sets.sound("vctk", "wav48", speaker, f"{speaker}_001.wav")
        sets.file(f"Sentence of {speaker}.", "vctk", "txt", speaker, f"{speaker}_001.txt")
    sets.case("vctk old", "vctk", [(f"{s}_001", f"Sentence of {s}.", s, f"vctk/wav48/{s}/{s}_001.wav")
                                   for s in ("p225", "p226")], "vctk")


def pairs(sets):
    for parts in (("a.wav",), ("deep", "b.flac"), ("deep", "c.mp3"), ("deep", "d.wav"), ("deep", "e.wav"), ("deep", "f.wav"),
                  ("g.wav",), ("g.mp3",)):
        sets.sound("pairs", *parts)
    sets.file("\ufeffEz diçim\r\nmalê. \r\n", "pairs", "a.txt", encoding="utf-16")
    sets.file("plain text", "pairs", "deep", "b.txt")
    sets.file("normal text", "pairs", "deep", "b.normalized.txt")
    sets.file("for an aligner", "pairs", "deep", "c.lab")
    sets.file(b"b\xeat", "pairs", "deep", "d.txt")
    sets.file(" \n", "pairs", "deep", "e.txt")
    sets.file("gee", "pairs", "g.txt")
    sets.file("not a sound", "pairs", "._a.wav")
    sets.file("Read me", "pairs", "README.txt")
    (sets.out / "pairs/h.wav").mkdir()
    sets.sound("pairs", "training", "wavs", "a.wav")  # what an earlier run made of all this
    (sets.out / "pairs/training/.prepare").mkdir()
    sets.case("pairs", "pairs",
              [("a", "Ez diçim  malê.", "", "pairs/a.wav"), ("g", "gee", "", "pairs/g.wav"),
               ("deep/b", "normal text", "", "pairs/deep/b.flac"), ("deep/c", "for an aligner", "", "pairs/deep/c.mp3")],
              "pairs", [("deep/d", 0, "byte 2 is not UTF-8: EA"), ("deep/e", 0, "text is empty"), ("deep/f", 0, "no text beside it")])


def hugging_face(sets):
    import datasets
    # datasets wants torchcodec for any recording, though files and bytes are taken as they are.
    for name in ("torchcodec", "torchcodec.encoders", "torchcodec.decoders"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["torchcodec.encoders"].AudioEncoder = sys.modules["torchcodec.decoders"].AudioDecoder = type(None)
    datasets.disable_progress_bars()
    for name, split, rows in (("audiofolder", "test", 2), ("audiofolder_top", "validation", 1)):  # they are what they say
        read = datasets.load_dataset("audiofolder", data_dir=str(sets.out / name), cache_dir=str(sets.out / "cache"))
        assert read[split].num_rows == rows, read

    files = [sets.sound("hub_sounds", f"{i}.flac") for i in range(6)]
    embedded = [{"bytes": f.read_bytes(), "path": f.name} for f in files]
    texts = [f"Sentence {i} of six." for i in range(6)]
    features = datasets.Features({"audio": datasets.Audio(), "sentence": datasets.Value("string"),
                                  "speaker_id": datasets.ClassLabel(names=["Anna", "Bo"]), "n": datasets.Value("int32")})
    table = lambda rows: {"audio": [embedded[i] for i in rows], "sentence": [texts[i] for i in rows],
                          "speaker_id": [i % 2 for i in rows], "n": list(rows)}
    whole = datasets.Dataset.from_dict(table(range(6)), features=features)
    both = datasets.DatasetDict({"train": datasets.Dataset.from_dict(table(range(4)), features=features),
                                 "test": datasets.Dataset.from_dict(table(range(4, 6)), features=features)})
    clips = [(str(i), texts[i], ["Anna", "Bo"][i % 2], f"hub_sounds/{i}.flac") for i in range(6)]

    whole.save_to_disk(str(sets.out / "saved"), num_shards=2)
    sets.case("save_to_disk", "saved", clips, "datasets")
    sets.case("Arrow file", "saved/data-00001-of-00002.arrow", clips[3:], "datasets")
    sets.case("numbers as ids", "saved", [(str(i), *clip[1:]) for i, clip in enumerate(clips)], "datasets",
              options={"column_id": "n"})
    sets.error("column of a data set", "saved", '--column_text "words"', "It has: audio, sentence, speaker_id, n.",
               options={"column_text": "words"})
    both.save_to_disk(str(sets.out / "saved_splits"))
    sets.case("splits", "saved_splits", clips, "datasets")
    sets.case("test of splits", "saved_splits", clips[4:], "datasets", options={"splits": ["test"]})
    sets.error("no such split of splits", "saved_splits", "--splits validation", "It has: test, train.",
               options={"splits": ["validation"]})

    # Paths instead of bytes, one of them wrong (saving embeds what is declared to be audio); nulls where a text or a speaker is missing.
    paths = [str(files[0]), None, str(sets.out / "nowhere.wav"), str(files[3])]
    columns = {"audio": [p and {"path": p, "bytes": None} for p in paths], "text": [texts[0], texts[1], texts[2], None],
               "speaker": ["x", None, "x", "x"]}
    datasets.Dataset.from_dict(columns, features=datasets.Features(
        {"audio": {"path": datasets.Value("string"), "bytes": datasets.Value("binary")}, "text": datasets.Value("string"),
         "speaker": datasets.Value("string")})) \
        .save_to_disk(str(sets.out / "saved_paths"))
    sets.case("paths", "saved_paths", [("0", texts[0], "x", "hub_sounds/0.flac")], "datasets",
              [("", 2, "names no recording"), ("nowhere", 3, "no recording"), ("3", 4, "text is empty")])

    nameless = datasets.Dataset.from_dict({"audio": [{"bytes": e["bytes"], "path": None} for e in embedded[:2]],
                                           "transcription": texts[:2]},
                                          features=datasets.Features({"audio": datasets.Audio(),
                                                                      "transcription": datasets.Value("string")}))
    (sets.out / "hub/data").mkdir(parents=True)
    nameless.to_parquet(str(sets.out / "hub/data/train-00000-of-00001.parquet"))
    named = datasets.Dataset.from_dict(table([4, 5]), features=features)
    for part in range(2):
        named.select([part]).to_parquet(str(sets.out / f"hub/data/validation-0000{part}-of-00002.parquet"))
    sets.file("# A data set", "hub", "README.md")
    train = [(f"train-00000-of-00001_{i:06}", texts[i], "", f"hub_sounds/{i}.flac") for i in range(2)]
    sets.case("parquet", "hub", train + clips[4:], "parquet")
    sets.case("parquet validation", "hub", clips[4:], "parquet", options={"splits": ["dev"]})
    sets.case("parquet file", "hub/data/validation-00001-of-00002.parquet", clips[5:], "parquet")

    for config in ("ku", "ckb"):
        (sets.out / f"configs/{config}/test").mkdir(parents=True)
        named.to_parquet(str(sets.out / f"configs/{config}/test/0000.parquet"))
    sets.case("converted by the hub", "configs/ku", clips[4:], "parquet", options={"splits": ["test"]})
    sets.error("several configurations", "configs", "several data sets in folders of their own: ckb, ku")
    pandas.DataFrame({"wav": [e["bytes"] for e in embedded[:2]], "transcript": texts[:2], "speaker": ["a", "b"],
                      "up_votes": [2, 1], "down_votes": [0, 0]}) \
        .to_parquet(sets.out / "plain.parquet")
    sets.case("bytes without a struct", "plain.parquet", [(f"plain_{i:06}", texts[i], "ab"[i], f"hub_sounds/{i}.flac")
                                                          for i in range(2)], "parquet")
    sets.case("votes of a data set", "plain.parquet", [("plain_000000", texts[0], "a", "hub_sounds/0.flac")], "parquet",
              [("plain_000001", 2, "1 vote for it")], {"min_votes": 2})
    pandas.DataFrame({"value": [1]}).to_parquet(sets.out / "numbers.parquet")
    sets.error("a table of something else", "numbers.parquet", "known to hold recordings: value.", "--column_audio")
    sets.file(b"PAR1 broken", "broken.parquet")
    sets.error("a broken table", "broken.parquet", "broken.parquet")


def bad(sets):
    for name in ("a", "b", "c"):
        sets.sound("bad", "wavs", name + ".wav")
    (sets.out / "bad/wavs/dir.wav").mkdir()
    row = lambda name, text: (name, text, "", f"bad/wavs/{name}.wav")
    sets.file(b"path,text\nwavs/a.wav,one\nwavs/b.wav,b\xeat\nwavs/c.wav,nul\0\nwavs/dir.wav,four\nwavs/a.wav,\"open\n"
              b"wavs/a.wav,a,b\nwavs/a.wav\n,six\nwavs/c.wav,\xc3\xaa,\n../../../../etc/passwd.wav,seven\n"
              b"wavs/b.wav,\"so \"\"eight\"\", he said\"\n", "bad", "mixed.csv")
    sets.case("mixed", "bad/mixed.csv", [row("a", "one"), row("c", "ê"), row("b", 'so "eight", he said')],
              rejected=[("b", 3, "not UTF-8: byte EA after \"b\"; --encoding"), ("c", 4, "NUL"), ("dir", 5, "is a folder"), ("a", 6, "quotation mark"),
                        ("a", 7, "3 fields, the header has 2"), ("a", 8, "1 field, the text is field 2"),
                        ("", 9, "names no recording"), ("passwd", 11, "no recording")])
    for name, text, part in (("header.csv", "path,text\n", "has a header and no rows"), ("nothing.csv", "", "is an empty file"),
                             ("lines.csv", "\n\n\r\n", "has no rows"), ("one.csv", "a.wav\nb.wav\n", "no column holds texts"),
                             ("zip.zip", "PK", "archive"),
                             ("table.xlsx", "PK", "spreadsheet")):
        sets.error(name, sets.file(text, "bad", name), name, part)
    turkish = "\n".join(f"wavs/{name}.wav,Çay içiyor{name}" for name in "abc")
    for name, header in (("old.csv", "path,text\n"), ("old_plain.csv", "")):
        source = sets.file(header + turkish, "bad", name, encoding="windows-1254")
        sets.error(name, source, f"{name} can be read", f"row {header.count(chr(10)) + 1}:", 'byte C7 after ""', "--encoding")
        sets.case(name + " named", source, [row(name, f"Çay içiyor{name}") for name in "abc"], options={"encoding": "windows-1254"})
    sets.error("another encoding", "bad/old.csv", "row 2:", "--encoding ascii", options={"encoding": "ascii"})
    sets.file('{"path": "wavs/a.wav", "text": "Çay"}\n', "bad", "old.jsonl", encoding="windows-1254")
    sets.error("old.jsonl", "bad/old.jsonl", "old.jsonl can be read", "row 1:", "UTF-8", "--encoding")
    sets.file("path,text\nwavs/a.wav,a text in which a byte is nothing\0\n", "bad", "nul.csv")
    sets.error("nul.csv", "bad/nul.csv", "row 2: field 2 holds a NUL byte.")
    sets.file("path,emotion\nwavs/a.wav,joy\n", "bad", "wrong.csv")
    sets.error("the wrong columns", "bad/wrong.csv", "--column_text \"text\"", "path, emotion", options={"column_text": "text"})
    sets.error("a recording", "bad/wavs/a.wav", "recording without a text")
    sets.error("recordings alone", "bad/wavs", "3 recordings and no texts")
    sets.error("nothing there", "bad/nowhere", "no such file or folder")
    (sets.out / "void").mkdir()
    sets.error("an empty folder", "void", "empty folder")
    sets.file("hello", "strange", "notes.md")
    sets.error("an unknown folder", "strange", "no data set that is known", "validated.tsv and clips/", "--layout")
    sets.error("not as said", "bad", "not laid out as vctk", "txt/SPEAKER", options={"layout": "vctk"})


def prepared(sets):
    for name in ("a", "b"):
        sets.sound("prepared", "wavs", name + ".wav")
    sets.file("a|first text here|s1\n", "prepared", "metadata.csv")
    sets.file("b|second text here|s1\n", "prepared", "metadata_val.csv")
    sets.file("{}", "prepared", "prepare.json")
    sets.file("id,file,row,reason\n", "prepared", "rejected.csv")
    row = lambda name, text: (name, text, "s1", f"prepared/wavs/{name}.wav")
    clips = [row("a", "first text here"), row("b", "second text here")]
    sets.case("prepared", "prepared", clips, "table")
    sets.case("prepared validation", "prepared", clips[1:], "table", options={"splits": ["val"]})

    for name in ("a", "b"):
        sets.sound("filelists", "wavs", name + ".wav")
        split = {"a": "train", "b": "val"}[name]
        sets.file(f"wavs/{name}.wav|0|text of {name} is long\n", "filelists", f"set_{split}_filelist.txt")
    clips = [(n, f"text of {n} is long", "0", f"filelists/wavs/{n}.wav") for n in ("a", "b")]
    sets.case("filelists", "filelists", clips)
    sets.case("filelists train", "filelists", clips[:1], options={"splits": ["train"]})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    sets = Sets(out)
    for make in (ljspeech, without_header, with_header, moved, json_lines, audiofolder, commonvoice, vctk, pairs, bad, prepared, hugging_face):
        sets.cases = sets.groups[make.__name__] = {}
        make(sets)
    (out / "cases.json").write_text(json.dumps(sets.groups, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
