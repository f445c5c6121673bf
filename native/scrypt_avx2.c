/* scrypt's ROMix with AVX2: two blocks in a vector, up to four vectors interleaved. */
#include "kernels.h"
#include <immintrin.h>

#define VEC __m256i
#define PER 2
#define ADD(x, y) _mm256_add_epi32(x, y)
#define XOR(x, y) _mm256_xor_si256(x, y)
#define ROL(x, n) _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - (n)))
#define TURN(x, order) _mm256_shuffle_epi32(x, order)

/* Two lines of 64 bytes, one of each block, as four rows of both. */
VK_INLINE void rows_from_lines(VEC rows[4], const uint8_t *const line[PER])
{
    for (int i = 0; i < 2; i++) {
        const VEC first = _mm256_load_si256((const VEC *)(line[0] + 32 * i));
        const VEC second = _mm256_load_si256((const VEC *)(line[1] + 32 * i));
        rows[2 * i] = _mm256_permute2x128_si256(first, second, 0x20);
        rows[2 * i + 1] = _mm256_permute2x128_si256(first, second, 0x31);
    }
}

/* The reverse; the blocks lie 128 bytes apart. */
VK_INLINE void lines_from_rows(uint8_t *line, const VEC rows[4])
{
    for (int i = 0; i < 2; i++) {
        _mm256_store_si256((VEC *)(line + 32 * i), _mm256_permute2x128_si256(rows[2 * i], rows[2 * i + 1], 0x20));
        _mm256_store_si256((VEC *)(line + 128 + 32 * i), _mm256_permute2x128_si256(rows[2 * i], rows[2 * i + 1], 0x31));
    }
}

VK_INLINE uint32_t first_word(VEC row, int block)
{
    return (uint32_t)_mm_cvtsi128_si32(block == 0 ? _mm256_castsi256_si128(row) : _mm256_extracti128_si256(row, 1));
}

#define GROUPS 1
#define NAME mix2
#include "scrypt_lanes.h"

#define GROUPS 2
#define NAME mix4
#include "scrypt_lanes.h"

#define GROUPS 3
#define NAME mix6
#include "scrypt_lanes.h"

#define GROUPS 4
#define NAME mix8
#include "scrypt_lanes.h"

void vk_scrypt_mix_avx2x8(uint8_t *blocks, size_t count, uint8_t *scratch)
{
    vk_scrypt_mix *const mixes[] = { mix2, mix4, mix6, mix8 };
    mixes[(count - 1) / PER](blocks, count, scratch);
}
