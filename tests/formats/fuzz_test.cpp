// Damaged files of tensors, and files made to take memory.
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <fstream>

#include "fuzzing.h"
#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/json.h"
#include "vits/formats/pickle.h"
#include "vits/formats/safetensors.h"
#include "vits/formats/torchscript.h"
#include "vits/formats/zip.h"

namespace {

using namespace vits::formats;
using vits::support::Mutator;

class CountingAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* memory = std::malloc(std::max<size_t>(bytes, 1));
    count_allocation(static_cast<int64_t>(malloc_usable_size(memory)));
    return {memory, memory, &release, c10::Device(c10::DeviceType::CPU)};
  }
  static void release(void* memory) {
    count_allocation(-static_cast<int64_t>(malloc_usable_size(memory)));
    std::free(memory);
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
};

// Reading a tensor proves that it lies within its file.
void touch(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) tensor.clone();
}

int values_in(const PickleValue& value) {
  int count = 1;
  if (value.is(PickleValue::Kind::dictionary) || value.is(PickleValue::Kind::object)) {
    for (const auto& [key, item] : value.entries()) count += values_in(key) + values_in(item);
  } else if (value.is(PickleValue::Kind::tensor)) {
    value.tensor().clone();
  } else if (value.is(PickleValue::Kind::list) || value.is(PickleValue::Kind::tuple)
             || value.is(PickleValue::Kind::set)) {
    for (size_t i = 0; i < value.size(); ++i) count += values_in(value.item(i));
  }
  return count;
}

// Every other time one record is damaged and the zip file around it is sound, or its checksums would shield the pickle.
std::string damage_zip(const std::string& bytes, Mutator& mutator) {
  if (mutator.below(2) == 0) return mutator.damage(bytes);
  vits::base::TemporaryFolder folder;
  std::ofstream(folder.path() / "in.zip", std::ios::binary) << bytes;
  const ZipReader in(folder.path() / "in.zip");
  ZipWriter out(folder.path() / "out.zip");
  for (const auto& [name, entry] : in.entries()) {
    const std::string record(in.read(name).text());
    out.add(name, name.ends_with("data.pkl") ? mutator.damage(record) : record);
  }
  out.commit();
  return vits::base::read_file(folder.path() / "out.zip");
}

void fuzz(const std::vector<std::string>& seeds, Damage damage, Read read) {
  static CountingAllocator allocator;
  c10::SetCPUAllocator(&allocator, 255);
  std::vector<std::filesystem::path> files;
  for (const auto& seed : seeds) files.push_back(python_files() / seed);
  fuzz_files(files, damage, read);
}

TEST(Fuzz, Safetensors) {
  fuzz({"mixed.safetensors", "odd.safetensors"}, damage_bytes, [](const auto& path) { touch(read_safetensors(path)); });
}

TEST(Fuzz, TorchZip) {
  fuzz({"mixed_zip.pth", "odd_zip.pth", "plain_zip.pth", "G_1234_zip.pth", "deflated.pth"}, damage_zip,
       [](const auto& path) { values_in(read_torch_file(path)); });
}

TEST(Fuzz, TorchLegacy) {
  fuzz({"mixed_legacy.pth", "odd_legacy.pth", "plain_legacy.pth", "G_1234_legacy.pth"}, damage_bytes,
       [](const auto& path) { values_in(read_torch_file(path)); });
}

TEST(Fuzz, TorchScript) {
  fuzz({"script.pt"}, damage_zip, [](const auto& path) { touch(read_torchscript(path).tensors); });
}

TEST(Fuzz, Json) {
  fuzz({"sharded/model.safetensors.index.json"}, damage_bytes, [](const auto& path) { read_json(path); });
}

// Files made to take as much memory as they can, each about 16 MB.
constexpr size_t kWorstBytes = 16'000'000;

int64_t most_allocated(const std::string& bytes, Read read) {
  static CountingAllocator allocator;
  c10::SetCPUAllocator(&allocator, 255);
  vits::base::TemporaryFolder folder;
  const auto path = folder.path() / "worst";
  std::ofstream(path, std::ios::binary) << bytes;
  const int64_t before = allocated_bytes;
  most_allocated_bytes = before;
  try {
    read(path);
  } catch (const vits::Error&) {
  }
  return most_allocated_bytes - before;
}

std::string repeated(const std::string& begin, const std::string& part, const std::string& end = "") {
  std::string text = begin;
  while (text.size() + part.size() + end.size() <= kWorstBytes) text += part;
  return text + end;
}

TEST(Fuzz, JsonMadeToTakeMemoryTakesLessThan100Megabytes) {
  std::string numbered = "{";
  for (int i = 0; numbered.size() < kWorstBytes; ++i) numbered += "\"" + std::to_string(i) + "\":[0],";
  for (const auto& text : {repeated("[", "[],"), repeated("[\"", "a", "\"]"), repeated("[", "{\"a\":0},"), numbered})
    EXPECT_LT(most_allocated(text, [](const auto& path) { read_json(path); }), kMostAllocated) << text.substr(0, 20);
}

TEST(Fuzz, SafetensorsMadeToTakeMemoryTakeLessThan100Megabytes) {
  std::string header = "{";
  for (int i = 0; header.size() < kWorstBytes - 100; ++i)
    header +=
        (i ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0,0,0,0,0,0,0,0],"data_offsets":[0,0]})";
  header += "}";
  for (const auto& text :
       {header, repeated("{\"", "a", "\":{}}"), repeated("{\"__metadata__\":{\"a\":\"", "a", "\"}}")}) {
    const uint64_t length = text.size();
    const std::string bytes = std::string(reinterpret_cast<const char*>(&length), 8) + text;
    EXPECT_LT(most_allocated(bytes, [](const auto& path) { touch(read_safetensors(path)); }), kMostAllocated)
        << text.substr(0, 20);
  }
}

TEST(Fuzz, PicklesMadeToTakeMemoryTakeLessThan100Megabytes) {
  const std::string protocol = "\x80\x02", nothing = std::string(1, '\0');
  for (const auto& pickle : {repeated(protocol, "]"), repeated(protocol, "]\x94"), repeated(protocol + "](", "]\x94"),
                             repeated(protocol + "]", "]Na"), repeated(protocol + "]q" + nothing, "h" + nothing),
                             repeated(protocol + "N](",
                                      "]\x94N\x94"
                                      "a",
                                      "e."),
                             repeated(protocol + "c__torch__\n", "A", "\n.")}) {
    vits::base::TemporaryFolder folder;
    ZipWriter zip(folder.path() / "worst");
    zip.add("a/data.pkl", pickle);
    zip.commit();
    const std::string bytes = vits::base::read_file(folder.path() / "worst");
    EXPECT_LT(most_allocated(bytes, [](const auto& path) { values_in(read_torch_file(path)); }), kMostAllocated)
        << pickle.substr(0, 20);
  }
  EXPECT_LT(most_allocated(vits::base::read_file(python_files() / "bomb.pth"),
                           [](const auto& path) { read_torch_file(path); }),
            kMostAllocated);
}

}  // namespace
