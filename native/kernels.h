/* Inside the library only: what the files of native/ share. */
#ifndef VK_KERNELS_H
#define VK_KERNELS_H

#include <string.h>
#include "vk.h"

#define VK_INLINE static inline __attribute__((always_inline))

int vk_has(int kernel);

#if defined(__x86_64__)
/* Dirty upper halves of the vector registers make SSE-encoded code up to twice as slow. Not every CPU with SHA-NI has AVX. */
VK_INLINE void vk_clean_upper_halves(void)
{
    if (vk_has(VK_AVX2)) __asm__ volatile("vzeroupper" ::: "memory");
}
#endif

/* Not reached through the table of a shared library: without this each use would load an address first. */
#define VK_TABLE extern const __attribute__((visibility("hidden"))) uint32_t
VK_TABLE vk_sha256_k[64];
VK_TABLE vk_sha256_start[8];

/* K + W of the second block of a 64-byte message (all padding): merkle nodes need no message schedule for it. */
VK_TABLE vk_sha256_pad64[64];

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

/* The extranonces of a share as the four words of its coinbase, from word hole / 4 of the tail on, that they lie in. */
VK_INLINE void vk_extranonce_words(const struct vk_share *share, uint32_t words[4])
{
    const uint64_t first = __builtin_bswap64(share->extranonce1 | share->extranonce2 << 32);
    const uint64_t rest = __builtin_bswap64(share->extranonce2 >> 32);
    const unsigned __int128 all = (((unsigned __int128)first << 64) | rest) >> (share->work->hole % 4 * 8);
    words[0] = (uint32_t)(all >> 96);
    words[1] = (uint32_t)(all >> 64);
    words[2] = (uint32_t)(all >> 32);
    words[3] = (uint32_t)all;
}

/* The first two blocks of a share's tail; the extranonces reach no further. */
VK_INLINE void vk_lay_tail(const struct vk_share *share, uint32_t laid[32])
{
    uint32_t words[4];
    memcpy(laid, share->work->tail, 128);
    vk_extranonce_words(share, words);
    for (int i = 0; i < 4; i++) laid[share->work->hole / 4 + i] |= words[i];
}

/* The 80 bytes of a header whose merkle root is known. */
VK_INLINE void vk_write_header(const struct vk_share *share, const uint8_t root[32], uint8_t *header)
{
    const struct vk_job *const job = share->work->job;
    memcpy(header, &share->version, 4);
    for (int i = 0; i < 8; i++) vk_store_be(header + 4 + 4 * i, job->prevhash[i]);
    memcpy(header + 36, root, 32);
    memcpy(header + 68, &share->ntime, 4);
    memcpy(header + 72, &job->nbits, 4);
    memcpy(header + 76, &share->nonce, 4);
}

/* Each works on exactly `count` shares, count at most its width. */
typedef void vk_share_batch(const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes);
vk_share_batch vk_shares_portable, vk_shares_shani1, vk_shares_shani2;
vk_share_batch vk_shares_avx2x8, vk_shares_avx512x16, vk_shares_avx512x32;

/* Mixes one block, given as words, into the state. */
void vk_sha256_mix_portable(uint32_t state[8], const uint32_t block[16]);

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
