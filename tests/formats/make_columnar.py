"""Tables as pyarrow and datasets write them: make_columnar.py --out FOLDER

Beside each table NAME.arrow or NAME.parquet stands NAME.json with what Python reads from it, in the words in which our reader
gives it: {"columns": {name: [text or null, ...]}, "huggingface": bool}. Bytes are given in hex, after "x:".
"""
import argparse
import json
import pathlib
import random

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

parser = argparse.ArgumentParser()
parser.add_argument("--out", type=pathlib.Path, required=True)
out = parser.parse_args().out
out.mkdir(parents=True)
choose = random.Random(4)


def text_of(value, kind):
    if value is None:
        return None
    if pa.types.is_boolean(kind):
        return "true" if value else "false"
    if pa.types.is_floating(kind):
        return np.format_float_positional(np.float64(value) if kind.bit_width == 64 else np.float32(value), trim="-")
    if isinstance(value, bytes):
        return "x:" + value.hex()
    return str(value)


def is_column(kind):
    types = pa.types
    return (types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind) or types.is_null(kind)
            or types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind)
            or types.is_fixed_size_binary(kind) and not types.is_decimal(kind)
            or types.is_string_view(kind) or types.is_binary_view(kind))


def cells(name, values, kind):
    """The columns below one field: {path: texts}."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_struct(kind):
        found = {}
        for child in kind:
            found |= cells(f"{name}.{child.name}", [None if v is None else v[child.name] for v in values], child.type)
        return found
    return {name: [text_of(v, kind) for v in values]} if is_column(kind) else {}


def expect(name, table, huggingface=False):
    columns = {}
    for field in table.schema:
        columns |= cells(field.name, table.column(field.name).to_pylist(), field.type)
    (out / f"{name}.json").write_text(json.dumps({"columns": columns, "huggingface": huggingface}))


def some(make, count, nulls=0.2):
    return [None if choose.random() < nulls else make(i) for i in range(count)]


WORDS = ["silav", "dinya", "ۆ", "語", "", "a longer word than twelve bytes", "x" * 300]


def rich_table(rows):
    """A column of every type, with nulls; structs in structs; lists, maps and dates in between that are to be skipped."""
    text = lambda i: choose.choice(WORDS) + str(i % 7)
    blob = lambda i: bytes(choose.randrange(256) for _ in range(choose.randrange(40)))
    columns = {
        "text": pa.array(some(text, rows)),
        "text_required": pa.array(some(text, rows, 0)),
        "list": pa.array(some(lambda i: [text(i)] * choose.randrange(3), rows)),
        "large_text": pa.array(some(text, rows), pa.large_string()),
        "blob": pa.array(some(blob, rows), pa.binary()),
        "large_blob": pa.array(some(blob, rows), pa.large_binary()),
        "fixed": pa.array(some(lambda i: blob(i).ljust(40)[:5], rows), pa.binary(5)),
        "day": pa.array(some(lambda i: i, rows), pa.date32()),
        "moment": pa.array(some(lambda i: i, rows), pa.timestamp("us")),
        "flag": pa.array(some(lambda i: choose.random() < 0.5, rows)),
        "audio": pa.array(some(lambda i: {"bytes": None if i % 5 == 0 else blob(i), "path": text(i)}, rows),
                          pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "deep": pa.array(some(lambda i: {"a": None if i % 3 == 0 else {"b": None if i % 4 == 0 else i, "c": [i]}}, rows),
                         pa.struct([("a", pa.struct([("b", pa.int16()), ("c", pa.list_(pa.int64()))]))])),
        "half": pa.array(some(lambda i: np.float16(choose.randrange(-999, 999) / 8), rows), pa.float16()),
        "single": pa.array(some(lambda i: choose.randrange(-9999, 9999) / 16, rows), pa.float32()),
        "double": pa.array(some(lambda i: choose.randrange(-99999, 99999) / 1000, rows), pa.float64()),
        "map": pa.array(some(lambda i: [("k", i)], rows), pa.map_(pa.string(), pa.int64())),
        "nothing": pa.nulls(rows),
    }
    for bits in [8, 16, 32, 64]:
        low, high = -2 ** (bits - 1), 2 ** (bits - 1) - 1
        columns[f"int{bits}"] = pa.array(some(lambda i: choose.choice([low, high, i % 100, -i % 100]), rows), f"int{bits}")
        columns[f"uint{bits}"] = pa.array(some(lambda i: choose.choice([0, 2 ** bits - 1, i % 100]), rows), f"uint{bits}")
    columns["coded"] = pa.StructArray.from_arrays([pa.array(some(text, rows)).dictionary_encode()], ["label"],
                                                  mask=pa.array([choose.random() < 0.2 for _ in range(rows)]))
    columns["category"] = pa.array(some(text, rows)).dictionary_encode()
    columns["null_category"] = pa.DictionaryArray.from_arrays(pa.array(some(lambda i: i % 3, rows), pa.int8()), pa.array(["yek", "du", None]))
    return pa.table(columns)


def write_arrow(name, table, stream=True, batch_rows=1000, compression=None, **options):
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(str(out / f"{name}.arrow"), table.schema, options=pa.ipc.IpcWriteOptions(compression=compression, **options)) as writer:
        for batch in table.to_batches(max_chunksize=batch_rows):
            writer.write_batch(batch)
    expect(name, table)


def arrow_tables():
    table = rich_table(2500)
    write_arrow("stream", table)
    write_arrow("file", table, stream=False, batch_rows=700)
    write_arrow("zstd", table, compression="zstd")
    write_arrow("lz4", table, stream=False, compression="lz4")
    write_arrow("v4", rich_table(100), metadata_version=pa.ipc.MetadataVersion.V4)
    write_arrow("sliced", table.slice(333, 1111), batch_rows=400)
    write_arrow("empty", table.slice(0, 0))
    words = some(lambda i: choose.choice(WORDS), 500)
    views = pa.table({"a": pa.array(words, pa.string_view()), "n": pa.array(range(500)),
                      "b": pa.array(some(lambda i: WORDS[i % 7].encode(), 500), pa.binary_view())})
    write_arrow("views", views, batch_rows=90)
    write_arrow("views_zstd", views, compression="zstd")
    # A dictionary that grows with each batch, as deltas and as replacements.
    batches = [pa.record_batch({"c": pa.array([f"{i % (10 * n)}" for i in range(50)]).dictionary_encode()}) for n in (1, 2, 3)]
    for name, deltas in [("deltas", True), ("replaced", False)]:
        with pa.ipc.new_stream(str(out / f"{name}.arrow"), batches[0].schema, options=pa.ipc.IpcWriteOptions(emit_dictionary_deltas=deltas)) as writer:
            for batch in batches:
                writer.write_batch(batch)
        expect(name, pa.Table.from_batches(batches))
    (out / "broken").mkdir()
    whole = (out / "stream.arrow").read_bytes()
    (out / "broken" / "half.arrow").write_bytes(whole[: len(whole) // 2])
    with pa.ipc.new_stream(str(out / "broken" / "no_end.arrow"), table.schema) as writer:
        writer.write_table(table)
    whole = (out / "broken" / "no_end.arrow").read_bytes()
    (out / "broken" / "no_end.arrow").write_bytes(whole[:-8])


def hugging_face_folder():
    rows = 2100
    features = datasets.Features({"audio": datasets.Audio(sampling_rate=16000), "sentence": datasets.Value("string"),
                                  "gender": datasets.ClassLabel(names=["female", "male"]), "up_votes": datasets.Value("int32"),
                                  "votes": datasets.Sequence(datasets.Value("int64"))})
    audio = [None if i % 50 == 7 else {"bytes": None if i % 3 == 0 else bytes([i % 256]) * (i % 90), "path": None if i % 7 == 0 and i % 3 else f"{i}.wav"}
             for i in range(rows)]
    (out / "wavs").mkdir()
    for row in audio:
        if row and row["bytes"] is None and row["path"]:
            row["path"] = str(out / "wavs" / row["path"])
            pathlib.Path(row["path"]).write_bytes(b"sound of " + row["path"][-8:].encode())
    # Not from_dict(), which wants torchcodec for audio even when there is nothing to encode.
    data = datasets.Dataset(datasets.table.InMemoryTable(pa.Table.from_pydict(
        {"audio": audio, "sentence": some(lambda i: f"hevok {i}", rows), "gender": some(lambda i: i % 2, rows),
         "up_votes": list(range(rows)), "votes": [[i] for i in range(rows)]}, schema=features.arrow_schema)))
    assert data.features == features
    data.save_to_disk(out / "saved", num_shards=3)
    for shard in sorted((out / "saved").glob("*.arrow")):
        with pa.memory_map(str(shard)) as source:
            name = f"saved_{shard.stem}"
            expect(name, pa.ipc.open_stream(source).read_all(), huggingface=True)
        shard.rename(out / f"{name}.arrow")
    data.to_parquet(out / "hub.parquet", batch_size=100)
    expect("hub", pq.read_table(out / "hub.parquet"), huggingface=True)


def write_parquet(name, table, **options):
    pq.write_table(table, out / f"{name}.parquet", **options)
    expect(name, pq.read_table(out / f"{name}.parquet"))


def parquet_tables():
    table = rich_table(1200).drop_columns(["null_category"])  # which Parquet has no way to say
    for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
        for version in ["1.0", "2.0"]:
            write_parquet(f"{codec}_{version}", table, compression=codec, data_page_version=version, data_page_size=5000,
                          row_group_size=choose.choice([700, 10_000]))
    write_parquet("brotli", table.slice(0, 10), compression="brotli")
    for name in ["brotli.parquet", "brotli.json"]:
        (out / name).rename(out / "broken" / name)
    write_parquet("plain", table, use_dictionary=False, compression="none")
    write_parquet("small_dictionary", table, dictionary_pagesize_limit=200, data_page_size=500)  # goes over to plain
    texts = ["text", "text_required", "large_text", "blob", "fixed"]
    integers = ["int32", "int64", "uint32", "uint64", "int8"]
    numbers = integers + ["single", "double", "half", "fixed"]
    for name, columns, encoding in [("delta_numbers", integers, "DELTA_BINARY_PACKED"), ("delta_texts", texts, "DELTA_BYTE_ARRAY"),
                                    ("delta_lengths", texts[:4], "DELTA_LENGTH_BYTE_ARRAY"),
                                    ("split", numbers, "BYTE_STREAM_SPLIT"), ("runs", ["flag"], "RLE")]:
        for version in ["1.0", "2.0"]:
            write_parquet(f"{name}_{version}", table.select(columns), use_dictionary=False, data_page_version=version,
                          column_encoding={c: encoding for c in columns}, data_page_size=3000)
    write_parquet("no_rows", table.slice(0, 0))
    write_parquet("all_null", pa.table({"a": pa.nulls(100, pa.string()), "b": pa.nulls(100, pa.int32()), "c": pa.nulls(100, pa.bool_())}),
                  data_page_version="2.0")
    rows = 40_000
    large = pa.table({"n": pa.array(range(rows)), "name": pa.array([f"clip {i * 7919 % rows}" for i in range(rows)]),
                      "same": pa.array(["a"] * rows)})
    write_parquet("large", large, row_group_size=rows)
    frame = table.select(["text", "int16", "flag", "double"]).to_pandas()
    frame.to_parquet(out / "pandas.parquet")
    expect("pandas", pq.read_table(out / "pandas.parquet"))
    zeros = pa.table({"a": pa.array([bytes(1000)] * 80_000)})  # 80 MB in one page
    for codec in ["zstd", "gzip", "snappy", "lz4"]:
        pq.write_table(zeros, out / "broken" / f"bomb_{codec}.parquet", compression=codec, use_dictionary=False,
                       data_page_size=1 << 30, write_batch_size=80_000, max_rows_per_page=80_000)
    with pa.ipc.new_stream(str(out / "broken" / "bomb.arrow"), zeros.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(zeros)
    whole = (out / "plain.parquet").read_bytes()
    (out / "broken" / "half.parquet").write_bytes(whole[: len(whole) // 2])


def small_tables():
    """What gets damaged thousands of times."""
    (out / "small").mkdir()
    table = rich_table(60).drop_columns(["null_category"])
    for options in ({}, {"compression": "zstd"}, {"compression": "lz4"}, {"metadata_version": pa.ipc.MetadataVersion.V4}):
        write_arrow(f"small/{len(options)}{options.get('compression', '')}", table, batch_rows=25, **options)
    views = pa.table({"a": pa.array(some(lambda i: choose.choice(WORDS), 60), pa.string_view())})
    write_arrow("small/views", views, stream=False, batch_rows=25)
    texts = table.select(["text", "text_required", "blob", "fixed"])
    integers = table.select(["int32", "int64", "int8"])
    for version in ["1.0", "2.0"]:
        options = {"data_page_version": version, "data_page_size": 300}
        for codec in ["none", "snappy", "gzip", "zstd", "lz4"]:
            write_parquet(f"small/{codec}_{version}", table, compression=codec, **options)
        for name, columns, encoding in [("numbers", integers, "DELTA_BINARY_PACKED"), ("texts", texts, "DELTA_BYTE_ARRAY"),
                                        ("lengths", texts.select(["text", "blob"]), "DELTA_LENGTH_BYTE_ARRAY"),
                                        ("split", table.select(["int32", "double", "fixed"]), "BYTE_STREAM_SPLIT"),
                                        ("runs", table.select(["flag"]), "RLE")]:
            write_parquet(f"small/{name}_{version}", columns, compression="none", use_dictionary=False,
                          column_encoding={c: encoding for c in columns.column_names}, **options)


arrow_tables()
parquet_tables()
small_tables()
hugging_face_folder()
