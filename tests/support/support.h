// What tests of several rooms need: where things are, and Python to compare with.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace vits::support {

std::filesystem::path source_folder();  // of the checkout
std::filesystem::path program();        // the vits-train that was built

// Runs a script of tests/ (path relative to the checkout) with the Python of scripts/setup. Throws when it fails, with
// the end of what it printed; gives what it printed to standard output.
std::string run_python(const std::string& script, const std::vector<std::string>& arguments);

// A folder of reference data, made once by `script --out FOLDER arguments...` and kept in the build folder until the
// script, another one beside it or one of tests/reference changes. Safe when several test programs ask at once, of the
// same name with other arguments too.
std::filesystem::path reference_data(const std::string& name, const std::string& script,
                                     const std::vector<std::string>& arguments);

}  // namespace vits::support
