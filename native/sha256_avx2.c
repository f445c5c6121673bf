/* SHA-256d of 8 messages side by side with AVX2: for CPUs without the SHA extensions. */
#include "kernels.h"
#include <immintrin.h>

#define VEC __m256i
#define LANES 8
#define ADD(x, y) _mm256_add_epi32(x, y)
#define XOR(x, y) _mm256_xor_si256(x, y)
#define XOR3(x, y, z) XOR(XOR(x, y), z)
#define SHR(x, n) _mm256_srli_epi32(x, n)
#define ROR(x, n) _mm256_or_si256(_mm256_srli_epi32(x, n), _mm256_slli_epi32(x, 32 - (n)))
#define CH(e, f, g) XOR(g, _mm256_and_si256(e, XOR(f, g)))
#define MAJ(a, b, c) XOR(b, _mm256_and_si256(XOR(a, b), XOR(b, c)))
#define OR(x, y) _mm256_or_si256(x, y)
#define LOAD(words) _mm256_loadu_si256((const VEC *)(words))
#define ALL(x) _mm256_set1_epi32((int)(x))

VK_INLINE VEC swap_bytes(VEC words)
{
    const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    return _mm256_shuffle_epi8(words, _mm256_broadcastsi128_si256(order));
}

/* Rows become columns: eight rows of eight words. */
VK_INLINE void transpose(VEC r[8])
{
    VEC t[8], u[8];
    for (int i = 0; i < 4; i++) {
        t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }

    for (int i = 0; i < 2; i++) {
        u[4 * i + 0] = _mm256_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 1] = _mm256_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        u[4 * i + 2] = _mm256_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        u[4 * i + 3] = _mm256_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }

    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        r[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

/* One block of eight messages: `given` bytes of each at `offset`, the rest from `pad`. */
VK_INLINE void load_block(VEC w[16], const uint8_t *const message[8], size_t offset, size_t given, const uint8_t pad[64])
{
    uint8_t laid[8][64];
    for (int l = 0; l < 8; l++) {
        const uint8_t *from = message[l] + offset;
        if (given < 64) {
            memcpy(laid[l], pad, 64);
            if (given == 16) memcpy(laid[l], from, 16); /* an 80-byte header: no call */
            else memcpy(laid[l], from, given);
            from = laid[l];
        }

        w[l] = swap_bytes(_mm256_loadu_si256((const VEC *)from));
        w[l + 8] = swap_bytes(_mm256_loadu_si256((const VEC *)(from + 32)));
    }

    transpose(w);
    transpose(w + 8);
}

/* The first 8 or 16 words of each of eight rows. */
VK_INLINE void load_words(VEC w[16], const uint32_t *const row[8], const int count)
{
    for (int l = 0; l < 8; l++) w[l] = LOAD(row[l]);
    transpose(w);
    if (count == 8) return;
    for (int l = 0; l < 8; l++) w[l + 8] = LOAD(row[l] + 8);
    transpose(w + 8);
}

VK_INLINE void store_digests(VEC words[8], size_t count, uint8_t *hashes)
{
    transpose(words);
    for (size_t l = 0; l < count; l++) _mm256_storeu_si256((VEC *)(hashes + 32 * l), swap_bytes(words[l]));
}

#define GROUPS 1
#define NAME vk_sha256d_avx2x8
#define SHARES_NAME vk_shares_avx2x8
#include "sha256_lanes.h"
