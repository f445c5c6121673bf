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
#define VK_ABI_VERSION 2

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

/* Shares. What many of them have in common is prepared once: all words are those that SHA-256 reads (big-endian bytes), held as numbers,
 * so that no byte is swapped between the coinbase and the last hash. */

/* The job. `branch` is its merkle path, `depth` steps long. */
struct vk_job {
    uint32_t depth;
    uint32_t nbits;
    uint32_t prevhash[8];
    uint32_t unused[6];
    uint32_t branch[][8];
};

/* A coinbase (without witness) of the job. `midstate` is the state after the whole blocks before extranonce1; `tail` holds the blocks that
 * follow, with SHA-256's padding, and zeros where extranonce1 and extranonce2 stand, from byte `hole` (0 to 63) on. The tail has `blocks`
 * blocks, and room for two, which may be read even where it has one. */
struct vk_work {
    const struct vk_job *job;
    uint32_t blocks;
    uint32_t hole;
    uint32_t midstate[8];
    uint32_t unused[4];
    uint32_t tail[][16];
};

/* A share. Extranonces lie as on the wire (first byte lowest), bytes beyond the size of extranonce2 zero; the others are numbers. */
struct vk_share {
    const struct vk_work *work;
    uint64_t extranonce2;
    uint32_t extranonce1;
    uint32_t version;
    uint32_t ntime;
    uint32_t nonce;
};

/* Coinbase, merkle path and header of each of count shares, which may be of any jobs. headers: count * 80 bytes, or NULL; hashes: the
 * SHA-256d of the headers, count * 32 bytes, or NULL where only headers are wanted. */
VK_API void vk_shares(int32_t kernel, const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes);

#define VK_SCRYPT_HEADER 80
#define VK_SCRYPT_LANE_BYTES (1024 * 128)
#define VK_SCRYPT_LANES_MAX 16

/* scrypt(N=1024, r=1, p=1) of count headers of 80 bytes, each its own salt. scratch: aligned to 64 bytes and at least
 * min(count, VK_SCRYPT_LANES_MAX) * VK_SCRYPT_LANE_BYTES long, rounded up to a multiple of four lanes; its content does not matter. */
VK_API void vk_scrypt(int32_t kernel, const uint8_t *headers, size_t count, uint8_t *hashes, uint8_t *scratch);

#endif
