#include "arrow_messages.h"

#include <optional>

#include "table_errors.h"

namespace vits::formats {

namespace {

using namespace std::string_view_literals;

enum HeaderType : uint8_t { kSchema = 1, kDictionaryBatch = 2, kRecordBatch = 3 };

constexpr std::string_view kFileMark = "ARROW1"sv;
constexpr uint64_t kFileMarkBytes = 8;  // with its padding
constexpr uint32_t kContinues = 0xFFFFFFFF;

struct Message {
  Bytes metadata;
  uint64_t metadata_begin = 0, body = 0, body_bytes = 0;
  uint8_t type = 0;
  int version = 0;
  FlatTable header;
};

// Nothing at the end of the stream.
std::optional<Message> next_message(Bytes file, uint64_t& place) {
  ByteReader reader(file.subspan(place));
  if (reader.next<uint32_t>() != kContinues)
    throw Error("it is damaged at byte {}: a message should begin there", place);
  const auto metadata_bytes = reader.next<uint32_t>();
  if (metadata_bytes == 0) return std::nullopt;
  const Bytes metadata = reader.take(metadata_bytes);
  const FlatTable message = FlatTable::root(metadata);
  const auto header = message.table(2);
  const auto body_bytes = message.number<int64_t>(3, 0);
  if (!header || body_bytes < 0) throw Error("its metadata is damaged at byte {}", place);
  const uint64_t metadata_begin = static_cast<uint64_t>(metadata.data() - file.data());
  const uint64_t body = metadata_begin + metadata_bytes;
  reader.take(static_cast<uint64_t>(body_bytes));
  place = body + static_cast<uint64_t>(body_bytes);
  return Message{metadata,
                 metadata_begin,
                 body,
                 static_cast<uint64_t>(body_bytes),
                 message.number<uint8_t>(1, 0),
                 message.number<int16_t>(0, 0),
                 *header};
}

ArrowBatch batch_of(const Message& message, const FlatTable& table, size_t file_bytes) {
  ArrowBatch batch{table.place(), message.metadata_begin, message.metadata.size(), message.body, message.body_bytes};
  batch.rows = table.number<int64_t>(0, 0);
  check_row_count(batch.rows, file_bytes);
  return batch;
}

}  // namespace

bool is_arrow_file(Bytes file) { return as_text(file).starts_with(kFileMark); }

bool is_arrow_stream(Bytes file) {
  if (!as_text(file).starts_with("\xFF\xFF\xFF\xFF")) return false;
  try {
    uint64_t place = 0;
    const auto message = next_message(file, place);
    return message && message->type == kSchema;
  } catch (const Error&) {
    return false;
  }
}

ArrowMessages read_arrow_messages(Bytes file) {
  if (is_arrow_file(file)) {
    if (!as_text(file).ends_with(kFileMark) || file.size() < kFileMarkBytes + kFileMark.size())
      throw Error("it is cut short: its end is missing");
    file = file.first(file.size() - kFileMark.size());
  }
  uint64_t place = is_arrow_file(file) ? kFileMarkBytes : 0;
  const auto first = next_message(file, place);
  if (!first || first->type != kSchema) throw Error("it is damaged: it does not begin with a schema");
  if (first->version < 3) throw Error("it was written by a version of Arrow before 0.8, which is not read here");
  ArrowMessages all;
  all.schema = read_arrow_schema(first->header, first->version);
  std::map<int64_t, int64_t> dictionary_rows;
  for (;;) {
    // A writer that was stopped leaves whole messages and no end; the rows that are missing would not be noticed.
    if (place == file.size()) throw Error("it is cut short after {} rows: its end is missing", all.rows);
    const auto message = next_message(file, place);
    if (!message) break;
    if (message->type == kRecordBatch) {
      ArrowBatch batch = batch_of(*message, message->header, file.size());
      batch.first_row = all.rows;
      all.rows += batch.rows;
      if (batch.rows > 0) all.batches.push_back(batch);
    } else if (message->type == kDictionaryBatch) {
      const auto id = message->header.number<int64_t>(0, 0);
      const auto values = message->header.table(1);
      if (!values) throw Error("it is damaged: a dictionary has no values");
      ArrowDictionaryBatch part{batch_of(*message, *values, file.size()), all.batches.size(),
                                message->header.number<uint8_t>(2, 0) != 0};
      int64_t& rows = dictionary_rows[id];
      if (!part.is_delta) rows = 0;
      part.batch.first_row = rows;
      rows += part.batch.rows;
      all.dictionaries[id].push_back(part);
    }
    check_row_count(all.rows, file.size());
  }
  return all;
}

}  // namespace vits::formats
