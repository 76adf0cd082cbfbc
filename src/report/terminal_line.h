// The bottom line of the terminal, rewritten in place: a progress bar, or where a training run is. Everything else that
// goes to standard error goes above it. Callable from any thread; to be used on a terminal only, but for print_above().
#pragma once
#include <functional>
#include <string>

namespace vits::report {

void draw_line(const std::string& text);  // must fit into the terminal's columns
void leave_line();                        // the line stays as it is, and is no longer rewritten

void erase_line();  // there is no line any more

void print_above_line(const std::function<void()>& print);

}  // namespace vits::report
