// safetensors: eight bytes of length, a JSON header with every tensor's dtype, shape and place, then the bytes.
// https://github.com/huggingface/safetensors describes it.
//
// Tensors are views of the mapped file wherever their bytes lie aligned: a 300 MB voice is opened in milliseconds and
// takes no second copy. Such a view is READ-ONLY (writing to it ends the program): copy_() it into a parameter, or ask
// for copies.
#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "vits/formats/tensor_map.h"

namespace vits::formats {

enum class TensorMemory { mapped, copied };

struct TensorInfo {
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0, bytes = 0;  // place in the data part of the file
};

struct SafetensorsHeader {
  std::map<std::string, TensorInfo> tensors;
  std::map<std::string, std::string> metadata;
  uint64_t data_offset = 0;  // of the data part in the file
};

// Names, dtypes and shapes without touching the data. Throws Error when the header is damaged or larger than 16 MB,
// names a tensor twice, or when the tensors' places do not cover the rest of the file exactly once.
SafetensorsHeader read_safetensors_header(const std::filesystem::path& path);

TensorMap read_safetensors(const std::filesystem::path& path, TensorMemory memory = TensorMemory::mapped);

// All shards named by `model.safetensors.index.json`, which lie beside it. Throws Error when a shard lacks a tensor
// that the index promises, or holds one that it does not.
TensorMap read_sharded_safetensors(const std::filesystem::path& index, TensorMemory memory = TensorMemory::mapped);

// Atomic, one tensor after the other (no copy of a contiguous CPU tensor is made), wider elements first and then by
// name, so that every tensor lies aligned. `__metadata__` says {"format": "pt"}, which older transformers insist on.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors);

}  // namespace vits::formats
