#include "vits/formats/zip.h"

#include <gtest/gtest.h>

#include "python_files.h"
#include "vits/base/error.h"
#include "vits/base/files.h"

namespace {

using namespace vits::formats;
using vits::base::TemporaryFolder;

std::string written(const std::filesystem::path& path) {
  ZipWriter zip(path);
  zip.add("a/first", "hello");
  zip.add("a/empty", "");
  zip.add("a/wide", std::string(1000, 'w'));
  zip.commit();
  return vits::base::read_file(path);
}

std::string zip_message(const std::string& bytes, const char* record = "a/first") {
  TemporaryFolder folder;
  const auto path = folder.path() / "x.zip";
  vits::base::write_file(path, bytes);
  try {
    return "read " + std::string(ZipReader(path).read(record).text());
  } catch (const vits::Error& error) {
    return error.what();
  }
}

TEST(Zip, ReadsWhatItWroteAlignedForMapping) {
  TemporaryFolder folder;
  const std::string bytes = written(folder.path() / "x.zip");
  const ZipReader zip(folder.path() / "x.zip");
  EXPECT_EQ(zip.entries().size(), 3u);
  EXPECT_EQ(zip.first_name(), "a/first");
  EXPECT_EQ(zip.read("a/first").text(), "hello");
  EXPECT_EQ(zip.read("a/empty").text(), "");
  EXPECT_EQ(zip.read("a/wide").text(), std::string(1000, 'w'));
  EXPECT_THROW(zip.read("a/absent"), vits::Error);
  EXPECT_EQ(bytes.find("hello") % 64, 0u);
  EXPECT_EQ(bytes.find("wwww") % 64, 0u);
}

TEST(Zip, SlowFilesOfMoreThan4GigabytesReadBackHereAndInPython) {
  TemporaryFolder folder;
  if (vits::base::free_bytes(folder.path()) < 6ull << 30) GTEST_SKIP() << "less than 6 GiB are free";
  const auto path = folder.path() / "big.zip";
  const std::string filling(1500u << 20, 'x');
  ZipWriter writer(path);
  for (const char* name : {"a/1", "a/2", "a/3"}) writer.add(name, filling);
  writer.add("a/version", "3\n");  // PyTorch looks for it
  writer.add("a/last", "beyond");
  writer.commit();
  EXPECT_GT(std::filesystem::file_size(path), 1ull << 32);
  EXPECT_EQ(ZipReader(path).read("a/last").text(), "beyond");
  EXPECT_EQ(vits::support::run_python("tests/formats/read_zip_record.py", {path, "a/last"}), "beyond beyond\n");
}

TEST(Zip, RefusesToWriteARecordTwice) {
  TemporaryFolder folder;
  ZipWriter zip(folder.path() / "x.zip");
  zip.add("a", "1");
  EXPECT_THROW(zip.add("a", "2"), vits::Error);
}

TEST(Zip, RecordsOutliveTheReader) {
  TemporaryFolder folder;
  written(folder.path() / "x.zip");
  const ZipRecord record = ZipReader(folder.path() / "x.zip").read("a/first");
  EXPECT_EQ(record.text(), "hello");
}

TEST(Zip, SaysWhatIsWrongWithADamagedFile) {
  TemporaryFolder folder;
  const std::string good = written(folder.path() / "x.zip");
  const auto contains = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << text;
  };
  EXPECT_EQ(zip_message(good), "read hello");
  EXPECT_EQ(zip_message(good + "a comment"), "read hello");
  EXPECT_TRUE(contains(zip_message(good.substr(0, good.size() - 40)), "directory at its end is missing"));
  EXPECT_TRUE(contains(zip_message(""), "only 0 bytes"));
  const auto changed = [&](size_t offset, const std::string& bytes) {
    return std::string(good).replace(offset, bytes.size(), bytes);
  };
  EXPECT_TRUE(contains(zip_message(changed(good.find("hello"), "j")), "checksum of its record a/first"));
  const size_t directory = good.find("PK\1\2");
  EXPECT_TRUE(contains(zip_message(changed(directory + 20, "\xff\xff\xff\x7f")), "two sizes"));
  EXPECT_TRUE(
      contains(zip_message(changed(directory + 20, "\xff\xff\xff\x7f\xff\xff\xff\x7f")), "points to 2147483647 bytes"));
  EXPECT_TRUE(contains(zip_message(changed(directory + 8, "\1")), "encrypted"));
  EXPECT_TRUE(contains(zip_message(changed(directory + 10, "\xc")), "method 12"));
  EXPECT_TRUE(contains(zip_message(changed(directory + 42, "\1")), "is damaged"));
  std::string twice = good;
  for (size_t at = twice.find("a/empty"); at != std::string::npos; at = twice.find("a/empty"))
    twice.replace(at, 7, "a/first");
  EXPECT_TRUE(contains(zip_message(twice), "twice"));
}

TEST(Zip, BombsDoNotUnfold) {
  EXPECT_NE(
      zip_message(vits::base::read_file(python_files() / "bomb.pth"), "archive/data.pkl").find("no model but a trap"),
      std::string::npos);
}

}  // namespace
