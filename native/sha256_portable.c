/* SHA-256 in plain C (FIPS 180-4), and the tables that every kernel reads. */
#include "kernels.h"

const uint32_t vk_sha256_k[64] __attribute__((aligned(64))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

const uint32_t vk_sha256_start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* vk_sha256_k plus the schedule of the block 80 00 .. 00 02 00: what follows 64 message bytes. */
const uint32_t vk_sha256_pad64[64] __attribute__((aligned(64))) = {
    0xc28a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf374,
    0x649b69c1, 0xf0fe4786, 0x0fe1edc6, 0x240cf254, 0x4fe9346f, 0x6cc984be, 0x61b9411e, 0x16f988fa,
    0xf2c65152, 0xa88e5a6d, 0xb019fc65, 0xb9d99ec7, 0x9a1231c3, 0xe70eeaa0, 0xfdb1232b, 0xc7353eb0,
    0x3069bad5, 0xcb976d5f, 0x5a0f118f, 0xdc1eeefd, 0x0a35b689, 0xde0b7a04, 0x58f4ca9d, 0xe15d5b16,
    0x007f3e86, 0x37088980, 0xa507ea32, 0x6fab9537, 0x17406110, 0x0d8cd6f1, 0xcdaa3b6d, 0xc0bbbe37,
    0x83613bda, 0xdb48a363, 0x0b02e931, 0x6fd15ca7, 0x521afaca, 0x31338431, 0x6ed41a95, 0x6d437890,
    0xc39c91f2, 0x9eccabbd, 0xb5c9a0e6, 0x532fb63c, 0xd2c741c6, 0x07237ea3, 0xa4954b68, 0x4c191d76,
};

#define ROR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define CH(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))
#define MAJ(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define SUM0(a) (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22))
#define SUM1(e) (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25))
#define SIGMA0(w) (ROR(w, 7) ^ ROR(w, 18) ^ ((w) >> 3))
#define SIGMA1(w) (ROR(w, 17) ^ ROR(w, 19) ^ ((w) >> 10))

#define ROUND(a, b, c, d, e, f, g, h, wk)                    \
    do {                                                     \
        uint32_t t = (h) + (wk) + CH(e, f, g) + SUM1(e);     \
        (d) += t;                                            \
        (h) = t + SUM0(a) + MAJ(a, b, c);                    \
    } while (0)

#define SCHEDULE(i) (w[i] += SIGMA0(w[((i) + 1) & 15]) + w[((i) + 9) & 15] + SIGMA1(w[((i) + 14) & 15]))

#define EIGHT(i, W)                                          \
    ROUND(a, b, c, d, e, f, g, h, k[(i) + 0] + W((i) + 0));  \
    ROUND(h, a, b, c, d, e, f, g, k[(i) + 1] + W((i) + 1));  \
    ROUND(g, h, a, b, c, d, e, f, k[(i) + 2] + W((i) + 2));  \
    ROUND(f, g, h, a, b, c, d, e, k[(i) + 3] + W((i) + 3));  \
    ROUND(e, f, g, h, a, b, c, d, k[(i) + 4] + W((i) + 4));  \
    ROUND(d, e, f, g, h, a, b, c, k[(i) + 5] + W((i) + 5));  \
    ROUND(c, d, e, f, g, h, a, b, k[(i) + 6] + W((i) + 6));  \
    ROUND(b, c, d, e, f, g, h, a, k[(i) + 7] + W((i) + 7))

#define GIVEN(i) w[i]

void vk_sha256_mix_portable(uint32_t state[8], const uint32_t block[16])
{
    uint32_t w[16];
    memcpy(w, block, sizeof w);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    const uint32_t *k = vk_sha256_k;
    EIGHT(0, GIVEN);
    EIGHT(8, GIVEN);
    for (int i = 1; i < 4; i++) {
        k += 16;
        EIGHT(0, SCHEDULE);
        EIGHT(8, SCHEDULE);
    }

    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void vk_sha256_compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (; count > 0; count--, blocks += 64) {
        uint32_t w[16];
        for (int i = 0; i < 16; i++) w[i] = vk_load_be(blocks + 4 * i);
        vk_sha256_mix_portable(state, w);
    }
}
