// Writes checkpoints and voices on a thread of its own, in the order they are given, while training goes on.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vits::checkpoint {

class Saver {
 public:
  Saver();
  ~Saver();  // waits for what was begun
  Saver(const Saver&) = delete;
  Saver& operator=(const Saver&) = delete;

  // Runs `write` on the thread; waits first while two are waiting already, so that memory stays bounded. `what` names
  // it in messages.
  void submit(std::string what, std::function<void()> write);

  void wait();  // until everything submitted is done

  // What went wrong since the last call, one sentence each; training goes on and says so.
  std::vector<std::string> take_failures();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vits::checkpoint
