#include "vits/formats/script_module.h"

#include <ATen/ATen.h>

#include <map>
#include <set>

#include "pickle_names.h"
#include "pickle_text.h"
#include "vits/base/error.h"
#include "vits/formats/torchscript.h"
#include "vits/formats/zip.h"

namespace vits::formats {

namespace {

constexpr std::string_view kSpace = "__torch__.vits";  // the namespace of all classes, and so of code/
constexpr const char* kCodeRecord = "code/__torch__/vits.py";
constexpr const char* kOperators = "10\n";  // the meaning that torch's operators had in version 1.12 and have today

std::string without_empty_lines(const std::string& text) {
  std::string kept;
  for (const char letter : text)
    if (letter != '\n' || (!kept.empty() && kept.back() != '\n')) kept += letter;
  return kept;
}

// The classes of a tree, each written once.
class ClassTexts {
 public:
  // The full name of the module's class.
  std::string name_of(const ScriptModule& module) {
    const std::string body = body_of(module);
    for (int same = 1;; ++same) {
      const std::string name = same == 1 ? module.type : fmt::format("{}_{}", module.type, same);
      const auto [found, is_new] = bodies_.emplace(name, body);
      if (is_new) source_ += fmt::format("class {}(Module):\n{}", name, body);
      if (found->second == body) return fmt::format("{}.{}", kSpace, name);
    }
  }
  const std::string& source() const { return source_; }

 private:
  static std::string declaration(const std::string& name, std::string_view type) {
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? fmt::format("  __annotations__[\"{}\"] = {}\n", name, type)
                     : fmt::format("  {} : {}\n", name, type);
  }

  std::string body_of(const ScriptModule& module) {
    std::string body = "  __parameters__ = [";
    for (const auto& name : module.parameters) body += fmt::format("\"{}\", ", name);
    body += "]\n  __buffers__ = []\n  __annotations__ = []\n  training : bool\n";
    for (const auto& name : module.parameters) body += declaration(name, "Tensor");
    for (const auto& [name, value] : module.settings)
      body += declaration(name, std::holds_alternative<int64_t>(value) ? "int" : "float");
    for (const auto& [name, child] : module.children) body += declaration(name, name_of(child));
    return body + without_empty_lines(module.methods);
  }

  std::map<std::string, std::string> bodies_;  // by name
  std::string source_;
};

// data.pkl: the modules as objects of their classes.
class ObjectWriter {
 public:
  ObjectWriter(ClassTexts& classes, const TensorMap& tensors, std::string file)
      : classes_(classes), tensors_(tensors), file_(std::move(file)) {}

  void put(const std::string& prefix, const ScriptModule& module) {
    const std::string type = classes_.name_of(module);
    pickle_.name(kSpace, std::string_view(type).substr(kSpace.size() + 1)).raw(")\x81}(");
    pickle_.text("training").raw("\x89");
    for (const auto& name : module.parameters) put_parameter(prefix, name);
    for (const auto& [name, value] : module.settings) {
      pickle_.text(name);
      if (const auto* whole = std::get_if<int64_t>(&value))
        pickle_.integer(*whole);
      else
        pickle_.real(std::get<double>(value));
    }
    for (const auto& [name, child] : module.children) {
      pickle_.text(name);
      put(prefix + name + ".", child);
    }
    pickle_.raw("ub");
  }

  void check_all_written() const {
    for (const auto& entry : tensors_)
      if (!used_.contains(entry.first))
        throw Error("{} would lose the tensor {}, which belongs to none of its modules.", file_, entry.first);
  }
  std::string take_pickle() { return pickle_.raw(".").take(); }
  const std::vector<at::Tensor>& values() const { return values_; }

 private:
  void put_parameter(const std::string& prefix, const std::string& name) {
    const auto found = tensors_.find(prefix + name);
    if (found == tensors_.end()) throw Error("{} cannot be written: there is no tensor {}.", file_, prefix + name);
    if (storage_name(found->second.scalar_type()).empty())
      throw Error("a tensor of the dtype {} cannot be written to {}.", c10::toString(found->second.scalar_type()),
                  file_);
    pickle_.text(name).tensor(found->second, values_.size(), /*requires_grad=*/true);
    values_.push_back(found->second);
    used_.insert(found->first);
  }

  ClassTexts& classes_;
  const TensorMap& tensors_;
  std::string file_;
  PickleText pickle_;
  std::vector<at::Tensor> values_;
  std::set<std::string> used_;
};

}  // namespace

void write_torchscript(const std::filesystem::path& path, const ScriptModule& root, const TensorMap& tensors,
                       const ExtraFiles& extra_files) {
  ClassTexts classes;
  ObjectWriter objects(classes, tensors, path.string());
  objects.put("", root);
  objects.check_all_written();

  const std::string folder = "archive/";
  ZipWriter zip(path);
  for (const auto& [name, text] : extra_files) zip.add(folder + "extra/" + name, text);
  zip.add(folder + "data.pkl", objects.take_pickle());
  zip.add(folder + kCodeRecord, classes.source());
  add_storages(zip, folder, objects.values());
  zip.add(folder + "constants.pkl", PickleText().raw(").").take());  // an empty tuple
  zip.add(folder + "byteorder", "little");
  zip.add(folder + "version", kOperators);
  zip.commit();
}

}  // namespace vits::formats
