// Several programs at one cache, and programs that end in the middle.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "local_hub.h"
#include "vits/base/error.h"
#include "vits/base/stop_signal.h"

namespace vits::hub {
namespace {

namespace fs = std::filesystem;

// Runs `work` in a process of its own, so that signals and kills meet it alone. Exits with 0 when it returns true.
pid_t in_a_process(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  bool fine = false;
  try {
    fine = work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  ::_exit(fine ? 0 : 1);
}

int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool is_whole(const fs::path& folder) {
  return base::read_file(folder / "model.safetensors") == voice_files(4 << 20)["model.safetensors"];
}

Listeners signal_itself_at(int64_t bytes, int number) {
  return {[bytes, number, sent = false](const std::string&, int64_t done, int64_t) mutable {
            if (done >= bytes && !sent) {
              sent = true;
              ::raise(number);
            }
          },
          {}};
}

std::string last_range(const LocalHub& hub) { return hub.requests("store GET").back()["range"].dump(); }

TEST(Stop, KeepsWhatHasComeForTheNextRun) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files(4 << 20));
  const int status = status_of(in_a_process([&] {
    base::watch_for_stop();
    try {
      fetch_model(kName, hub.settings(), signal_itself_at(1 << 20, SIGINT));
    } catch (const Stopped& stopped) {
      return stopped.signal_number == SIGINT;
    }
    return false;
  }));
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(is_whole(fetch_model(kName, hub.settings())));
  EXPECT_NE(last_range(hub), "null") << "the second run asks for the rest only";
}

TEST(Stop, ReachesAWaitAndASilentConnection) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files());
  for (const Json& fault : {Json{{"fault", "status"}, {"status", 429}, {"headers", {{"Retry-After", "500"}}}},
                            Json{{"fault", "silence"}, {"seconds", 500}}}) {
    Json here = fault;
    here["path"] = "/revision/";
    hub.fault(here);
    const int status = status_of(in_a_process([&] {
      base::watch_for_stop();
      ::signal(SIGALRM, [](int) { ::raise(SIGTERM); });
      ::ualarm(200'000, 0);
      try {
        fetch_model(kName, hub.settings());
      } catch (const Stopped&) {
        return true;
      }
      return false;
    }));
    EXPECT_EQ(status, 0) << fault;
  }
}

TEST(Kill, LeavesACacheThatTheNextRunCompletes) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files(4 << 20));
  const int status = status_of(
      in_a_process([&] { return !fetch_model(kName, hub.settings(), signal_itself_at(1 << 20, SIGKILL)).empty(); }));
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  auto offline = hub.settings();
  offline.offline = true;
  EXPECT_NE(error_of([&] { fetch_model(kName, offline); }), "") << "half a file is none";
  EXPECT_TRUE(is_whole(fetch_model(kName, hub.settings())));
  EXPECT_NE(last_range(hub), "null");
}

TEST(TwoPrograms, DownloadOneFileOnce) {
  LocalHub& hub = fresh_hub();
  hub.put("models/" + kName, voice_files(4 << 20));
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(in_a_process([&] { return is_whole(fetch_model(kName, hub.settings())); }));
  for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
  EXPECT_EQ(hub.requests("store GET").size(), 1u);
  auto offline = hub.settings();
  offline.offline = true;
  EXPECT_TRUE(is_whole(fetch_model(kName, offline)));
}

}  // namespace
}  // namespace vits::hub
