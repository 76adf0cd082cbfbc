#include "vits/formats/event_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/support.h"
#include "vits/base/files.h"
#include "vits/formats/json.h"
#include "vits/formats/png.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;

using Values = std::vector<std::pair<std::string, double>>;

// What the tensorboard package reads in a folder.
Json read_back(const std::filesystem::path& folder) {
  return parse_json(vits::support::run_python("tests/formats/read_events.py", {folder.string()}), "read_events.py");
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

// Two samples, -1 and 256, as wave files hold them.
const std::string kSound("\xff\xff\x00\x01", 4);

std::string wav() {
  const std::string head("RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\4\0\0\0",
                         44);
  return head + kSound;
}

TEST(EventFile, EveryKindIsReadByTensorBoardAsItWasWritten) {
  const TemporaryFolder folder;
  Palette palette{};
  palette[1] = {255, 128, 7};
  palette[255] = {1, 2, 3};
  const std::vector<uint8_t> cells{0, 1, 255, 1, 1, 0};
  const Values values{{"train/total", 28.41}, {"train/mel", 1e-30}, {"grad_norm/gen", NAN}, {"loss_scale", INFINITY}};
  const std::string markdown = "| k | v |\n|---|---|\n| größe | 2e-4 |";
  vits::base::write_file(folder.path() / event_file_name(1700000000),
                         first_event(1700000000.25) + scalars_event({1700000001.5, 5}, values)
                             + scalars_event({1700000002.0, int64_t{1} << 40}, std::span(values).first(1))
                             + image_event({1700000003.0, 6}, "alignment", 3, 2, png_bytes(3, 2, cells, palette))
                             + audio_event({1700000004.0, 7}, "sentence/1", 8000, 2, wav())
                             + text_event({1700000005.0, 0}, "options", markdown));
  const Json read = read_back(folder.path());
  const auto single = [](double value) { return Json(fmt::format("{}", double{static_cast<float>(value)})); };
  EXPECT_EQ(read["scalars"]["train/total"][0], Json::array({5, single(28.41)}));
  EXPECT_EQ(read["scalars"]["train/total"][1], Json::array({int64_t{1} << 40, single(28.41)}));
  EXPECT_EQ(std::stod(read["scalars"]["train/mel"][0][1].get<std::string>()), double{1e-30f});
  EXPECT_EQ(read["scalars"]["grad_norm/gen"], Json::parse(R"([[5, "nan"]])"));
  EXPECT_EQ(read["scalars"]["loss_scale"], Json::parse(R"([[5, "inf"]])"));
  EXPECT_EQ(read["images"]["alignment"], Json::array({{6, 3, 2,
                                                       "000000"
                                                       "ff8007"
                                                       "010203"
                                                       "ff8007"
                                                       "ff8007"
                                                       "000000"}}));
  EXPECT_EQ(read["audio"]["sentence/1"], Json::array({{7, 8000.0, hex(kSound)}}));
  EXPECT_EQ(read["texts"]["options"], Json::array({{0, markdown}}));
}

TEST(EventFile, OfAContinuedRunMakesTensorBoardForgetWhatCameAfterTheResumedStep) {
  const TemporaryFolder folder;
  const auto scalars = [](int64_t first, int64_t last, double value) {
    std::string events;
    for (int64_t step = first; step <= last; ++step)
      events += scalars_event({1700000000.0 + static_cast<double>(step), step}, Values{{"train/mel", value}});
    return events;
  };
  const auto killed = event_file_name(1700000000), resumed = event_file_name(1700000100);
  const std::string torn = scalars(10, 10, 1.0);
  const auto picture = [](int64_t step) {
    return image_event({1700000000.0, step}, "alignment", 1, 1, png_bytes(1, 1, std::vector<uint8_t>(1), {}));
  };
  vits::base::write_file(folder.path() / killed, first_event(1700000000) + scalars(1, 6, 1.0) + picture(6)
                                                     + scalars(7, 9, 1.0) + picture(8)
                                                     + audio_event({1700000009.0, 9}, "sentence/1", 8000, 2, wav())
                                                     + torn.substr(0, torn.size() / 2));
  vits::base::write_file(folder.path() / resumed,
                         first_event(1700000100) + session_start_event({1700000100.0, 7}) + scalars(7, 8, 2.0));
  const Json read = read_back(folder.path());
  Json expected = Json::array();
  for (int64_t step = 1; step <= 8; ++step) expected.push_back({step, step < 7 ? "1.0" : "2.0"});
  EXPECT_EQ(read["scalars"]["train/mel"], expected);
  EXPECT_EQ(read["images"]["alignment"], Json::array({{6, 1, 1, "000000"}}));
  EXPECT_EQ(read["audio"].value("sentence/1", Json::array()), Json::array());
}

TEST(EventFile, NamesDifferWithinOneSecond) {
  const std::string name = event_file_name(1700000000);
  EXPECT_NE(name, event_file_name(1700000000));
  EXPECT_EQ(name.find("events.out.tfevents.1700000000."), 0u);
}

}  // namespace
