"""What the uroman package makes of lines in many languages and scripts, and of every character: the reference of
romanizer_test.cpp.

    romanizer_reference.py --out FOLDER [--characters]

Writes FOLDER/lines.json, or FOLDER/characters.json with every character alone: a list of
[group, language code, text, romanised], null where the package raises an exception. Of readings that are equally
good, uroman takes the one that happens to come first in a set of objects, which differs from run to run; here its sets
keep the order of insertion. One line in some fourteen thousand depends on that.
"""

import argparse
import collections
import datetime
import gettext
import json
import pathlib
import random
import unicodedata

import babel
import babel.dates
import babel.lists
import babel.numbers
import faker
import pycountry
import uroman

# fmt: off
# Language, its code for uroman, and the locale of its texts.
LANGUAGES = {
    "ar": "ara", "fa": "fas", "ckb": "ckb", "ur": "urd", "ps": "pus", "sd": "snd", "ug": "uig", "he": "heb",
    "yi": "yid", "ru": "rus", "uk": "ukr", "be": "bel", "bg": "bul", "mk": "mkd", "sr": "srp", "kk": "kaz",
    "ky": "kir", "mn": "mon", "tg": "tgk", "el": "ell", "hy": "hye", "ka": "kat", "hi": "hin", "mr": "mar",
    "ne": "npi", "sa": "san", "bn": "ben", "as": "asm", "pa": "pan", "gu": "guj", "or": "ori", "ta": "tam",
    "te": "tel", "kn": "kan", "ml": "mal", "si": "sin", "th": "tha", "lo": "lao", "km": "khm", "my": "mya",
    "bo": "bod", "dz": "dzo", "am": "amh", "ti": "tir", "ko": "kor", "ja": "jpn", "zh": "cmn", "zh_Hant": "yue",
    "yue": "yue", "chr": "chr", "vai": "vai", "zgh": "zgh", "ii": "iii", "de": "deu", "fr": "fra", "tr": "tur",
    "vi": "vie", "lv": "lav", "lt": "lit", "pl": "pol", "az": "aze", "en": "eng", "nqo": "nqo", "mni": "mni",
    "sat": "sat", "syr": "syr", "cu": "chu", "ks": "kas", "kok": "kok", "ccp": "ccp", "ff_Adlm": "ful",
}
FAKER_LOCALES = [
    "ar_AA", "fa_IR", "he_IL", "ru_RU", "uk_UA", "bg_BG", "el_GR", "hy_AM", "ka_GE", "hi_IN", "bn_BD", "ta_IN",
    "ne_NP", "th_TH", "ko_KR", "ja_JP", "zh_CN", "zh_TW", "de_DE", "fr_FR", "tr_TR", "vi_VN", "pl_PL", "lv_LV",
    "lt_LT", "az_AZ", "en_US",
]
FIRST_AND_LAST = {  # blocks and stretches from which random strings are drawn
    "Latin": (0xC0, 0x24F), "Ipa": (0x250, 0x2FF), "Greek": (0x370, 0x3FF), "GreekExtended": (0x1F00, 0x1FFF),
    "Cyrillic": (0x400, 0x52F), "Armenian": (0x531, 0x58F), "Hebrew": (0x591, 0x5F4), "Arabic": (0x600, 0x6FF),
    "Syriac": (0x700, 0x74F), "Thaana": (0x780, 0x7B1), "Nko": (0x7C0, 0x7FA), "Devanagari": (0x900, 0x97F),
    "Bengali": (0x980, 0x9FE), "Gurmukhi": (0xA01, 0xA76), "Gujarati": (0xA81, 0xAFF), "Oriya": (0xB01, 0xB77),
    "Tamil": (0xB82, 0xBFA), "Telugu": (0xC00, 0xC7F), "Kannada": (0xC80, 0xCF2), "Malayalam": (0xD00, 0xD7F),
    "Sinhala": (0xD81, 0xDF4), "Thai": (0xE01, 0xE5B), "Lao": (0xE81, 0xEDF), "Tibetan": (0xF00, 0xFDA),
    "Burmese": (0x1000, 0x109F), "Georgian": (0x10A0, 0x10FF), "HangulJamo": (0x1100, 0x11FF),
    "Ethiopic": (0x1200, 0x139F), "Cherokee": (0x13A0, 0x13FD), "Canadian": (0x1400, 0x167F),
    "Runic": (0x1680, 0x16F8), "Philippine": (0x1700, 0x1773), "Khmer": (0x1780, 0x17F9),
    "Mongolian": (0x1800, 0x18AA), "Limbu": (0x1900, 0x194F), "TaiLe": (0x1950, 0x19DF), "Balinese": (0x1A00, 0x1CFF),
    "Punctuation": (0x2000, 0x206F), "Numbers": (0x2070, 0x218B), "Symbols": (0x2190, 0x27BF),
    "Braille": (0x2800, 0x28FF), "Coptic": (0x2C80, 0x2CFF), "Tifinagh": (0x2D30, 0x2D7F), "Cjk": (0x3000, 0x33FF),
    "Kana": (0x3041, 0x30FF), "Han": (0x4E00, 0x4FFF), "Yi": (0xA000, 0xA48C), "Vai": (0xA500, 0xA62B),
    "Indic": (0xA800, 0xABFF), "Hangul": (0xAC00, 0xADFF), "Klingon": (0xF8D0, 0xF8FF), "Forms": (0xFB00, 0xFDFF),
    "HalfAndFull": (0xFE00, 0xFFEF), "Linear": (0x10000, 0x100FA), "Brahmi": (0x11000, 0x1107F),
    "Cuneiform": (0x12000, 0x120FF), "Egyptian": (0x13000, 0x1342E), "Mende": (0x1E800, 0x1E8D6),
    "Adlam": (0x1E900, 0x1E95F), "Emoji": (0x1F300, 0x1F6FF), "Math": (0x1D400, 0x1D7FF), "Mayan": (0x1D2E0, 0x1D378),
}
# fmt: on


class InOrder(dict):
    """A set that keeps the order of insertion, as far as uroman needs sets."""

    def add(self, element):
        self.setdefault(element)


class Lattice(uroman.uroman.Lattice):
    def __init__(self, *arguments, **names):
        super().__init__(*arguments, **names)
        self.lattice = collections.defaultdict(InOrder)


uroman.uroman.Lattice = Lattice


def answers(engine, lines):
    for group, language, text in lines:
        try:
            yield [group, language, text, engine.romanize_string(text, language or None)]
        except (AttributeError, TypeError):
            yield [group, language, text, None]


def clean(text):
    return " ".join(text.split())


def real_lines(draw):
    """Sentences and phrases that packages ship: Faker's texts, CLDR's names, dates and numbers, ISO names in gettext."""
    for locale in FAKER_LOCALES:
        fake = faker.Faker(locale)
        fake.seed_instance(20240627)
        code = LANGUAGES[locale[:2]]
        for _ in range(40):
            yield locale, draw.choice(["", code]), clean(fake.text(max_nb_chars=120))
        for _ in range(20):
            yield locale, code, clean(f"{fake.name()}, {fake.address()}")
    for name, code in LANGUAGES.items():
        try:
            locale = babel.Locale.parse(name)
        except babel.UnknownLocaleError:
            locale = None
        if locale:
            names = sorted(
                set(locale.languages.values()) | set(locale.territories.values()) | set(locale.scripts.values())
            )
            for _ in range(30):
                some = draw.sample(names, min(len(names), draw.randint(2, 6)))
                text = babel.lists.format_list(some, locale=locale) if draw.random() < 0.5 else " ".join(some)
                yield name, draw.choice(["", code]), clean(text)
            system = locale.default_numbering_system
            for _ in range(20):
                moment = datetime.datetime(2024, 1, 1) + datetime.timedelta(minutes=draw.randint(0, 4000000))
                number = draw.choice([draw.randint(0, 10 ** draw.randint(1, 9)), draw.random() * 1000])
                numbering = draw.choice(["latn", system, "default"])
                yield name, draw.choice(["", code]), clean(
                    babel.dates.format_datetime(moment, "full", locale=locale, tzinfo=babel.dates.UTC)
                    + " "
                    + babel.numbers.format_decimal(number, locale=locale, numbering_system=numbering)
                    + " "
                    + babel.numbers.format_currency(number, "EUR", locale=locale, format_type="name")
                )
        for domain in ("iso3166-1", "iso639-3", "iso15924", "iso4217"):
            try:
                catalogue = gettext.translation(domain, pycountry.LOCALES_DIR, languages=[name])
            except FileNotFoundError:
                continue
            words = sorted({value for key, value in catalogue._catalog.items() if key and value != key})
            for _ in range(10):
                if words:
                    yield name, draw.choice(["", code]), clean(
                        " ".join(draw.sample(words, min(len(words), draw.randint(1, 8))))
                    )
    for file in sorted((pathlib.Path(uroman.__file__).parent / "mini-test").glob("*.txt")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            yield "mini-test", "", line


def random_lines(draw):
    assigned = {
        script: [chr(code) for code in range(first, last + 1) if unicodedata.category(chr(code)) not in ("Cn", "Cs")]
        for script, (first, last) in FIRST_AND_LAST.items()
    }
    others = list(" .,-'\"%+/:1234567890aBcXyZ\u0301\u0308\u200c\u200d\u00bd\u2044\u00a0") + [
        "\u0915\u094d",
        "分之",
        "\u0e40",
    ]
    languages = [
        "",
        "",
        "eng",
        "rus",
        "ukr",
        "bel",
        "bul",
        "mkd",
        "srp",
        "kaz",
        "kir",
        "fas",
        "pus",
        "uig",
        "yid",
        "san",
        "ben",
        "ell",
        "grc",
        "deu",
        "lav",
        "lit",
        "tur",
    ]
    for script, characters in assigned.items():
        for _ in range(60):
            text = "".join(
                draw.choice(characters if draw.random() < 0.85 else others) for _ in range(draw.randint(1, 40))
            )
            yield "random " + script, draw.choice(languages), text
    everything = [character for characters in assigned.values() for character in characters]
    for _ in range(500):
        yield "random mixture", draw.choice(languages), "".join(
            draw.choice(everything) for _ in range(draw.randint(1, 30))
        )


def rule_lines(engine, draw):
    """Runs of characters that have rules, most of one script, among them many of the rules that have conditions."""
    of_script = {}
    for key, found in engine.rom_rules.items():
        if key and found:
            of_script.setdefault(engine.chr_script_name(key[0]), []).append(key)
    conditional = [
        key
        for keys in of_script.values()
        for key in keys
        if any(rule["n-restr"] or rule["t-at-end-of-syllable"] is not None for rule in engine.rom_rules[key])
    ]
    between = list(" " * 20 + ".,-'\"\u0301\u0308\u200c\u0300ー\u3000")
    for _ in range(3000):
        pools = [of_script[draw.choice(list(of_script))]] * 7 + [conditional] * 2 + [between] * 2
        yield (
            "rules",
            draw.choice(["", "rus", "ukr", "bul", "fas", "san", "eng", "uig"]),
            "".join(draw.choice(draw.choice(pools)) for _ in range(draw.randint(1, 25))),
        )


def number_lines(draw):
    counting = "零〇一二三四五六七八九十百千万亿兆萬億京两點点负負"
    pools = [
        "0123456789.",
        counting,
        counting + "0123456789.",
        "一二三十百千万",
        "፩፪፫፬፭፮፯፰፱፲፳፴፵፶፷፸፹፺፻፼",
        "०१२३४५६७८९.½",
        "٠١٢٣٤٥٦٧٨٩.",
        "௧௨௩௪௫௰௱௲",
        "ⅠⅡⅢⅣⅩⅬ½¼⅓①②⒈⁴₅",
        "1½२¾五",
    ]
    for pool in pools:
        for _ in range(60):
            yield "numbers", "", "".join(draw.choice(pool) for _ in range(draw.randint(1, 14)))
    for _ in range(150):
        below = "".join(draw.choice("一二三四五六七八九十百") for _ in range(draw.randint(1, 4)))
        above = "".join(draw.choice("一二三四五六七八九0123456789.") for _ in range(draw.randint(1, 4)))
        yield "numbers", "", f"{draw.choice(['', '负'])}{below}分之{above}"
    for _ in range(20):
        yield "numbers", "", "".join(draw.choice("0123456789") for _ in range(draw.randint(15, 60))) + draw.choice(
            "十百万亿."
        )
    for decimal in ("3.14159265", "0.5", "12345.678901", "00.70", "99999999.99999", "1.5"):
        for power in "万亿兆萬億":
            yield "numbers", "", f"{decimal}{power}"


def sign_lines():
    """Number signs that have a value and no spelling, behind the consonants of scripts whose consonants carry a vowel."""
    for word in ["ক", "যোন", "যোন়", "কিতর", "မောန", "မန", "கன", "कन", "नमस्त", "ಕನ", "ගන"]:
        for sign in "፻፼፩〇\uf8f0\uf8f9\uf8ff":
            for behind in ["", "፻", " ", "ক", "a"]:
                yield "signs", "", word + sign + behind


def characters():
    for code in range(0x110000):
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co") or 0xF8D0 <= code <= 0xF8FF:
            yield "character", "", chr(code)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--characters", action="store_true")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    engine = uroman.Uroman()
    draw = random.Random(1311)
    lines = (
        characters()
        if asked.characters
        else [*real_lines(draw), *random_lines(draw), *number_lines(draw), *rule_lines(engine, draw), *sign_lines()]
    )
    file = asked.out / ("characters.json" if asked.characters else "lines.json")
    file.write_text(json.dumps(list(answers(engine, lines)), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
