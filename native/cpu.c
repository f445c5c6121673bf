/* What this CPU can run. */
#include "vk.h"
#include "kernels.h"

uint32_t vk_abi_version(void) { return VK_ABI_VERSION; }

#if defined(__x86_64__)
#include <cpuid.h>

/* The register state that the operating system saves (XCR0): AVX code on a system that does not save it corrupts other programs. */
static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static uint32_t detect(void)
{
    enum { YMM_STATE = 0x06, ZMM_STATE = 0xE6 };
    uint32_t a, b, c, d, kernels = 1u << VK_PORTABLE;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return kernels;

    const int sse41 = (c & bit_SSSE3) && (c & bit_SSE4_1);
    const uint64_t saved = (c & bit_OSXSAVE) ? saved_state() : 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return kernels;

    if (sse41 && (b & bit_SHA)) kernels |= 1u << VK_SHANI;
    if ((b & bit_AVX2) && (saved & YMM_STATE) == YMM_STATE) kernels |= 1u << VK_AVX2;

    const uint32_t avx512 = bit_AVX512F | bit_AVX512BW | bit_AVX512VL;
    if ((b & avx512) == avx512 && (saved & ZMM_STATE) == ZMM_STATE) kernels |= 1u << VK_AVX512;
    return kernels;
}
#else
static uint32_t detect(void) { return 1u << VK_PORTABLE; }
#endif

uint32_t vk_kernels(void)
{
    /* Several threads may race here: each computes and stores the same value. */
    static uint32_t known;
    uint32_t kernels = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (kernels == 0) {
        kernels = detect();
        __atomic_store_n(&known, kernels, __ATOMIC_RELAXED);
    }
    return kernels;
}

int vk_has(int kernel) { return (vk_kernels() >> kernel) & 1; }
