/* SHA-256d of 16 or 32 messages side by side with AVX-512 (F, BW, VL). */
#include "kernels.h"
#include <immintrin.h>

#define VEC __m512i
#define LANES 16
#define ADD(x, y) _mm512_add_epi32(x, y)
#define XOR3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define SHR(x, n) _mm512_srli_epi32(x, n)
#define ROR(x, n) _mm512_ror_epi32(x, n)
#define CH(e, f, g) _mm512_ternarylogic_epi32(e, f, g, 0xCA)
#define MAJ(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xE8)
#define OR(x, y) _mm512_or_si512(x, y)
#define LOAD(words) _mm512_loadu_si512(words)
#define ALL(x) _mm512_set1_epi32((int)(x))

VK_INLINE VEC swap_bytes(VEC words)
{
    const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm512_shuffle_epi8(words, _mm512_broadcast_i32x4(order));
}

/* Four rows of four 128-bit parts each become columns. */
VK_INLINE void transpose_parts(VEC *a, VEC *b, VEC *c, VEC *d)
{
    const VEC ab01 = _mm512_shuffle_i32x4(*a, *b, 0x44), ab23 = _mm512_shuffle_i32x4(*a, *b, 0xEE);
    const VEC cd01 = _mm512_shuffle_i32x4(*c, *d, 0x44), cd23 = _mm512_shuffle_i32x4(*c, *d, 0xEE);
    *a = _mm512_shuffle_i32x4(ab01, cd01, 0x88);
    *b = _mm512_shuffle_i32x4(ab01, cd01, 0xDD);
    *c = _mm512_shuffle_i32x4(ab23, cd23, 0x88);
    *d = _mm512_shuffle_i32x4(ab23, cd23, 0xDD);
}

/* Rows become columns: sixteen rows of sixteen words. */
VK_INLINE void transpose(VEC r[16])
{
    VEC t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }

    for (int i = 0; i < 4; i++) {
        r[4 * i + 0] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }

    /* Now r[4 * i + j] holds, in its part p, column 4 * p + j of rows 4 * i to 4 * i + 3. */
    for (int j = 0; j < 4; j++) transpose_parts(&r[j], &r[4 + j], &r[8 + j], &r[12 + j]);
}

/* One block of sixteen messages: `given` bytes of each at `offset`, the rest from `pad`. */
VK_INLINE void load_block(VEC w[16], const uint8_t *const message[16], size_t offset, size_t given, const uint8_t pad[64])
{
    if (given == 64) {
        for (int l = 0; l < 16; l++) w[l] = swap_bytes(_mm512_loadu_si512(message[l] + offset));
    } else {
        const __mmask64 mask = ((__mmask64)1 << given) - 1;
        const VEC padding = _mm512_loadu_si512(pad);
        for (int l = 0; l < 16; l++) w[l] = swap_bytes(_mm512_mask_loadu_epi8(padding, mask, message[l] + offset));
    }

    transpose(w);
}

/* The first 8 or 16 words of each of sixteen rows. */
VK_INLINE void load_words(VEC w[16], const uint32_t *const row[16], const int count)
{
    for (int l = 0; l < 16; l++) w[l] = count == 16 ? LOAD(row[l]) : _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)row[l]));
    transpose(w);
}

VK_INLINE void store_digests(const VEC words[8], size_t count, uint8_t *hashes)
{
    VEC rows[16];
    for (int i = 0; i < 8; i++) {
        rows[i] = words[i];
        rows[i + 8] = _mm512_setzero_si512();
    }

    transpose(rows);
    for (size_t l = 0; l < count; l++) {
        _mm256_storeu_si256((__m256i *)(hashes + 32 * l), _mm512_castsi512_si256(swap_bytes(rows[l])));
    }
}

#define GROUPS 1
#define NAME vk_sha256d_avx512x16
#define SHARES_NAME vk_shares_avx512x16
#include "sha256_lanes.h"

#define GROUPS 2
#define NAME vk_sha256d_avx512x32
#define SHARES_NAME vk_shares_avx512x32
#include "sha256_lanes.h"
