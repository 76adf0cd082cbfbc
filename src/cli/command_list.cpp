#include "command_list.h"

namespace vits::cli {

Command make_audit_command();
Command make_convert_command();
Command make_benchmark_command();
Command make_create_command();
Command make_doctor_command();
Command make_inspect_command();
Command make_prepare_command();
Command make_speakers_command();
Command make_plan_command();
Command make_synthesize_command();
Command make_train_command();
Command make_verify_command();

std::vector<Command> all_commands() {
  return {make_train_command(),   make_plan_command(),       make_prepare_command(), make_speakers_command(),
          make_audit_command(),   make_synthesize_command(), make_inspect_command(), make_verify_command(),
          make_convert_command(), make_create_command(),     make_doctor_command(),  make_benchmark_command()};
}

}  // namespace vits::cli
