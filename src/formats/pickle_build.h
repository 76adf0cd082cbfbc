// What the names in a pickle mean, built from the values on the stack: our own code instead of Python's.
#pragma once
#include <string_view>

#include "pickle_stack.h"

namespace vits::formats {

// The Error for a name that is not data.
Error refused(const std::string& file, std::string_view name);

// GLOBAL: the name as a value, if it is one that we know; the Error above if not.
void push_name(PickleStack& stack, std::string_view module, std::string_view name, Classes classes);

// REDUCE and NEWOBJ: takes (name, arguments), pushes what the name builds from them.
void build_named(PickleStack& stack);

// BINPERSID: takes ('storage', torch.FloatStorage, key, device, elements[, view]), pushes the storage.
void build_storage(PickleStack& stack);

// BUILD: takes a state, gives it to the object below. Dictionaries carry some of their own (a state_dict's _metadata),
// which are no data of ours and are dropped.
void set_state(PickleStack& stack);

}  // namespace vits::formats
