#include "command_list.h"

namespace vits::cli {

Command make_doctor_command();

std::vector<Command> all_commands() { return {make_doctor_command()}; }

}  // namespace vits::cli
