#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <unordered_map>

#include "mapped_tensor.h"
#include "pickle_names.h"
#include "pickle_tree.h"
#include "printable.h"
#include "vits/base/error.h"

// The opcodes are those of CPython's pickletools, protocols 2 to 5, without the textual ones of protocol 0 that no
// torch.save has ever written.
namespace vits::formats {

namespace {

using Kind = PickleValue::Kind;

// Together these keep the tree below 100 MB whatever the file says; a training checkpoint at MMS size has 30,000 nodes.
constexpr size_t kMostNodes = 400'000, kMostItems = 1'000'000, kMostStack = 1'000'000, kMostTensors = 50'000,
                 kMostDimensions = 64;
constexpr size_t kLargestPickle = 64u << 20, kMostMadeText = 8u << 20;

class Machine {
 public:
  Machine(std::span<const char> bytes, PickleTree& tree, const std::string& file, Classes classes)
      : bytes_(bytes), tree_(tree), file_(file), classes_(classes) {}

  size_t run() {
    while (!step(next<uint8_t>())) {
    }
    return at_;
  }

 private:
  // ---- bytes
  std::span<const char> take(uint64_t count) {
    if (count > bytes_.size() - at_)
      throw Error("{} is damaged or cut short: its pickle ends at byte {}.", file_, bytes_.size());
    const auto part = bytes_.subspan(at_, count);
    at_ += count;
    return part;
  }
  template <class Integer>
  Integer next() {
    Integer value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view take_text(uint64_t count) {
    const auto part = take(count);
    return {part.data(), part.size()};
  }
  std::string_view line() {
    const std::string_view rest(bytes_.data() + at_, bytes_.size() - at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) throw damaged("a name without an end");
    return take_text(end + 1).substr(0, end);
  }
  Error damaged(std::string_view what) const {
    return Error("{} is damaged: {} before byte {} of its pickle.", file_, what, at_);
  }
  Error refused(std::string_view name) const {
    return Error(
        "{} asks for \"{}\", which is not data; nothing of it was run. Only tensors, numbers, text, lists and "
        "dictionaries "
        "are read: save the state_dict() alone, or as safetensors.",
        file_, printable(name));
  }

  // ---- stack; a null pointer is a mark
  PickleNode* make(Kind kind) {
    if (tree_.nodes.size() >= kMostNodes)
      throw Error("{} holds more than {} values; no voice does.", file_, kMostNodes);
    PickleNode& node = tree_.nodes.emplace_back();
    node.kind = kind;
    return &node;
  }
  void push(PickleNode* node) {
    if (stack_.size() >= kMostStack) throw damaged("a stack without an end");
    stack_.push_back(node);
  }
  PickleNode* top() const {
    if (stack_.empty() || !stack_.back()) throw damaged("a value is missing");
    return stack_.back();
  }
  PickleNode* pop() {
    PickleNode* node = top();
    stack_.pop_back();
    return node;
  }
  std::vector<const PickleNode*> pop_to_mark() {
    const auto mark = std::find(stack_.rbegin(), stack_.rend(), nullptr);
    if (mark == stack_.rend()) throw damaged("a mark is missing");
    std::vector<const PickleNode*> items(mark.base(), stack_.end());
    stack_.erase(mark.base() - 1, stack_.end());
    return items;
  }
  PickleNode* of_kind(PickleNode* node, Kind kind) const {
    if (node->kind != kind) throw damaged("a value of the wrong kind");
    return node;
  }
  void add_items(PickleNode* node, std::span<const PickleNode* const> items) {
    if (items_ + items.size() > kMostItems)
      throw Error("{} holds more than {} items; no voice does.", file_, kMostItems);
    items_ += items.size();
    node->items.insert(node->items.end(), items.begin(), items.end());
  }
  void push_items(Kind kind, std::span<const PickleNode* const> items) {
    PickleNode* node = make(kind);
    add_items(node, items);
    push(node);
  }
  void push_text(std::string_view text, Kind kind) {
    if (kind == Kind::text && !is_utf8(text)) throw damaged("a text that is not UTF-8");
    PickleNode* node = make(kind);
    node->text = text;
    push(node);
  }
  void push_integer(int64_t value) {
    PickleNode* node = make(Kind::integer);
    node->integer = value;
    push(node);
  }
  // Any number of bytes, lowest first, two's complement.
  void push_long(uint64_t count) {
    const auto digits = take(count);
    const bool negative = count > 0 && (digits[count - 1] & 0x80);
    uint64_t value = negative ? ~0ull : 0;
    for (size_t i = std::min<size_t>(count, 8); i-- > 0;) value = value << 8 | static_cast<unsigned char>(digits[i]);
    push_integer(static_cast<int64_t>(value));
    for (size_t i = 8; i < count; ++i)
      if (digits[i] != (negative ? '\xff' : '\0')) top()->fits = false;
    if (count >= 8 && (static_cast<int64_t>(value) < 0) != negative) top()->fits = false;
  }
  // None, True and False are one byte in the file: one node each serves all.
  void push_constant(Kind kind, int64_t value) {
    PickleNode*& node = kind == Kind::none ? none_ : value ? true_ : false_;
    if (!node) {
      node = make(kind);
      node->integer = value;
    }
    push(node);
  }
  void memoize(uint64_t key) {
    if (memo_.size() >= kMostNodes) throw damaged("a memo without an end");
    memo_[key] = top();
  }
  void push_memo(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) throw damaged("a reference to nothing");
    push(found->second);
  }

  // ---- names and what they build
  void push_name(std::string_view module, std::string_view name) {
    const std::string full = std::string(module) + "." + std::string(name);
    const KnownName* known = find_known_name(full);
    const bool module_class = classes_ == Classes::torchscript && full.starts_with("__torch__.");
    if (!module_class && (!known || (known->torchscript_only && classes_ == Classes::none))) throw refused(full);
    PickleNode* node = make(Kind::name);
    node->text = known ? known->name : keep(full);
    push(node);
  }

  // Texts that are put together here. Made of memoized ones they could grow without end from a small file.
  std::string_view keep(std::string text) {
    made_bytes_ += text.size();
    if (made_bytes_ > kMostMadeText)
      throw Error("{} holds names of more than {} bytes; no voice does.", file_, kMostMadeText);
    return tree_.made_names.emplace_back(std::move(text));
  }

  int64_t integer_of(const PickleNode* node) const {
    if (node->kind != Kind::integer || !node->fits) throw damaged("a number is missing");
    return node->integer;
  }
  std::vector<int64_t> integers_of(const PickleNode* node) const {
    if ((node->kind != Kind::tuple && node->kind != Kind::list) || node->items.size() > kMostDimensions)
      throw damaged("no shape");
    std::vector<int64_t> values;
    for (const PickleNode* item : node->items) values.push_back(integer_of(item));
    return values;
  }

  // ('storage', torch.FloatStorage, key, device, elements[, view])
  void persistent() {
    const auto& id = pop()->items;
    if (id.size() < 5 || id[0]->kind != Kind::text || id[0]->text != "storage" || id[1]->kind != Kind::name
        || id[2]->kind != Kind::text)
      throw damaged("an unknown kind of reference");
    const KnownName* type = find_known_name(id[1]->text);
    if (!type || type->meaning != PickleName::storage) throw damaged("a storage of unknown type");
    if (id.size() > 5 && id[5]->kind != Kind::none)
      throw Error("{} was written by a PyTorch before 0.4; load and save it once with a newer one.", file_);
    StoragePlace place{id[2]->text, type->dtype, integer_of(id[4]), {}};
    if (!tensor_bytes({place.elements}, place.dtype)) throw damaged("a storage of impossible size");
    const auto [stored, is_new] = tree_.storages.try_emplace(place.key, place);
    if (!is_new && (stored->second.dtype != place.dtype || stored->second.elements != place.elements))
      throw damaged("a storage described in two ways");
    PickleNode* node = make(Kind::object);
    node->text = type->name;
    node->storage = &stored->second;
    push(node);
  }

  void rebuild_tensor(const std::vector<const PickleNode*>& arguments) {
    if (arguments.size() < 4 || !arguments[0]->storage) throw damaged("a tensor without its storage");
    if (tree_.tensors.size() >= kMostTensors)
      throw Error("{} holds more than {} tensors; no voice does.", file_, kMostTensors);
    auto place = std::make_unique<TensorPlace>();
    place->storage = arguments[0]->storage;
    place->offset = integer_of(arguments[1]);
    place->sizes = integers_of(arguments[2]);
    place->strides = integers_of(arguments[3]);
    if (!reaches_only_its_storage(*place)) throw damaged("a tensor that reaches outside its storage");
    PickleNode* node = make(Kind::tensor);
    node->place = std::move(place);
    tree_.tensors.push_back(node);
    push(node);
  }

  static bool reaches_only_its_storage(const TensorPlace& place) {
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

  const PickleNode* argument(const std::vector<const PickleNode*>& arguments, size_t index) const {
    if (index >= arguments.size()) throw damaged("too few arguments");
    return arguments[index];
  }

  void build_dictionary(const std::vector<const PickleNode*>& pairs) {
    PickleNode* node = make(Kind::dictionary);
    for (const PickleNode* pair : pairs) {
      if (pair->items.size() != 2) throw damaged("an entry that is no pair");
      add_items(node, pair->items);
    }
    push(node);
  }

  // REDUCE and NEWOBJ: (name, arguments) -> value
  void build() {
    const auto& arguments = of_kind(pop(), Kind::tuple)->items;
    const PickleNode* callee = of_kind(pop(), Kind::name);
    const KnownName* known = find_known_name(callee->text);
    if (!known) {  // a class of a TorchScript archive
      PickleNode* node = make(Kind::object);
      node->text = callee->text;
      return push(node);
    }
    switch (known->meaning) {
      case PickleName::rebuild_tensor:
        return rebuild_tensor(arguments);
      case PickleName::rebuild_parameter:
      case PickleName::first_argument: {
        const auto* value = argument(arguments, 0);
        return push(const_cast<PickleNode*>(value));
      }
      case PickleName::ordered_dict:
        return build_dictionary(arguments.empty() ? arguments : argument(arguments, 0)->items);
      case PickleName::default_dict:
        return build_dictionary({});
      case PickleName::same_list:
        return push_items(known->name == "torch.Size" ? Kind::tuple : Kind::list,
                          arguments.empty() ? arguments : argument(arguments, 0)->items);
      case PickleName::set:
        return push_items(Kind::set, arguments.empty() ? arguments : argument(arguments, 0)->items);
      case PickleName::encoded_bytes:
        return push_latin1(argument(arguments, 0)->text);
      case PickleName::device: {
        const auto* type = argument(arguments, 0);
        std::string text(type->text);
        if (arguments.size() > 1) text += ":" + std::to_string(integer_of(arguments[1]));
        return push_text(keep(std::move(text)), Kind::text);
      }
      case PickleName::storage:
      case PickleName::plain_name:
        break;
    }
    throw refused(std::string(known->name) + "()");
  }

  // Protocol 2 has no bytes: Python writes them as text whose code points are the bytes.
  void push_latin1(std::string_view text) {
    std::string bytes;
    for (size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte < 0x80) {
        bytes += text[i];
      } else {
        if (byte > 0xC3 || i + 1 == text.size()) throw damaged("bytes that are none");
        bytes += static_cast<char>((byte & 3) << 6 | (text[++i] & 0x3F));
      }
    }
    push_text(keep(std::move(bytes)), Kind::bytes);
  }

  // BUILD: attributes. Dictionaries carry some of their own (a state_dict's _metadata), which are no data of ours.
  void set_state() {
    const PickleNode* state = pop();
    PickleNode* node = top();
    if (node->kind != Kind::object) return;
    if (node->storage || state->kind != Kind::dictionary) throw damaged("an object with a state that is no dictionary");
    add_items(node, state->items);
  }

  void set_items(PickleNode* node, std::span<const PickleNode* const> items) {
    if (items.size() % 2 != 0) throw damaged("a key without its value");
    add_items(of_kind(node, Kind::dictionary), items);
  }

  PickleNode* extendable(PickleNode* node) const {
    if (node->kind != Kind::list && node->kind != Kind::set) throw damaged("a value of the wrong kind");
    return node;
  }

  // clang-format off: one opcode a line is a table
  bool step(uint8_t opcode) {  // true when the pickle is complete
    switch (opcode) {
      case 0x80:
        take(1);
        break;  // PROTO
      case 0x95:
        take(8);
        break;  // FRAME
      case '.':
        tree_.root = pop();
        return true;  // STOP
      case '(':
        push(nullptr);
        break;  // MARK
      case '0':
        pop_any();
        break;  // POP
      case '1':
        pop_to_mark();
        break;  // POP_MARK
      case '2':
        push(top());
        break;  // DUP
      case 'N':
        push_constant(Kind::none, 0);
        break;  // NONE
      case 0x88:
        push_constant(Kind::boolean, 1);
        break;  // NEWTRUE
      case 0x89:
        push_constant(Kind::boolean, 0);
        break;  // NEWFALSE
      case 'K':
        push_integer(next<uint8_t>());
        break;  // BININT1
      case 'M':
        push_integer(next<uint16_t>());
        break;  // BININT2
      case 'J':
        push_integer(next<int32_t>());
        break;  // BININT
      case 0x8a:
        push_long(next<uint8_t>());
        break;  // LONG1
      case 0x8b:
        push_long(next<uint32_t>());
        break;  // LONG4
      case 'G':
        push_real();
        break;  // BINFLOAT
      case 'X':
        push_text(take_text(next<uint32_t>()), Kind::text);
        break;  // BINUNICODE
      case 0x8c:
        push_text(take_text(next<uint8_t>()), Kind::text);
        break;  // SHORT_BINUNICODE
      case 0x8d:
        push_text(take_text(next<uint64_t>()), Kind::text);
        break;  // BINUNICODE8
      case 'B':
        push_text(take_text(next<uint32_t>()), Kind::bytes);
        break;  // BINBYTES
      case 'C':
        push_text(take_text(next<uint8_t>()), Kind::bytes);
        break;    // SHORT_BINBYTES
      case 0x8e:  // BINBYTES8
      case 0x96:
        push_text(take_text(next<uint64_t>()), Kind::bytes);
        break;  // BYTEARRAY8
      case 'T':
        push_python2_text(take_text(next<uint32_t>()));
        break;  // BINSTRING
      case 'U':
        push_python2_text(take_text(next<uint8_t>()));
        break;  // SHORT_BINSTRING
      case ')':
        push(make(Kind::tuple));
        break;  // EMPTY_TUPLE
      case ']':
        push(make(Kind::list));
        break;  // EMPTY_LIST
      case '}':
        push(make(Kind::dictionary));
        break;  // EMPTY_DICT
      case 0x8f:
        push(make(Kind::set));
        break;  // EMPTY_SET
      case 't':
        push_items(Kind::tuple, pop_to_mark());
        break;  // TUPLE
      case 'l':
        push_items(Kind::list, pop_to_mark());
        break;  // LIST
      case 0x91:
        push_items(Kind::set, pop_to_mark());
        break;  // FROZENSET
      case 0x85:
        push_tuple(1);
        break;  // TUPLE1
      case 0x86:
        push_tuple(2);
        break;  // TUPLE2
      case 0x87:
        push_tuple(3);
        break;     // TUPLE3
      case 'd': {  // DICT
        const auto items = pop_to_mark();
        PickleNode* node = make(Kind::dictionary);
        set_items(node, items);
        push(node);
        break;
      }
      case 'a': {  // APPEND
        const PickleNode* item = pop();
        add_items(extendable(top()), {&item, 1});
        break;
      }
      case 'e':     // APPENDS
      case 0x90: {  // ADDITEMS
        const auto items = pop_to_mark();
        add_items(extendable(top()), items);
        break;
      }
      case 's': {  // SETITEM
        const PickleNode* value = pop();
        const PickleNode* entry[] = {pop(), value};
        set_items(top(), entry);
        break;
      }
      case 'u': {  // SETITEMS
        const auto items = pop_to_mark();
        set_items(top(), items);
        break;
      }
      case 'q':
        memoize(next<uint8_t>());
        break;  // BINPUT
      case 'r':
        memoize(next<uint32_t>());
        break;  // LONG_BINPUT
      case 0x94:
        memoize(memo_.size());
        break;  // MEMOIZE
      case 'h':
        push_memo(next<uint8_t>());
        break;  // BINGET
      case 'j':
        push_memo(next<uint32_t>());
        break;     // LONG_BINGET
      case 'c': {  // GLOBAL
        const auto module = line();
        push_name(module, line());
        break;
      }
      case 0x93: {  // STACK_GLOBAL
        const PickleNode* name = of_kind(pop(), Kind::text);
        push_name(of_kind(pop(), Kind::text)->text, name->text);
        break;
      }
      case 'i': {  // INST
        const auto module = line();
        throw refused(std::string(module) + "." + std::string(line()));
      }
      case 'Q':
        persistent();
        break;   // BINPERSID
      case 'R':  // REDUCE
      case 0x81:
        build();
        break;  // NEWOBJ
      case 'b':
        set_state();
        break;  // BUILD
      default:
        throw Error("{} is damaged or was not written by torch.save: its pickle has the opcode {} at byte {}.", file_,
                    opcode, at_ - 1);
    }
    return false;
  }

  // clang-format on

  void pop_any() {
    if (stack_.empty()) throw damaged("a value is missing");
    stack_.pop_back();
  }
  void push_real() {  // highest byte first
    const auto part = take(8);
    uint64_t bits = 0;
    for (const char byte : part) bits = bits << 8 | static_cast<unsigned char>(byte);
    PickleNode* node = make(Kind::real);
    node->real = std::bit_cast<double>(bits);
    push(node);
  }
  void push_tuple(size_t count) {
    const PickleNode* items[3];
    for (size_t i = count; i-- > 0;) items[i] = pop();
    push_items(Kind::tuple, std::span(items, count));
  }
  void push_python2_text(std::string_view text) { push_text(text, is_utf8(text) ? Kind::text : Kind::bytes); }

  std::span<const char> bytes_;
  PickleTree& tree_;
  const std::string& file_;
  Classes classes_;
  size_t at_ = 0, items_ = 0, made_bytes_ = 0;
  std::vector<PickleNode*> stack_;
  std::unordered_map<uint64_t, PickleNode*> memo_;
  PickleNode *none_ = nullptr, *true_ = nullptr, *false_ = nullptr;
};

}  // namespace

size_t run_opcodes(std::span<const char> bytes, PickleTree& tree, const std::string& file, Classes classes) {
  return Machine(bytes.first(std::min(bytes.size(), kLargestPickle)), tree, file, classes).run();
}

}  // namespace vits::formats
