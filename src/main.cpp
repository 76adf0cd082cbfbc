#include "vits/cli/cli.h"

int main(int count, char** words) { return vits::cli::run(count, words); }
