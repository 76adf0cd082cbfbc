// A function marked with VITS_WITH_AVX2 is compiled a second time for processors with AVX2, and the one that fits is
// taken when the program starts. FMA is left out on purpose: products are rounded before they are added on every
// processor, so that all of them give the same bytes.
#pragma once

#if defined(__x86_64__)
#define VITS_WITH_AVX2 __attribute__((target_clones("avx2", "default")))
#else
#define VITS_WITH_AVX2
#endif
