#include "vits/formats/json.h"

#include <vector>

#include "printable.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/base/mapped_file.h"

namespace vits::formats {

namespace {

constexpr size_t kMostValues =
    500'000;  // about 100 bytes each as entries of objects; bounds what 16 MB of "[[[],[],..." may take

struct Place {
  size_t line = 1, column = 1;
};

Place place_of(std::string_view text, size_t offset) {
  Place place;
  for (size_t i = 0; i < std::min(offset, text.size()); ++i) {
    ++place.column;
    if (text[i] == '\n') place = {place.line + 1, 1};
  }
  return place;
}

// Builds the value as it is read, so that limits strike before the memory is taken. nlohmann's own callbacks offer
// neither a limit nor a look at repeated keys.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, const std::string& source) : text_(text), source_(source) {}
  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (open_.back()->contains(name))
      throw Error("{}: the key \"{}\" occurs twice in one object.", source_, printable(name));
    key_ = std::move(name);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    const auto [line, column] = place_of(text_, position == 0 ? 0 : position - 1);
    const std::string why =
        error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: what it is"
    const size_t colon = why.find(": ");
    throw Error("{}:{}:{}: this is not JSON: {}", source_, line, column,
                printable(colon == std::string::npos ? why : why.substr(colon + 2)));
  }

 private:
  Json* place(Json&& value) {
    if (++count_ > kMostValues) throw Error("{} has more than {} values; such JSON is not read.", source_, kMostValues);
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool add(Json value) { return place(std::move(value)) != nullptr; }
  bool open(Json value) {
    if (open_.size() >= kDeepestJson) throw Error("{} is nested deeper than {} levels.", source_, kDeepestJson);
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const std::string& source_;
  Json root_;
  std::vector<Json*> open_;  // from the root inwards; a parent grows only when its last child is closed
  std::string key_;
  size_t count_ = 0;
};

template <class AnyJson>
std::string pretty(const AnyJson& value) {
  try {
    return value.dump(2) + "\n";
  } catch (const nlohmann::detail::type_error&) {
    throw Error("a text that should be written as JSON is not UTF-8.");
  }
}

}  // namespace

Json parse_json(std::string_view text, const std::string& source) {
  if (text.size() > kLargestJsonBytes)
    throw Error("{} has {} bytes; JSON of more than {} is not read.", source, text.size(), kLargestJsonBytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Builder builder(text, source);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

Json read_json(const std::filesystem::path& path) {
  const base::MappedFile file(path);
  return parse_json({file.bytes().data(), file.bytes().size()}, path.string());
}

std::string json_text(const Json& value) { return pretty(value); }
std::string json_text(const OrderedJson& value) { return pretty(value); }
void write_json(const std::filesystem::path& path, const Json& value) { base::write_file(path, json_text(value)); }
void write_json(const std::filesystem::path& path, const OrderedJson& value) {
  base::write_file(path, json_text(value));
}

}  // namespace vits::formats
