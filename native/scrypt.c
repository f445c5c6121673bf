/* scrypt(N=1024, r=1, p=1) as proof of work (RFC 7914; Litecoin): PBKDF2 in, ROMix, PBKDF2 out. Chooses the kernels. */
#include "kernels.h"

enum { HEADER = VK_SCRYPT_HEADER, BLOCK = 128 };

/* HMAC-SHA-256 keyed with the header: the states after the inner and the outer key block. */
struct keyed { uint32_t inner[8], outer[8]; };

static void set_key(struct keyed *k, vk_compress *compress, const uint8_t *header)
{
    uint8_t key[32], block[64];
    vk_sha256(compress == vk_sha256_compress_portable ? VK_PORTABLE : VK_SHANI, header, HEADER, key);
    memset(block, 0x36, sizeof block);
    for (int i = 0; i < 32; i++) block[i] ^= key[i];
    memcpy(k->inner, vk_sha256_start, sizeof k->inner);
    compress(k->inner, block, 1);

    for (int i = 0; i < 64; i++) block[i] ^= 0x36 ^ 0x5c;
    memcpy(k->outer, vk_sha256_start, sizeof k->outer);
    compress(k->outer, block, 1);
}

/* The outer hash over an inner digest. */
static void finish(const struct keyed *k, vk_compress *compress, const uint32_t inner[8], uint8_t *mac)
{
    uint8_t block[64] = { 0 };
    uint32_t state[8];
    for (int i = 0; i < 8; i++) vk_store_be(block + 4 * i, inner[i]);
    block[32] = 0x80;
    vk_store_be(block + 60, (64 + 32) * 8);
    memcpy(state, k->outer, sizeof state);
    compress(state, block, 1);
    for (int i = 0; i < 8; i++) vk_store_be(mac + 4 * i, state[i]);
}

/* PBKDF2 with one iteration, password and salt being the header: the four blocks that ROMix starts from. */
static void derive_block(const struct keyed *k, vk_compress *compress, const uint8_t *header, uint8_t block[BLOCK])
{
    uint8_t tail[64] = { 0 };
    uint32_t first[8];
    memcpy(first, k->inner, sizeof first);
    compress(first, header, 1);
    memcpy(tail, header + 64, HEADER - 64);
    tail[HEADER - 64 + 4] = 0x80;
    vk_store_be(tail + 60, (64 + HEADER + 4) * 8);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t state[8];
        memcpy(state, first, sizeof state);
        vk_store_be(tail + HEADER - 64, i + 1);
        compress(state, tail, 1);
        finish(k, compress, state, block + 32 * i);
    }
}

/* PBKDF2 with one iteration, the mixed block being the salt: the hash. */
static void derive_hash(const struct keyed *k, vk_compress *compress, const uint8_t block[BLOCK], uint8_t *hash)
{
    uint8_t tail[64] = { 0, 0, 0, 1, 0x80 };
    uint32_t state[8];
    memcpy(state, k->inner, sizeof state);
    compress(state, block, 2);
    vk_store_be(tail + 60, (64 + BLOCK + 4) * 8);
    compress(state, tail, 1);
    finish(k, compress, state, hash);
}

/* Lanes that the kernel mixes at once, and the function. */
static size_t choose(int kernel, size_t count, vk_scrypt_mix **mix)
{
#if defined(__x86_64__)
    const int automatic = kernel == VK_AUTO;
    if (kernel == VK_AVX512 || (automatic && count > 1 && vk_has(VK_AVX512))) {
        *mix = vk_scrypt_mix_avx512x16;
        return 16;
    }

    if (kernel == VK_AVX2 || (automatic && count > 1 && vk_has(VK_AVX2))) {
        *mix = vk_scrypt_mix_avx2x8;
        return 8;
    }
#endif
    (void)kernel;
    (void)count;
    *mix = vk_scrypt_mix_portable;
    return 1;
}

void vk_scrypt(int32_t kernel, const uint8_t *headers, size_t count, uint8_t *hashes, uint8_t *scratch)
{
    vk_compress *const compress = vk_sha256_compress(kernel);
    while (count > 0) {
        struct keyed keys[VK_SCRYPT_LANES_MAX];
        uint8_t blocks[VK_SCRYPT_LANES_MAX][BLOCK] __attribute__((aligned(64)));
        vk_scrypt_mix *mix;
        const size_t lanes = choose(kernel, count, &mix);
        const size_t n = count < lanes ? count : lanes;
        for (size_t l = 0; l < n; l++) {
            set_key(&keys[l], compress, headers + l * HEADER);
            derive_block(&keys[l], compress, headers + l * HEADER, blocks[l]);
        }

        mix(blocks[0], n, scratch);
        for (size_t l = 0; l < n; l++) derive_hash(&keys[l], compress, blocks[l], hashes + 32 * l);
        headers += n * HEADER;
        hashes += n * 32;
        count -= n;
    }
}
