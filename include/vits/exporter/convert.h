// `vits-train convert`: a voice from one form into another.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "vits/base/options.h"

namespace vits::exporter {

struct ConvertOptions {
  std::string format = "huggingface";
  std::string dtype = "keep";
  bool keep_discriminators = false;
  std::vector<std::string> reinitialize = {};
  int64_t seed = 0;
  bool overwrite = false;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("format", format, base::one_of({"huggingface", "torchscript", "original"}), "What to write.");
    field("dtype", dtype, base::one_of({"keep", "float32", "float16", "bfloat16"}),
          "Of the weights in a Hugging Face folder; half the bytes with the last two.");
    field("keep_discriminators", keep_discriminators, base::any(),
          "Keep the discriminators in a Hugging Face folder, so that training can go on from it.");
    field("reinitialize", reinitialize, base::any(),
          "Tensors to start afresh instead of taking them from FROM; * and ? stand for any characters.");
    field("seed", seed, base::at_least(0), "Of what --reinitialize starts afresh.");
    field("overwrite", overwrite, base::any(),
          "Replace a voice that already stands at TO; anything else there, and a voice with other files beside it, "
          "stays.");
  }
};

struct Converted {
  std::vector<std::string> notes;          // how FROM was read
  std::vector<std::string> reinitialized;  // tensors
};

// Reads, checks every tensor against the network that the config describes, and writes. Throws Error when anything is
// wrong; what stood at `to` is then as it was.
Converted convert(const std::filesystem::path& from, const std::filesystem::path& to, const ConvertOptions& options);

}  // namespace vits::exporter
