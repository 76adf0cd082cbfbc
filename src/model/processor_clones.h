// Loops that become vector instructions of the processor that the program finds itself on: a function marked with
// VITS_FOR_EACH_PROCESSOR is compiled once for each family and chosen when the program starts. What it calls has to be
// inlined into it to take part.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define VITS_FOR_EACH_PROCESSOR \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define VITS_FOR_EACH_PROCESSOR
#endif
