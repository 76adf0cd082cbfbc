"""Tables of text as Python's csv module writes and reads them: make_text_tables.py --out FOLDER

tables.json  a list of {"file", "delimiter", "quoted", "rows"}; each file stands beside it
lines.json   a list of {"line", "fields"}: what csv makes of odd single lines; null when a quotation mark does not close
"""
import argparse
import csv
import json
import pathlib
import random

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
out = parser.parse_args().out
out.mkdir(parents=True)
choose = random.Random(4)

PIECES = ["wav", "ê", "ۆ", "語", " ", ",", "|", "\t", ";", "'", ".", "1", "Silav!"]
QUOTED_PIECES = PIECES + ['"', '""', "\n", "\r\n", "\r", '"\n']


def field(pieces):
    return "".join(choose.choices(pieces, k=choose.randint(0, 8)))


tables = []
for i in range(300):
    delimiter = choose.choice(",\t|;")
    quoted = choose.random() < 0.7
    pieces = QUOTED_PIECES if quoted else [p for p in PIECES + ['"', '"""'] if p != delimiter]
    columns = choose.randint(1 if quoted else 2, 6)
    rows = [[field(pieces) for _ in range(columns)] for _ in range(choose.randint(1, 40))]
    dialect = {"delimiter": delimiter, "lineterminator": choose.choice(["\n", "\r\n", "\r"])}
    if quoted:
        dialect["quoting"] = choose.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
        if dialect["quoting"] == csv.QUOTE_MINIMAL:
            dialect["lineterminator"] = "\r\n"  # Python 3.11 puts only what is in here into quotation marks
    else:
        dialect |= {"quoting": csv.QUOTE_NONE, "quotechar": None}
    name = f"{i}.csv"
    with open(out / name, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, **dialect).writerows(rows)
    with open(out / name, encoding="utf-8", newline="") as file:
        read = list(csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE))
    assert read == rows
    tables.append({"file": name, "delimiter": delimiter, "quoted": quoted, "rows": rows})
(out / "tables.json").write_text(json.dumps(tables))

lines = []
for i in range(3000):
    line = "".join(choose.choices('ab",', k=choose.randint(1, 10)))
    reader = csv.reader([line + "\n", "x"])
    fields = next(reader)
    lines.append({"line": line, "fields": fields if reader.line_num == 1 else None})
(out / "lines.json").write_text(json.dumps(lines))
