// Which columns an Arrow table has, and where in each record batch their values stand.
//
// A record batch lists its nodes (one a field, parents before children) and its buffers in the order of the schema. How
// many buffers a field has follows from its type, so the places are counted once; only the number of data buffers of
// "view" types differs from batch to batch.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flatbuffer.h"

namespace vits::formats {

enum class ArrowKind { null, boolean, integer, real, fixed_bytes, bytes, large_bytes, view };

struct ArrowType {
  ArrowKind kind = ArrowKind::null;
  int64_t value_bytes = 0;  // of an integer, a real number, or bytes of fixed size
  bool is_signed = true;
};

struct ArrowPlace {
  uint64_t node = 0;
  uint64_t buffer = 0;        // its first one, which says what is null
  uint64_t views_before = 0;  // fields of view types before it
};

struct ArrowColumn {
  std::string name;
  ArrowType type;  // of the indices when there is a dictionary
  ArrowPlace place;
  std::vector<ArrowPlace> parents;  // structs, outermost first
  struct Dictionary {
    int64_t id = 0;
    ArrowType type;
  };
  std::optional<Dictionary> dictionary;
};

struct ArrowSchema {
  std::vector<ArrowColumn> columns;
  std::string huggingface;  // metadata of that key
  ArrowPlace end;           // how many nodes and buffers (without those of views) a batch has
};

// `version` is that of the message: 3 or 4 for the versions that its authors call V4 and V5.
ArrowSchema read_arrow_schema(const FlatTable& schema, int version);

}  // namespace vits::formats
