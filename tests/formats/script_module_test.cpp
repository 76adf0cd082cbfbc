#include "vits/formats/script_module.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/file_kind.h"
#include "vits/formats/torchscript.h"
#include "vits/formats/zip.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;

// x times a factor, twice; what LibTorch makes of such an archive is tested where voices are written.
ScriptModule scaling(double factor) {
  return {.type = "Scaling",
          .methods = "  def forward(self, x: Tensor) -> Tensor:\n    return x * self.weight * self.factor\n",
          .parameters = {"weight"},
          .settings = {{"factor", factor}, {"rows", int64_t{2}}}};
}

ScriptModule chain(const std::vector<ScriptModule>& links) {
  ScriptModule chain{.type = "Chain"};
  for (size_t i = 0; i < links.size(); ++i) chain.children.emplace_back(std::to_string(i), links[i]);
  return chain;
}

std::string code_of(const std::filesystem::path& archive) {
  return std::string(ZipReader(archive).read("archive/code/__torch__/vits.py").text());
}

TEST(ScriptModule, TensorsAndExtraFilesAreReadBack) {
  TemporaryFolder folder;
  const auto path = folder.path() / "new.pt";
  const TensorMap tensors{{"0.weight", at::arange(6, at::kFloat).view({2, 3})},
                          {"1.weight", at::arange(6, at::kFloat).view({3, 2}).t()}};
  write_torchscript(path, chain({scaling(2), scaling(3)}), tensors, {{"config.json", "{\"name\": \"ڕ\"}"}});
  EXPECT_EQ(file_kind(path), FileKind::torchscript);
  const auto read = read_torchscript(path);
  ASSERT_EQ(read.tensors.size(), 2u);
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(read.tensors.at(name).equal(tensor)) << name;
  EXPECT_EQ(read.extra_files, (ExtraFiles{{"config.json", "{\"name\": \"ڕ\"}"}}));
}

TEST(ScriptModule, EveryClassStandsInTheCodeOnceAndANameForOneClass) {
  TemporaryFolder folder;
  const auto path = folder.path() / "new.pt";
  ScriptModule other = scaling(4);
  other.methods = "\n  def forward(self, x: Tensor) -> Tensor:\n\n    return x\n";
  TensorMap tensors;
  for (const char* name : {"0.weight", "1.weight", "2.weight"}) tensors[name] = at::ones({1});
  write_torchscript(path, chain({scaling(2), scaling(3), other}), tensors, {});
  EXPECT_EQ(code_of(path), R"(class Scaling(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  __annotations__ = []
  training : bool
  weight : Tensor
  factor : float
  rows : int
  def forward(self, x: Tensor) -> Tensor:
    return x * self.weight * self.factor
class Scaling_2(Module):
  __parameters__ = ["weight", ]
  __buffers__ = []
  __annotations__ = []
  training : bool
  weight : Tensor
  factor : float
  rows : int
  def forward(self, x: Tensor) -> Tensor:
    return x
class Chain(Module):
  __parameters__ = []
  __buffers__ = []
  __annotations__ = []
  training : bool
  __annotations__["0"] = __torch__.vits.Scaling
  __annotations__["1"] = __torch__.vits.Scaling
  __annotations__["2"] = __torch__.vits.Scaling_2
)");
}

TEST(ScriptModule, ATensorTooFewOrTooManyIsAnErrorAndLeavesNoFile) {
  TemporaryFolder folder;
  const auto message_of = [&](const TensorMap& tensors) -> std::string {
    try {
      write_torchscript(folder.path() / "new.pt", chain({scaling(2)}), tensors, {});
    } catch (const vits::Error& error) {
      return error.what();
    }
    return "written";
  };
  const auto one = at::ones({1});
  EXPECT_NE(message_of({}).find("there is no tensor 0.weight"), std::string::npos);
  EXPECT_NE(message_of({{"0.weight", one}, {"1.bias", one}}).find("would lose the tensor 1.bias"), std::string::npos);
  EXPECT_NE(message_of({{"0.weight", one.to(at::kComplexFloat)}}).find("ComplexFloat"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
