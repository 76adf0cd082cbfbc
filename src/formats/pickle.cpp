#include "vits/formats/pickle.h"

#include "pickle_tree.h"
#include "printable.h"
#include "vits/base/error.h"

namespace vits::formats {

namespace {

using Kind = PickleValue::Kind;

}  // namespace

std::string_view name_of(PickleValue::Kind kind) {
  switch (kind) {
    case Kind::none:
      return "nothing (None)";
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "a whole number";
    case Kind::real:
      return "a number";
    case Kind::text:
      return "text";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "a list";
    case Kind::tuple:
      return "a tuple";
    case Kind::set:
      return "a set";
    case Kind::dictionary:
      return "a dictionary";
    case Kind::tensor:
      return "a tensor";
    case Kind::name:
      return "a name";
    case Kind::object:
      return "an object";
  }
  return "";
}

namespace {

Error wrong_kind(std::string_view wanted, Kind found) {
  return Error("the file holds {} where {} is expected. Is it the right file?", name_of(found), wanted);
}

}  // namespace

PickleValue::Kind PickleValue::kind() const { return node_ ? node_->kind : Kind::none; }

bool PickleValue::boolean() const {
  if (!is(Kind::boolean)) throw wrong_kind(name_of(Kind::boolean), kind());
  return node_->integer != 0;
}

int64_t PickleValue::integer() const {
  if (!is(Kind::integer)) throw wrong_kind(name_of(Kind::integer), kind());
  if (!node_->fits) throw Error("the file holds a whole number of more than 64 bits. Is it the right file?");
  return node_->integer;
}

double PickleValue::number() const {
  if (is(Kind::real)) return node_->real;
  if (is(Kind::integer)) return static_cast<double>(integer());
  throw wrong_kind(name_of(Kind::real), kind());
}

std::string_view PickleValue::text() const {
  if (!is(Kind::text) && !is(Kind::bytes) && !is(Kind::name)) throw wrong_kind(name_of(Kind::text), kind());
  return node_->text;
}

const at::Tensor& PickleValue::tensor() const {
  if (!is(Kind::tensor)) throw wrong_kind(name_of(Kind::tensor), kind());
  return node_->tensor;
}

size_t PickleValue::size() const {
  const size_t items = node_ ? node_->items.size() : 0;
  return is(Kind::dictionary) || is(Kind::object) ? items / 2 : items;
}

PickleValue PickleValue::item(size_t index) const {
  if (!is(Kind::list) && !is(Kind::tuple) && !is(Kind::set)) throw wrong_kind(name_of(Kind::list), kind());
  if (index >= size()) throw Error("the file holds a list of {} items where item {} is expected.", size(), index);
  return PickleValue({node_, node_->items[index]});
}

std::vector<PickleValue::Entry> PickleValue::entries() const {
  if (!is(Kind::dictionary) && !is(Kind::object)) throw wrong_kind(name_of(Kind::dictionary), kind());
  std::vector<Entry> entries;
  for (size_t i = 0; i + 1 < node_->items.size(); i += 2)
    entries.emplace_back(PickleValue({node_, node_->items[i]}), PickleValue({node_, node_->items[i + 1]}));
  return entries;
}

std::optional<PickleValue> PickleValue::find(std::string_view key) const {
  if (!is(Kind::dictionary) && !is(Kind::object)) return std::nullopt;
  for (size_t i = node_->items.size(); i >= 2; i -= 2) {  // from the end: Python keeps the last of equal keys
    const PickleNode& name = *node_->items[i - 2];
    if (name.kind == Kind::text && name.text == key) return PickleValue({node_, node_->items[i - 1]});
  }
  return std::nullopt;
}

PickleValue PickleValue::at(std::string_view key) const {
  if (auto found = find(key)) return *found;
  if (!is(Kind::dictionary) && !is(Kind::object)) throw wrong_kind(name_of(Kind::dictionary), kind());
  throw Error("the file's dictionary has no entry \"{}\". Is it the right file?", key);
}

TensorMap PickleValue::tensors() const {
  TensorMap tensors;
  for (const auto& [name, value] : entries())
    if (name.is(Kind::text) && value.is(Kind::tensor))
      tensors.insert_or_assign(std::string(name.text()), value.tensor());
  return tensors;
}

}  // namespace vits::formats
