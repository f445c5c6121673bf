/* Chooses the SHA-256 kernel. */
#include "kernels.h"

vk_compress *vk_sha256_compress(int kernel)
{
#if defined(__x86_64__)
    if (kernel != VK_PORTABLE && vk_has(VK_SHANI)) {
        vk_clean_upper_halves();
        return vk_sha256_compress_shani;
    }
#endif
    (void)kernel;
    return vk_sha256_compress_portable;
}

static void digest_bytes(const uint32_t state[8], uint8_t *hash)
{
    for (int i = 0; i < 8; i++) vk_store_be(hash + 4 * i, state[i]);
}

static void hash_once(vk_compress *compress, const uint8_t *message, size_t length, uint8_t *hash)
{
    uint8_t pad[2][64];
    uint32_t state[8];
    const size_t whole = length / 64;
    const size_t blocks = vk_sha256_pad(length, pad);
    memcpy(pad, message + whole * 64, length % 64);
    memcpy(state, vk_sha256_start, sizeof state);
    if (whole > 0) compress(state, message, whole);
    compress(state, pad[0], blocks - whole);
    digest_bytes(state, hash);
}

void vk_sha256(int32_t kernel, const uint8_t *message, size_t length, uint8_t *hash)
{
    hash_once(vk_sha256_compress(kernel), message, length, hash);
}

static void portable_each(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    for (; count > 0; count--, messages += length, hashes += 32) {
        uint8_t inner[32];
        hash_once(vk_sha256_compress_portable, messages, length, inner);
        hash_once(vk_sha256_compress_portable, inner, sizeof inner, hashes);
    }
}

#if defined(__x86_64__)
static void shani_each(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    vk_clean_upper_halves();
    while (count > 0) {
        const size_t n = count >= 4 ? 4 : count >= 2 ? 2 : 1;
        vk_sha256d_batch *const batch = n == 4 ? vk_sha256d_shani4 : n == 2 ? vk_sha256d_shani2 : vk_sha256d_shani1;
        batch(messages, length, n, hashes);
        messages += n * length;
        hashes += n * 32;
        count -= n;
    }
}

static void avx2_each(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    for (;;) {
        const size_t n = count < 8 ? count : 8;
        vk_sha256d_avx2x8(messages, length, n, hashes);
        if (n == count) return;
        messages += n * length;
        hashes += n * 32;
        count -= n;
    }
}

/* A batch costs the same however many lanes are used, so the last messages go to the narrowest kernel that is not slower. */
static void avx512_each(int forced, const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    enum { PAIR_MIN = 23, BATCH_MIN = 9 };
    while (count > 0) {
        const size_t n = count >= 32 ? 32 : count >= PAIR_MIN ? count : count < 16 ? count : 16;
        if (n < BATCH_MIN && !forced && vk_has(VK_SHANI)) {
            shani_each(messages, length, count, hashes);
            return;
        }

        vk_sha256d_batch *const batch = n > 16 ? vk_sha256d_avx512x32 : vk_sha256d_avx512x16;
        batch(messages, length, n, hashes);
        messages += n * length;
        hashes += n * 32;
        count -= n;
    }
}
#endif

void vk_sha256d(int32_t kernel, const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
#if defined(__x86_64__)
    enum { AVX2_MIN = 3 };
    const int automatic = kernel == VK_AUTO;
    if (count == 0) return;
    if (kernel == VK_AVX512 || (automatic && count > 8 && vk_has(VK_AVX512))) {
        avx512_each(!automatic, messages, length, count, hashes);
    } else if (kernel == VK_SHANI || (automatic && vk_has(VK_SHANI))) {
        shani_each(messages, length, count, hashes);
    } else if (kernel == VK_AVX2 || (automatic && count >= AVX2_MIN && vk_has(VK_AVX2))) {
        avx2_each(messages, length, count, hashes);
    } else {
        portable_each(messages, length, count, hashes);
    }
#else
    (void)kernel;
    portable_each(messages, length, count, hashes);
#endif
}
