#include "vits/base/options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "vits/base/error.h"

namespace {

using namespace vits::base;

struct Sample {
  bool fp16 = true;
  int64_t batch_size = 8;
  double learning_rate = 2e-5;
  std::string device = "auto";
  std::vector<std::string> columns;

  template <class Visitor>
  void visit(Visitor&& field) {
    field("fp16", fp16, any(), "Train in half precision.");
    field("batch_size", batch_size, at_least(1), "Clips in a batch.");
    field("learning_rate", learning_rate, between(0, 1), "Peak learning rate.");
    field("device", device, one_of({"auto", "cpu", "cuda"}), "Where to run.");
    field("columns", columns, any(), "Names | of columns.");
  }
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const vits::UsageError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Options, AreSetFromWords) {
  Sample sample;
  const auto table = OptionTable::of(sample);
  table.set("fp16", {"off"});
  table.set("batch_size", {"16"});
  table.set("learning_rate", {"1e-4"});
  table.set("device", {"cpu"});
  table.set("columns", {"a", "b"});
  EXPECT_FALSE(sample.fp16);
  EXPECT_EQ(sample.batch_size, 16);
  EXPECT_DOUBLE_EQ(sample.learning_rate, 1e-4);
  EXPECT_EQ(sample.device, "cpu");
  EXPECT_EQ(sample.columns, (std::vector<std::string>{"a", "b"}));
}

TEST(Options, RefuseWhatIsOutOfTheirLimitsAndSayThem) {
  Sample sample;
  const auto table = OptionTable::of(sample);
  EXPECT_EQ(message_of([&] { table.set("batch_size", {"0"}); }), "--batch_size is 0, but must be at least 1.");
  EXPECT_EQ(message_of([&] { table.set("batch_size", {"8x"}); }),
            "--batch_size is \"8x\", but must be a whole number.");
  EXPECT_EQ(message_of([&] { table.set("learning_rate", {"2"}); }), "--learning_rate is 2, but must be 0 to 1.");
  EXPECT_EQ(message_of([&] { table.set("learning_rate", {"nan"}); }), "--learning_rate is nan, but must be 0 to 1.");
  EXPECT_EQ(message_of([&] { table.set("device", {"tpu"}); }), "--device is \"tpu\", but must be auto, cpu or cuda.");
  EXPECT_EQ(message_of([&] { table.set("fp16", {"maybe"}); }), "--fp16 is \"maybe\", but must be true or false.");
  EXPECT_EQ(message_of([&] { table.set("device", {"cpu", "cuda"}); }), "--device takes one value, 2 were given.");
  EXPECT_EQ(sample.batch_size, 8);
}

struct WithAuto {
  int64_t batch_size = 8;
  template <class Visitor>
  void visit(Visitor&& field) {
    field("batch_size", batch_size, between_or_auto(1, 64), "Clips in a batch.");
  }
};

TEST(Options, ThatMayBeLeftToTheProgramAreANumberOrAuto) {
  WithAuto options;
  const auto table = OptionTable::of(options);
  table.set("batch_size", {"auto"});
  EXPECT_EQ(options.batch_size, 0);
  EXPECT_EQ(value_text(table.options().front()), "auto");
  EXPECT_EQ(to_json(table).at("batch_size"), "auto");
  WithAuto read;
  set_from_json(OptionTable::of(read), to_json(table), "a.json");
  EXPECT_EQ(read.batch_size, 0);
  set_from_json(table, {{"batch_size", 16}}, "a.json");
  EXPECT_EQ(options.batch_size, 16);
  EXPECT_EQ(to_json(table).at("batch_size"), 16);
  EXPECT_EQ(message_of([&] { table.set("batch_size", {"0"}); }), "--batch_size is 0, but must be auto, or 1 to 64.");
  EXPECT_EQ(message_of([&] { table.set("batch_size", {"automatic"}); }),
            "--batch_size is \"automatic\", but must be auto or a whole number.");
}

TEST(Options, SurviveJson) {
  Sample written;
  written.batch_size = 5;
  written.columns = {"x"};
  const auto json = to_json(OptionTable::of(written));
  Sample read;
  set_from_json(OptionTable::of(read), json, "a.json");
  EXPECT_EQ(to_json(OptionTable::of(read)), json);
}

TEST(Options, OfAJsonFileAreNamedWhenUnknown) {
  Sample sample;
  const auto table = OptionTable::of(sample);
  EXPECT_EQ(message_of([&] {
              set_from_json(table, {{"batch_sise", 4}}, "my.json");
            }),
            "my.json: there is no option \"batch_sise\". Did you mean \"batch_size\"?");
  EXPECT_EQ(message_of([&] {
              set_from_json(table, {{"batch_size", -1}}, "my.json");
            }),
            "my.json: --batch_size is -1, but must be at least 1.");
  EXPECT_EQ(message_of([&] { set_from_json(table, nlohmann::json::array(), "my.json"); }),
            "my.json: expected a JSON object of options, found array.");
}

TEST(Options, MakeAMarkdownTable) {
  Sample sample;
  EXPECT_NE(markdown_rows(OptionTable::of(sample)).find("| `--batch_size` | `8` | Clips in a batch. (at least 1) |\n"),
            std::string::npos);
  EXPECT_NE(markdown_rows(OptionTable::of(sample)).find("Names \\| of columns."), std::string::npos);
}

}  // namespace
