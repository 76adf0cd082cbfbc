#include "vits/formats/torch_tree.h"

#include <cmath>

#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"
#include "vits/formats/zip.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;

const Json kFacts = Json::parse(
    R"({"none": null, "yes": true, "no": false, "least": -9223372036854775808, "real": 0.1, "whole real": 2.0,
        "text": "ڕۆژ\u0000", "list": [[], {}, [1, "a"]], "": {"deep": [null]}})");

TEST(TorchTree, TreesReadBackAsTheyWereWritten) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.pt";
  const at::Tensor flat = at::arange(10, at::kFloat);
  write_torch_file(path,
                   {TorchTree::Dictionary{{"facts", tree_of(kFacts)},
                                          {"tensors", {TorchTree::List{{flat.narrow(0, 2, 3)}, {flat}, {flat}}}},
                                          {"empty", tree_of(TensorMap{})}}},
                   {{"notes.txt", "a record"}});
  const PickleValue tree = read_torch_file(path);
  EXPECT_EQ(json_of(tree.at("facts")), kFacts);
  EXPECT_EQ(json_of(tree.at("facts")).dump(), kFacts.dump());  // 2.0 is not 2
  EXPECT_TRUE(tree.at("tensors").item(0).tensor().equal(flat.narrow(0, 2, 3)));
  EXPECT_EQ(tree.at("tensors").item(0).tensor().storage().nbytes(), 12u);
  EXPECT_TRUE(tree.at("tensors").item(2).tensor().equal(flat));
  EXPECT_TRUE(tree.at("empty").tensors().empty());
  EXPECT_EQ(ZipReader(path).read("archive/notes.txt").text(), "a record");
}

TEST(TorchTree, ANumberThatIsNotFiniteIsNoneAsInTheJsonText) {
  TemporaryFolder folder;
  write_torch_file(folder.path() / "a.pt", tree_of(Json{{"a", INFINITY}, {"b", NAN}}));
  EXPECT_EQ(json_of(read_torch_file(folder.path() / "a.pt")), Json::parse(R"({"a": null, "b": null})"));
}

TEST(TorchTree, WhatJsonHasNoWordForIsAnError) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.pt";
  write_torch_file(path, {TorchTree::Dictionary{{"a", {at::zeros({2})}}}});
  EXPECT_THROW(json_of(read_torch_file(path)), vits::Error);
  write_torch_file(path, {TorchTree::Dictionary{{"a", {uint64_t{1} << 63}}}});
  EXPECT_THROW(json_of(read_torch_file(path)), vits::Error);
  EXPECT_THROW(json_of(read_torch_file(python_files() / "plain_zip.pth")), vits::Error);  // holds bytes
}

TEST(TorchTree, WhatTorchCannotHoldIsAnErrorAndLeavesNoFile) {
  TemporaryFolder folder;
  const auto path = folder.path() / "a.pt";
  EXPECT_THROW(write_torch_file(path, {std::string("\xff")}), vits::Error);
  EXPECT_THROW(write_torch_file(path, {at::Tensor()}), vits::Error);
  EXPECT_THROW(write_torch_file(path, {at::zeros({1}, at::kComplexFloat)}), vits::Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
