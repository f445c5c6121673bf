/* scrypt's ROMix for one block in plain C (RFC 7914 sections 3 to 5 with N = 1024, r = 1). */
#include "kernels.h"

enum { N = 1024, WORDS = 32 };

#define ROL(x, n) (((x) << (n)) | ((x) >> (32 - (n))))
#define QUARTER(a, b, c, d)        \
    b ^= ROL(a + d, 7);            \
    c ^= ROL(b + a, 9);            \
    d ^= ROL(c + b, 13);           \
    a ^= ROL(d + c, 18)

/* x = salsa20/8(x ^ y), its feed-forward included. */
static void salsa_xor(uint32_t x[16], const uint32_t y[16])
{
    for (int i = 0; i < 16; i++) x[i] ^= y[i];

    uint32_t x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5], x6 = x[6], x7 = x[7];
    uint32_t x8 = x[8], x9 = x[9], x10 = x[10], x11 = x[11], x12 = x[12], x13 = x[13], x14 = x[14], x15 = x[15];
    for (int i = 0; i < 4; i++) {
        QUARTER(x0, x4, x8, x12);
        QUARTER(x5, x9, x13, x1);
        QUARTER(x10, x14, x2, x6);
        QUARTER(x15, x3, x7, x11);
        QUARTER(x0, x1, x2, x3);
        QUARTER(x5, x6, x7, x4);
        QUARTER(x10, x11, x8, x9);
        QUARTER(x15, x12, x13, x14);
    }

    x[0] += x0, x[1] += x1, x[2] += x2, x[3] += x3, x[4] += x4, x[5] += x5, x[6] += x6, x[7] += x7;
    x[8] += x8, x[9] += x9, x[10] += x10, x[11] += x11, x[12] += x12, x[13] += x13, x[14] += x14, x[15] += x15;
}

static uint32_t load_le(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void mix_one(uint8_t *block, uint32_t (*v)[WORDS])
{
    uint32_t x[WORDS];
    for (int i = 0; i < WORDS; i++) x[i] = load_le(block + 4 * i);

    for (int i = 0; i < N; i++) {
        memcpy(v[i], x, sizeof x);
        salsa_xor(x, x + 16);
        salsa_xor(x + 16, x);
    }

    for (int i = 0; i < N; i++) {
        const uint32_t *const past = v[x[16] & (N - 1)];
        for (int k = 0; k < WORDS; k++) x[k] ^= past[k];
        salsa_xor(x, x + 16);
        salsa_xor(x + 16, x);
    }

    for (int i = 0; i < WORDS; i++) {
        for (int b = 0; b < 4; b++) block[4 * i + b] = (uint8_t)(x[i] >> (8 * b));
    }
}

void vk_scrypt_mix_portable(uint8_t *blocks, size_t count, uint8_t *scratch)
{
    for (; count > 0; count--, blocks += 128) mix_one(blocks, (uint32_t (*)[WORDS])(void *)scratch);
}
