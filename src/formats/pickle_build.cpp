#include "pickle_build.h"

#include <memory>
#include <utility>

#include "mapped_tensor.h"
#include "pickle_names.h"
#include "printable.h"

namespace vits::formats {

namespace {

using Kind = PickleValue::Kind;
using Items = std::vector<const PickleNode*>;

constexpr size_t kMostPickledTensors = 20'000, kMostPickledDimensions = 8;

int64_t integer_of(const PickleStack& stack, const PickleNode* node) {
  if (node->kind != Kind::integer || !node->fits) throw stack.damaged("a number is missing");
  return node->integer;
}

std::vector<int64_t> integers_of(const PickleStack& stack, const PickleNode* node) {
  if ((node->kind != Kind::tuple && node->kind != Kind::list) || node->items.size() > kMostPickledDimensions)
    throw stack.damaged("a shape is missing");
  std::vector<int64_t> values;
  for (const PickleNode* item : node->items) values.push_back(integer_of(stack, item));
  return values;
}

const PickleNode* argument(const PickleStack& stack, const Items& arguments, size_t index) {
  if (index >= arguments.size()) throw stack.damaged("an argument is missing");
  return arguments[index];
}

// The items of the only argument, none when there is none.
Items items_of_argument(const Items& arguments) { return arguments.empty() ? Items{} : arguments[0]->items; }

bool reaches_only_its_storage(const TensorPlace& place) {
  if (place.offset < 0 || place.sizes.size() != place.strides.size()) return false;
  if (!tensor_bytes(place.sizes, place.storage->dtype)) return false;
  int64_t last = place.offset;
  bool empty = false;
  for (size_t i = 0; i < place.sizes.size(); ++i) {
    empty |= place.sizes[i] == 0;
    int64_t step = 0;
    if (place.strides[i] < 0) return false;
    if (place.sizes[i] > 0
        && (__builtin_mul_overflow(place.sizes[i] - 1, place.strides[i], &step)
            || __builtin_add_overflow(last, step, &last)))
      return false;
  }
  return empty ? place.offset <= place.storage->elements : last < place.storage->elements;
}

void build_tensor(PickleStack& stack, const Items& arguments) {
  if (arguments.size() < 4 || !arguments[0]->storage) throw stack.damaged("a tensor without its storage");
  if (stack.tree.tensors.size() >= kMostPickledTensors)
    throw Error("{} holds more than {} tensors; no voice does.", stack.file, kMostPickledTensors);
  auto place = std::make_unique<TensorPlace>();
  place->storage = arguments[0]->storage;
  place->offset = integer_of(stack, arguments[1]);
  place->sizes = integers_of(stack, arguments[2]);
  place->strides = integers_of(stack, arguments[3]);
  if (!reaches_only_its_storage(*place)) throw stack.damaged("a tensor that reaches outside its storage");
  PickleNode* node = stack.make(Kind::tensor);
  node->place = std::move(place);
  stack.tree.tensors.push_back(node);
  stack.push(node);
}

void build_dictionary(PickleStack& stack, const Items& pairs) {
  PickleNode* node = stack.make(Kind::dictionary);
  for (const PickleNode* pair : pairs) {
    if (pair->items.size() != 2) throw stack.damaged("an entry that is no pair");
    stack.add_items(node, pair->items);
  }
  stack.push(node);
}

// Protocol 2 has no bytes: Python writes them as text whose code points are the bytes.
void build_bytes(PickleStack& stack, std::string_view text) {
  std::string bytes;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      bytes += text[i];
    } else {
      if (byte > 0xC3 || i + 1 == text.size()) throw stack.damaged("bytes that are none");
      bytes += static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3F));
    }
  }
  stack.push_text(stack.keep(std::move(bytes)), Kind::bytes);
}

void build_device(PickleStack& stack, const Items& arguments) {
  std::string text(argument(stack, arguments, 0)->text);
  if (arguments.size() > 1) text += ":" + std::to_string(integer_of(stack, arguments[1]));
  stack.push_text(stack.keep(std::move(text)), Kind::text);
}

}  // namespace

Error refused(const std::string& file, std::string_view name) {
  return Error(
      "{} asks for \"{}\", which is not data; nothing of it was run. Only tensors, numbers, text, lists and "
      "dictionaries are "
      "read: save the state_dict() alone, or as safetensors.",
      file, printable(name));
}

void push_name(PickleStack& stack, std::string_view module, std::string_view name, Classes classes) {
  const std::string full = std::string(module) + "." + std::string(name);
  const KnownName* known = find_known_name(full);
  const bool script = classes == Classes::torchscript, module_class = script && full.starts_with("__torch__.");
  if (!module_class && (!known || (known->torchscript_only && !script))) throw refused(stack.file, full);
  PickleNode* node = stack.make(Kind::name);
  node->text = known ? known->name : stack.keep(full);
  stack.push(node);
}

void build_named(PickleStack& stack) {
  const Items& arguments = stack.pop(Kind::tuple)->items;
  const PickleNode* callee = stack.pop(Kind::name);
  const KnownName* known = find_known_name(callee->text);
  if (!known) {  // a class of a TorchScript archive
    PickleNode* node = stack.make(Kind::object);
    node->text = callee->text;
    return stack.push(node);
  }
  switch (known->meaning) {
    case PickleName::rebuild_tensor:
      return build_tensor(stack, arguments);
    case PickleName::rebuild_parameter:
    case PickleName::first_argument:
      return stack.push(const_cast<PickleNode*>(argument(stack, arguments, 0)));
    case PickleName::ordered_dict:
      return build_dictionary(stack, items_of_argument(arguments));
    case PickleName::default_dict:
      return build_dictionary(stack, {});
    case PickleName::same_tuple:
      return stack.push_items(Kind::tuple, items_of_argument(arguments));
    case PickleName::same_list:
      return stack.push_items(Kind::list, items_of_argument(arguments));
    case PickleName::set:
      return stack.push_items(Kind::set, items_of_argument(arguments));
    case PickleName::encoded_bytes:
      return build_bytes(stack, argument(stack, arguments, 0)->text);
    case PickleName::device:
      return build_device(stack, arguments);
    case PickleName::storage:
    case PickleName::plain_name:
      break;
  }
  throw refused(stack.file, std::string(known->name) + "()");
}

void build_storage(PickleStack& stack) {
  const Items& id = stack.pop()->items;
  if (id.size() < 5 || id[0]->kind != Kind::text || id[0]->text != "storage" || id[1]->kind != Kind::name
      || id[2]->kind != Kind::text)
    throw stack.damaged("an unknown kind of reference");
  const KnownName* type = find_known_name(id[1]->text);
  if (!type || type->meaning != PickleName::storage) throw stack.damaged("a storage of unknown type");
  if (id.size() > 5 && id[5]->kind != Kind::none)
    throw Error("{} was written by a PyTorch before 0.4; load and save it once with a newer one.", stack.file);
  const StoragePlace place{id[2]->text, type->dtype, integer_of(stack, id[4]), {}};
  if (!tensor_bytes({place.elements}, place.dtype)) throw stack.damaged("a storage of impossible size");
  const auto [stored, is_new] = stack.tree.storages.try_emplace(place.key, place);
  if (!is_new && (stored->second.dtype != place.dtype || stored->second.elements != place.elements))
    throw stack.damaged("a storage described in two ways");
  PickleNode* node = stack.make(Kind::object);
  node->text = type->name;
  node->storage = &stored->second;
  stack.push(node);
}

void set_state(PickleStack& stack) {
  const PickleNode* state = stack.pop();
  PickleNode* node = stack.top();
  if (node->kind != Kind::object) return;
  if (node->storage || state->kind != Kind::dictionary)
    throw stack.damaged("an object with a state that is no dictionary");
  stack.add_items(node, state->items);
}

}  // namespace vits::formats
