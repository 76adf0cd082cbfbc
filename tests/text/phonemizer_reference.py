#!/usr/bin/env python3
"""English texts and what transformers' VitsTokenizer makes of them with `phonemize`: the package phonemizer over libespeak-ng.

    phonemizer_reference.py --out DIR

DIR/vits_ljs.json: vocab (the symbols of kakao-enterprise/vits-ljs), tokenizer_config and rows of text, the ids of the
original interspersing, those of VitsTokenizer, and the phonemes with punctuation. An id of "<unk>", beyond the embedding,
is left out together with the blank behind it.

The texts: sentences written for this test, pieces put together from a seeded generator (also with every mark that ends
a clause for espeak-ng but is none for phonemizer), and the help texts of the Python language that pydoc_data carries
(prose, lists, code).
"""
import argparse
import json
import logging
import pathlib
import random
import re

import phonemizer
from pydoc_data.topics import topics
from tokenizer_reference import intersperse, of_transformers
from transformers import VitsTokenizer

PUNCTUATION = ';:,.!?¡¿—…"«»“” '
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CLAUSE_MARKS = "– 。 、 ， ！ ？ ； ： ؟ ، ؛ । ॥ ። ፣ ‥ ⁇ ‡".split()
IPA = "ɑɐɒæɓʙβɔɕçɗɖðʤəɘɚɛɜɝɞɟʄɡɠɢʛɦɧħɥʜɨɪʝɭɬɫɮʟɱɯɰŋɳɲɴøɵɸθœɶʘɹɺɾɻʀʁɽʂʃʈʧʉʊʋⱱʌɣɤʍχʎʏʑʐʒʔʡʕʢǀǁǂǃˈˌːˑʼʴʰʱʲʷˠˤ˞↓↑→↗↘'̩'ᵻ"
SENTENCES = """
Yes – I'll.
Wait – what?
The – and.
The war (1939 – 1945) ended – it was over.
– {x} café, – and –
well: fox running ... –
me
what to
a & b <b> &lt; &amp; &#65; </audio> <!-- x
Hello, world!
The quick brown fox jumps over the lazy dog.
"Stop!" she said; "you can't go there."
Mr. Smith went to Washington on the 4th of July, 1776.
It costs $5.50, or £3 (about 4 euros).
Is it 3.14, 2,718 or 1,5?
a,b 1,5 c,d
1,5 or 2,no
Version 1.2.3 of e.g. Python, i.e. the language.
No. Yes. Maybe...
Wait — what?! Really?!?
…and then, silence…
¿Qué? ¡No!
«Bonjour», “hello” and [brackets] {braces} (parens).
the
and the
and
The one, the other
When, what, where, so
To be, or not to be: that is the question.
I'm here; you're there; it's all rock 'n' roll.
U.S.A. and NASA, the FBI & the C.I.A.
10:30 a.m. on Mon., 24/7, 50% off, #1, user@example.com
www.example.org/index.html
He read the book. He will read it: read, read, read.
Dr. Who lives on Elm St. near St. Mary's.
naïve café, über, Ångström, façade
Привет, мир! 你好。 مرحبا
😀 smile, "😀"
x = y + z * 2 - 1; a < b > c & d | e ^ f ~ g
first line
second line, with comma
third.

.
...
 leading and trailing 
tabs	and  double  blanks , before commas .
!begins with a mark
ends with a blank after the mark. 
The year 1999, the 1990s, MCMXC, Henry VIII, 1st, 2nd, 3rd, 100th.
12345678901234567890
0.5 -5 +5 1/2 ½ x² 10km 5 kg
_under_score_ __init__ snake_case CamelCase iPhone ALLCAPS
""".strip("\n").split("\n")


def texts():
    rng = random.Random(11)
    result = ["", " ", "\n", "first line\nsecond line, with comma\n\nthird.", "a\n.\nb", "...\n!", "one\ttwo\rthree\fx"] + SENTENCES
    prose = [" ".join(block.split()) for text in sorted(topics.values()) for block in text.split("\n\n")]
    prose = [text for text in prose if 20 < len(text) < 400]
    result += rng.sample(prose, 250)
    words = "the and to of a in is it you that he was for on are with as I his they be at one have this from when".split()
    words += "stone river quickly understand photograph record's seventeen 42 Monday Queen beautiful through cough".split()
    for _ in range(250):
        parts = []
        for _ in range(rng.randrange(1, 9)):
            parts.append(rng.choice(words) if rng.random() < 0.7 else rng.choice(words).capitalize())
            parts.append(rng.choice([" ", " ", " ", ", ", ". ", "; ", "! ", " - ", " — ", "... ", ' "', '" ', " (", ") ", ",", "\n"]))
        result.append("".join(parts))
    # At these espeak-ng ends a clause (or says their name) where phonemizer sees no mark.
    words += "I'll me don't what 3.5 him's we're".split()
    for marks in [[mark] for mark in CLAUSE_MARKS] + [CLAUSE_MARKS] * 6:
        for _ in range(12):
            pieces = []
            for _ in range(rng.randrange(2, 6)):
                pieces.append(" ".join(rng.choice(words) for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 6]))))
                mark = rng.choice(marks) if rng.random() < 0.8 else rng.choice(",.!—-")
                pieces.append(rng.choice([" %s ", " %s ", "%s ", " %s", "%s"]) % mark)
            result.append("".join(pieces[:-1]) + rng.choice([".", "?", "", " ", pieces[-1]]))
    long = " ".join(rng.choice(words) for _ in range(400))
    return result + [long, long.replace(" one ", " one, "), long[:1100].replace(" ", "-"), "a" * 2000]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("phonemizer").setLevel(logging.ERROR)

    vocab = {symbol: i for i, symbol in enumerate(dict.fromkeys("_" + PUNCTUATION + LETTERS + IPA))}
    config = dict(add_blank=True, normalize=True, phonemize=True, is_uroman=False, pad_token="_", unk_token="<unk>", language="en")
    (out / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
    tokenizer = VitsTokenizer(str(out / "vocab.json"), **config)
    rows = []
    for text in texts():
        phonemes, _ = tokenizer.prepare_for_tokenization(text)
        known = [vocab[c] for c in phonemes if c in vocab]
        theirs = of_transformers(text, tokenizer, vocab, config)
        rows.append([text, " ".join(map(str, intersperse(known, 0))), " ".join(map(str, theirs)), phonemes])
    plain = phonemizer.phonemize("and", language="en-us", backend="espeak", strip=True, preserve_punctuation=True, with_stress=True)
    assert re.sub(r"\s+", " ", plain) == tokenizer.prepare_for_tokenization("and")[0]
    content = dict(vocab=vocab, tokenizer_config=config, rows=rows)
    (out / "vits_ljs.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
