// What write_torchscript() makes an archive of: a program put together from its parts, without a tracer or a compiler.
//
// A module is a class with its values: parameters, whole and real numbers, modules within. The writer declares each
// class from what its module has, so the text is that of the methods alone. Modules of one class name whose
// declarations or methods differ (the same part of another depth) become classes of their own.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vits::formats {

struct ScriptModule {
  std::string type;  // the class's name, such as Conv1d
  // `def`s in TorchScript, from the third column on, as they stand in a class; empty lines are left out. `self` needs
  // no type; a module within that has no name but a number is getattr(self, "0").
  std::string methods = {};
  // Their values are the tensors of these names, after those of the modules above: decoder.conv_pre.weight.
  std::vector<std::string> parameters = {};
  std::vector<std::pair<std::string, std::variant<int64_t, double>>> settings = {};
  std::vector<std::pair<std::string, ScriptModule>> children = {};
};

}  // namespace vits::formats
