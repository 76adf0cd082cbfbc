#include "vits/cli/cli.h"
namespace vits::cli { int run(int, char**) { return 0; } }
