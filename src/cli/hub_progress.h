// Downloads as a person sees them: a bar for each file, a line for what is unusual.
#pragma once
#include <memory>
#include <string>

#include "vits/hub/hub.h"
#include "vits/report/progress.h"

namespace vits::cli {

class HubProgress {
 public:
  hub::Listeners listeners();  // must not outlive this object

 private:
  std::unique_ptr<report::Progress> bar_;
  std::string shown_;  // the file of the bar
};

}  // namespace vits::cli
