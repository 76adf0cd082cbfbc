// Data sets as people have them, recognised by their files: what each is, which recordings it holds and what is said.
//
//   ljspeech     metadata.csv with id|text or id|text|normalised text, wavs/
//   table        a manifest with a header (CSV, TSV or bars) or without (path|text, path|speaker|text)
//   jsonl        a manifest of JSON Lines
//   audiofolder  Hugging Face: metadata.csv or metadata.jsonl with file_name, also one in each split's folder
//   commonvoice  Mozilla Common Voice: validated.tsv and clips/
//   vctk         txt/<speaker>/<id>.txt and wav48*/<speaker>/<id>*
//   pairs        x.wav with x.txt beside it
//   datasets     Hugging Face: save_to_disk (Arrow), one split or several
//   parquet      Hugging Face: Parquet shards as a hub stores them
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "vits/base/options.h"
#include "vits/data/clip.h"

namespace vits::data {

struct LayoutOptions {
  std::string layout = "auto";
  std::string column_audio, column_text, column_speaker, column_id;
  std::string encoding = "auto";
  std::vector<std::string> splits;
  int64_t min_votes = 0;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("layout", layout,
          base::one_of({"auto", "ljspeech", "table", "jsonl", "audiofolder", "commonvoice", "vctk", "pairs", "datasets",
                        "parquet"}),
          "How the recordings and texts lie on the disk; auto finds out.");
    field("column_audio", column_audio, base::any(),
          "The manifest's column of recordings: its name, or its number from 1 when there is no header.");
    field("column_text", column_text, base::any(), "The column of texts.");
    field("column_speaker", column_speaker, base::any(), "The column of speakers.");
    field("column_id", column_id, base::any(), "The column of ids; without one a recording's file name is its id.");
    field("encoding", encoding, base::any(),
          "Of the manifest: auto knows UTF-8 and UTF-16, otherwise a name such as windows-1252.");
    field("splits", splits, base::any(), "Only these splits of a data set that has several (train, validation, ...).");
    field("min_votes", min_votes, base::at_least(0),
          "Common Voice: clips whose up votes less their down votes are fewer are left out.");
  }
};

struct Listing {
  std::string layout;
  std::string columns;      // "recordings from path, texts from sentence", for people; empty: the layout has none
  std::vector<Clip> clips;  // in the source's order
  std::vector<Rejected> rejected;            // rows that are no clip
  std::vector<std::filesystem::path> files;  // manifests and tables that were read, for prepare.json's hashes
};

// `source` is a folder or a manifest. Throws Error when no layout fits, with what was looked for and which option would
// say it, and UsageError when a named column is not there, with the columns that are.
Listing list_source(const std::filesystem::path& source, const LayoutOptions& options);

}  // namespace vits::data
