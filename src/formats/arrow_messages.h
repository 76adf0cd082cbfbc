// The messages of an Arrow file: a schema, then batches of rows and of dictionary values. They are found once, by
// stepping from each to the next; what they hold stays in the mapped file.
//
// The file form is the stream form between two marks, with a list of places at the end that is not needed here.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "arrow_schema.h"

namespace vits::formats {

struct ArrowBatch {
  uint64_t table = 0;     // where in `metadata` the flatbuffer table RecordBatch stands
  uint64_t metadata = 0;  // where in the file the metadata begins ...
  uint64_t metadata_bytes = 0;
  uint64_t body = 0;  // ... and the buffers
  uint64_t body_bytes = 0;
  int64_t first_row = 0;  // of the table, or of the dictionary
  int64_t rows = 0;
};

struct ArrowDictionaryBatch {
  ArrowBatch batch;
  size_t first_user = 0;  // the record batch from which on it counts
  bool is_delta = false;  // its values come behind those before, which otherwise it replaces
};

struct ArrowMessages {
  ArrowSchema schema;
  std::vector<ArrowBatch> batches;
  std::map<int64_t, std::vector<ArrowDictionaryBatch>> dictionaries;  // by id
  int64_t rows = 0;
};

bool is_arrow_file(Bytes file);    // begins with ARROW1
bool is_arrow_stream(Bytes file);  // begins with a message that is a schema

ArrowMessages read_arrow_messages(Bytes file);

}  // namespace vits::formats
