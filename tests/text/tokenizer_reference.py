#!/usr/bin/env python3
"""Texts in many scripts and the ids that two references give them.

    tokenizer_reference.py --out DIR

original      the plain interspersing of the VITS and MMS code (symbol by symbol through the vocabulary, a 0 around each),
              written here anew and independently of transformers
transformers  VitsTokenizer; its "<unk>", whose id lies beyond the embedding, is left out together with the blank behind it

DIR/NAME.json, one a vocabulary: vocab, tokenizer_config, texts, and for each text the ids of both as "0 7 0 3 0", what is
spoken and which characters are unknown. DIR/characters.json: str.lower() and str.isspace() of every code point.

The real strings are names and patterns of Babel's locale data. The others are drawn from seeded generators: symbols of the
vocabulary and their capitals, digits, marks, blanks of all kinds, other scripts, and the padding symbol where it hurts.
"""
import argparse
import json
import pathlib
import random
import re
import sys
import unicodedata
from collections import Counter

import transformers.models.vits.tokenization_vits as vits
from babel import Locale
from make_model import VOCAB

TEXTS_PER_VOICE = 900
# Name, Babel's locale, what the tokenizer's settings differ in.
VOICES = [
    ("latin_english", "en", dict(language="eng")),
    ("latin_kurdish", "ku", dict(language="kmr")),
    ("latin_turkish", "tr", dict(language="tur")),
    ("latin_vietnamese", "vi", dict(language="vie")),
    ("latin_romanian", "ro", dict(language="ron")),
    ("latin_german", "de", dict(language="deu")),
    ("cyrillic", "ru", dict(language="rus")),
    ("greek", "el", dict(language="ell")),
    ("arabic", "ar", dict(language="ara")),
    ("arabic_sorani", "ckb", dict(language="ckb")),
    ("hebrew", "he", dict(language="heb")),
    ("devanagari", "hi", dict(language="hin")),
    ("bengali", "bn", dict(language="ben")),
    ("tamil", "ta", dict(language="tam")),
    ("telugu", "te", dict(language="tel")),
    ("thai", "th", dict(language="tha")),
    ("khmer", "km", dict(language="khm")),
    ("burmese", "my", dict(language="mya")),
    ("georgian", "ka", dict(language="kat")),
    ("armenian", "hy", dict(language="hye")),
    ("ethiopic", "am", dict(language="amh")),
    ("hangul", "ko", dict(language="kor")),
    ("kana_and_han", "ja", dict(language="jpn")),
    ("cherokee", "chr", dict(language="chr")),
    ("adlam", "ff_Adlm", dict(language="ful")),
    # what the settings and odd vocabularies change
    ("without_blanks", "en", dict(language="eng", add_blank=False)),
    ("without_normalizing", "fr", dict(language="fra", normalize=False)),
    ("with_capitals", "de", dict(language="deu")),
    ("with_long_symbols", "en", dict(language="eng")),
    ("pad_token_not_in_vocabulary", "ru", dict(language="rus", pad_token="<pad>")),
    ("romanized_cyrillic", "ru", dict(language="rus", is_uroman=True)),
    ("romanized_ethiopic", "am", dict(language="amh", is_uroman=True)),
    ("romanized_hangul", "ko", dict(language="kor", is_uroman=True)),
]
BLANKS = " \t\n\r\v\f\u00a0\u2003\u2028\u200b\ufeff\x1c\x85"
OTHERS = "0123456789.,;:!?…-–—'’\"“”()[]<>&%@#/_*+=€£١٢٣१२३。、？！؟،।"
STRANGE = "İıIiẞßÄäÉéΣσςǅÅﬁﬂＡＺａ𐐀𐐨😀👩\u200d🚀🇩🇪\u0301\u0307\u0308\u0323\u200d\ufe0fȚțȘşţŢ한글漢字\x00\ufffd\U0010ffff"


def real_strings(name):
    locale = Locale.parse(name)
    strings = []
    for table in (locale.territories, locale.languages, locale.scripts, locale.variants, locale.currencies):
        strings += [str(text) for text in table.values()]
    for table in (locale.months, locale.days):
        strings += [str(text) for width in table["format"].values() for text in width.values()]
    strings += [str(pattern) for pattern in locale.list_patterns.values()]
    strings += [str(text) for patterns in locale.unit_display_names.values() for text in patterns.values()]
    return list(dict.fromkeys(strings))


def vocabulary(name, strings, rng):
    if name == "latin_english":
        symbols = list(VOCAB)
    elif name.startswith("romanized"):
        symbols = list("abcdefghijklmnopqrstuvwxyz '-")
    else:
        counts = Counter(c for text in strings for c in text.lower() if unicodedata.category(c)[0] in "LM")
        symbols = [c for c, _ in counts.most_common(320)] + [" ", "'", "-"] + (list("0123456789") if rng.random() < 0.5 else [])
    if name == "with_capitals":
        symbols += list("ABCẞ")
    if name == "with_long_symbols":
        symbols += ["<", "u", "n", "k", ">", "<unk>", "ZZ", "QRS", "TH"]
    symbols = list(dict.fromkeys(symbols))
    if name != "latin_english":
        rng.shuffle(symbols)
    return {symbol: i for i, symbol in enumerate(symbols)}


def capital(c):
    return c.upper() if len(c.upper()) == 1 else c


def random_text(rng, symbols, pad):
    def character():
        kind = rng.random()
        if kind < 0.62:
            c = rng.choice(symbols)
            return capital(c) if rng.random() < 0.2 else c
        if kind < 0.72:
            return " "
        if kind < 0.80:
            return rng.choice(OTHERS)
        if kind < 0.86:
            return rng.choice(STRANGE)
        if kind < 0.89:
            return rng.choice(BLANKS)
        if kind < 0.96:
            return pad * rng.randrange(1, 4)
        while True:
            c = chr(rng.randrange(0x110000))
            if unicodedata.category(c) not in ("Cs", "Cn", "Co"):
                return c

    text = "".join(character() for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])))
    if rng.random() < 0.15:
        text = pad + text
    if rng.random() < 0.15:
        text = text + pad
    if rng.random() < 0.1:
        text = " \n" + text + "\t "
    return text


def texts_of(strings, symbols, pad, rng):
    real = []
    while len(real) < TEXTS_PER_VOICE // 2:
        text = rng.choice([" ", ", ", " – ", "\n", ". "]).join(rng.choices(strings, k=rng.choice([1, 1, 2, 3, 6])))
        change = rng.randrange(8)
        if change == 0:
            text = text.upper()
        elif change == 1:
            text = unicodedata.normalize("NFD", text)
        elif change == 2:
            text = unicodedata.normalize("NFC", text) + rng.choice(".!?।。؟።")
        real.append(text)
    edge = ["", " ", pad, pad * 2, pad * 3, pad + " " + pad, " " + pad + " ", capital(pad), "<unk>", "<pad>", "ΟΔΟΣ ΣΑΣ", "İSTANBUL"]
    drawn = [random_text(rng, symbols, pad) for _ in range(TEXTS_PER_VOICE - len(real) - len(edge))]
    return edge + real + drawn


def intersperse(symbols, item):
    result = [item] * (2 * len(symbols) + 1)
    result[1::2] = symbols
    return result


def original(text, vocab, config, romanize):
    """(ids, spoken, unknown)"""
    if config["normalize"]:
        text = re.sub("|".join(map(re.escape, sorted(vocab, key=len))) + r"|(?s:(.))", lambda m: m[0].lower() if m[1] else m[0], text)
    if config["language"] == "ron":
        text = text.replace("\u021b", "\u0163")
    if config["is_uroman"] and not text.isascii():
        text = romanize(text)
    kept = [c for c in text if c in vocab]
    unknown = Counter(c for c in text if c not in vocab)
    spoken = "".join(kept).strip() if config["normalize"] else "".join(kept)
    ids = [vocab[c] for c in spoken]
    return (intersperse(ids, 0) if config["add_blank"] else ids), spoken, unknown


def of_transformers(text, tokenizer, vocab, config):
    ids, tokens, i = [], tokenizer.tokenize(text), 0
    encoded = tokenizer.convert_tokens_to_ids(tokens)
    while i < len(tokens):
        if tokens[i] in vocab:
            ids.append(encoded[i])
        elif config["add_blank"] and tokens[i] not in tokenizer.added_tokens_encoder:
            i += 1
        i += 1
    return ids


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    romanizer = vits.ur.Uroman()
    vits.ur.Uroman = lambda: romanizer  # VitsTokenizer makes a new one for each text: a second a text
    for name, locale, changes in VOICES:
        rng = random.Random(name)
        strings = real_strings(locale)
        vocab = vocabulary(name, strings, rng)
        config = dict(add_blank=True, normalize=True, phonemize=False, is_uroman=False, unk_token="<unk>")
        config["pad_token"] = next(iter(vocab))
        config.update(changes)
        (out / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False, sort_keys=True), encoding="utf-8")
        tokenizer = vits.VitsTokenizer(str(out / "vocab.json"), **config)
        texts = texts_of(strings, list(vocab), next(iter(vocab)), rng)
        rows = []
        for text in texts:
            ids, spoken, unknown = original(text, vocab, config, romanizer.romanize_string)
            theirs = of_transformers(text, tokenizer, vocab, config)
            rows.append([text, " ".join(map(str, ids)), " ".join(map(str, theirs)), spoken, unknown])
        content = dict(vocab=vocab, tokenizer_config=dict(config, tokenizer_class="VitsTokenizer"), rows=rows)
        (out / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    (out / "vocab.json").unlink()

    assigned = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) not in ("Cn", "Cs")]
    characters = dict(
        unicode=unicodedata.unidata_version,
        assigned="".join(assigned),
        lower={c: c.lower() for c in assigned if c.lower() != c},
        space="".join(c for c in assigned if c.isspace()),
    )
    (out / "characters.json").write_text(json.dumps(characters, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
