/* Viddhana kernels: proof-of-work hashes in C, called by engine/Core/Algorithms through P/Invoke.
 *
 * No function allocates, keeps state or calls back; all are safe on any number of threads at once. Buffers need no alignment except
 * where said. Callers check sizes: nothing here can report an error. */
#ifndef VK_H
#define VK_H

#include <stddef.h>
#include <stdint.h>

#define VK_API __attribute__((visibility("default")))

/* Raised when a signature below changes, so that a stale shared library is refused instead of called. */
#define VK_ABI_VERSION 1

/* Numbers are shared with Kernel.cs. */
enum vk_kernel {
    VK_AUTO = 0,     /* the quickest for this CPU and this count */
    VK_PORTABLE = 1, /* plain C */
    VK_SHANI = 2,    /* SHA extensions: one, two or four messages interleaved */
    VK_AVX2 = 3,     /* 8 messages side by side (scrypt: 2 to 8) */
    VK_AVX512 = 4    /* 16 or 32 messages side by side (scrypt: 4 to 16); F, BW and VL */
};

VK_API uint32_t vk_abi_version(void);

/* Bit n is set when this CPU and its operating system can run kernel n. */
VK_API uint32_t vk_kernels(void);

/* SHA-256 of one message. VK_AVX2 and VK_AVX512 mean VK_AUTO here: they have no single-message form. */
VK_API void vk_sha256(int32_t kernel, const uint8_t *message, size_t length, uint8_t *hash);

/* SHA-256 of the SHA-256 of each of count messages of equal length that lie one after another; hashes: count * 32 bytes, no overlap. */
VK_API void vk_sha256d(int32_t kernel, const uint8_t *messages, size_t length, size_t count, uint8_t *hashes);

#define VK_SCRYPT_HEADER 80
#define VK_SCRYPT_LANE_BYTES (1024 * 128)
#define VK_SCRYPT_LANES_MAX 16

/* scrypt(N=1024, r=1, p=1) of count headers of 80 bytes, each its own salt. scratch: aligned to 64 bytes and at least
 * min(count, VK_SCRYPT_LANES_MAX) * VK_SCRYPT_LANE_BYTES long, rounded up to a multiple of four lanes; its content does not matter. */
VK_API void vk_scrypt(int32_t kernel, const uint8_t *headers, size_t count, uint8_t *hashes, uint8_t *scratch);

#endif
