/* Inside the library only: what the files of native/ share. */
#ifndef VK_KERNELS_H
#define VK_KERNELS_H

#include <string.h>
#include "vk.h"

#define VK_INLINE static inline __attribute__((always_inline))

int vk_has(int kernel);

extern const uint32_t vk_sha256_k[64];
extern const uint32_t vk_sha256_start[8];

/* K + W of the second block of a 64-byte message (all padding): merkle nodes need no message schedule for it. */
extern const uint32_t vk_sha256_pad64[64];

VK_INLINE uint32_t vk_load_be(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

VK_INLINE void vk_store_be(uint8_t *bytes, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(bytes, &value, sizeof value);
}

/* The padding after `length` message bytes, laid over its last one or two blocks; returns the number of blocks of the whole message.
 * pad[0] belongs to the block that holds the last message bytes, pad[1] to the next one, if there is one. */
VK_INLINE size_t vk_sha256_pad(size_t length, uint8_t pad[2][64])
{
    const size_t rest = length % 64;
    const size_t last = rest < 56 ? 0 : 1;
    memset(pad, 0, 128);
    pad[0][rest] = 0x80;
    vk_store_be(pad[last] + 56, (uint32_t)((uint64_t)length >> 29));
    vk_store_be(pad[last] + 60, (uint32_t)((uint64_t)length << 3));
    return length / 64 + 1 + last;
}

/* Mixes `count` 64-byte blocks into the state. */
typedef void vk_compress(uint32_t state[8], const uint8_t *blocks, size_t count);
vk_compress vk_sha256_compress_portable, vk_sha256_compress_shani;
vk_compress *vk_sha256_compress(int kernel);

/* Each hashes exactly `count` messages, count at most its width. */
typedef void vk_sha256d_batch(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes);
vk_sha256d_batch vk_sha256d_shani1, vk_sha256d_shani2, vk_sha256d_shani4;
vk_sha256d_batch vk_sha256d_avx2x8, vk_sha256d_avx512x16, vk_sha256d_avx512x32;

/* ROMix over blocks of 128 bytes that lie one after another, in place; count at most the number in the name. */
typedef void vk_scrypt_mix(uint8_t *blocks, size_t count, uint8_t *scratch);
vk_scrypt_mix vk_scrypt_mix_portable, vk_scrypt_mix_avx2x8, vk_scrypt_mix_avx512x16;

#endif
