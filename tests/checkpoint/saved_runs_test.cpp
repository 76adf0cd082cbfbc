#include <fstream>
#include <set>

#include "run_files.h"
#include "vits/base/files.h"
#include "vits/formats/pickle.h"
#include "vits/formats/zip.h"

namespace {

namespace fs = std::filesystem;
using namespace vits::checkpoint;
using vits::base::TemporaryFolder;

class SavedRuns : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  void save(const std::string& name, int64_t step, double validation = NAN) {
    write_run_state(path(name), state_of(step, validation));
  }
  DamageListener listener() {
    return [this](const fs::path& file, const std::string& why) {
      EXPECT_FALSE(why.empty());
      EXPECT_TRUE(damaged_.insert(file.filename().string()).second);
    };
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) found.insert(entry.path().filename().string());
    return found;
  }

  TemporaryFolder folder_;
  std::set<std::string> damaged_;
};

using Names = std::set<std::string>;

TEST_F(SavedRuns, ComeNewestFirstByStepAndNotByName) {
  save("checkpoint_epoch_9.pt", 900, 0.5);
  save("checkpoint_epoch_10.pt", 1000, 0.4);
  save("checkpoint_step_950.pt", 950);
  save("other.pt", 5000);
  fs::create_directory(path("checkpoint_folder.pt"));
  const auto runs = saved_runs(folder_.path(), listener());
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].path, path("checkpoint_epoch_10.pt"));
  EXPECT_EQ(runs[0].step, 1000);
  EXPECT_EQ(runs[0].validation, 0.4);
  EXPECT_EQ(runs[1].step, 950);
  EXPECT_FALSE(runs[1].validation);
  EXPECT_EQ(runs[2].step, 900);
  EXPECT_TRUE(damaged_.empty());
  EXPECT_TRUE(saved_runs(path("none"), listener()).empty());
  EXPECT_FALSE(newest_whole_run(path("none"), listener()));
}

TEST_F(SavedRuns, DamagedOnesAreToldOfAndPassedOver) {
  for (int epoch = 1; epoch <= 6; ++epoch) save(fmt::format("checkpoint_epoch_{}.pt", epoch), epoch);
  const auto change = [&](const std::string& name, auto how) {
    std::string bytes = vits::base::read_file(path(name));
    how(bytes);
    vits::base::write_file(path(name), bytes);
  };
  change("checkpoint_epoch_6.pt", [](std::string& bytes) { bytes.resize(bytes.size() / 2); });
  change("checkpoint_epoch_5.pt", [](std::string& bytes) {  // in the tensor: 5.0 in little-endian float32
    bytes[bytes.find(std::string("\0\0\xa0\x40\0\0\xa0\x40", 8)) + 200] ^= 1;
  });
  change("checkpoint_epoch_4.pt", [](std::string& bytes) { bytes.clear(); });
  change("checkpoint_epoch_3.pt", [](std::string& bytes) { bytes = "this is no zip file"; });
  vits::formats::write_torch_state(path("checkpoint_epoch_2.pt"), {{"a", at::zeros({1})}});
  RunState stepless = state_of(1, 0.5);
  stepless.facts.erase("step");
  write_run_state(path("checkpoint_epoch_7.pt"), stepless);

  EXPECT_EQ(newest_whole_run(folder_.path(), listener()), path("checkpoint_epoch_1.pt"));
  EXPECT_EQ(damaged_, (Names{"checkpoint_epoch_2.pt", "checkpoint_epoch_3.pt", "checkpoint_epoch_4.pt",
                             "checkpoint_epoch_5.pt", "checkpoint_epoch_6.pt", "checkpoint_epoch_7.pt"}));
  damaged_.clear();
  EXPECT_EQ(saved_runs(folder_.path(), listener()).size(), 2u);  // the facts of 5 are whole
}

TEST_F(SavedRuns, ACopyThatAPersonMadeIsNotTheOneToGoOnFrom) {
  save("checkpoint_epoch_4.pt", 40);
  save("checkpoint_epoch_9_kept.pt", 90);
  EXPECT_EQ(newest_whole_run(folder_.path(), listener()), path("checkpoint_epoch_4.pt"));
}

TEST_F(SavedRuns, OldOnesGoAndTheBestStay) {
  const double validations[] = {0.50, 0.20, 0.45, 0.20, NAN, 0.30, 0.60};
  for (int epoch = 1; epoch <= 7; ++epoch)
    save(fmt::format("checkpoint_epoch_{}.pt", epoch), 10 * epoch, validations[epoch - 1]);
  save("checkpoint_mine.pt", 15, 0.1);
  save("checkpoint_epoch_1_copy.pt", 10);
  vits::base::write_file(path("checkpoint_mine.txt"), "mine");
  vits::base::write_file(path("checkpoint_epoch_0.pt"), "damaged");
  const Names others{"checkpoint_mine.pt", "checkpoint_epoch_1_copy.pt", "checkpoint_mine.txt",
                     "checkpoint_epoch_0.pt"};
  const auto left = [&](std::initializer_list<const char*> runs) {
    Names all = others;
    for (const char* run : runs) all.insert(fmt::format("checkpoint_epoch_{}.pt", run));
    return all;
  };
  remove_old_runs(folder_.path(), 100, 0);
  EXPECT_EQ(names(), left({"1", "2", "3", "4", "5", "6", "7"}));
  remove_old_runs(folder_.path(), 2, 3);
  EXPECT_EQ(names(), left({"2", "3", "4", "6", "7"}));
  remove_old_runs(folder_.path(), 2, 1);
  EXPECT_EQ(names(), left({"4", "6", "7"}));  // of equals the newer
  remove_old_runs(folder_.path(), 0, 0);
  EXPECT_EQ(names(), left({"7"}));
  remove_old_runs(path("none"), 1, 1);
}

}  // namespace
