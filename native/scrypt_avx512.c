/* scrypt's ROMix with AVX-512 (F): four blocks in a vector, up to four vectors interleaved. */
#include "kernels.h"
#include <immintrin.h>

#define VEC __m512i
#define PER 4
#define ADD(x, y) _mm512_add_epi32(x, y)
#define XOR(x, y) _mm512_xor_si512(x, y)
#define ROL(x, n) _mm512_rol_epi32(x, n)
#define TURN(x, order) _mm512_shuffle_epi32(x, (_MM_PERM_ENUM)(order))

/* Four vectors of four 128-bit parts: rows become columns. Its own inverse. */
VK_INLINE void transpose_parts(VEC out[4], const VEC in[4])
{
    const VEC ab01 = _mm512_shuffle_i32x4(in[0], in[1], 0x44), ab23 = _mm512_shuffle_i32x4(in[0], in[1], 0xEE);
    const VEC cd01 = _mm512_shuffle_i32x4(in[2], in[3], 0x44), cd23 = _mm512_shuffle_i32x4(in[2], in[3], 0xEE);
    out[0] = _mm512_shuffle_i32x4(ab01, cd01, 0x88);
    out[1] = _mm512_shuffle_i32x4(ab01, cd01, 0xDD);
    out[2] = _mm512_shuffle_i32x4(ab23, cd23, 0x88);
    out[3] = _mm512_shuffle_i32x4(ab23, cd23, 0xDD);
}

/* Four lines of 64 bytes, one of each block, as four rows of all. */
VK_INLINE void rows_from_lines(VEC rows[4], const uint8_t *const line[PER])
{
    VEC lines[4];
    for (int p = 0; p < PER; p++) lines[p] = _mm512_load_si512(line[p]);
    transpose_parts(rows, lines);
}

/* The reverse; the blocks lie 128 bytes apart. */
VK_INLINE void lines_from_rows(uint8_t *line, const VEC rows[4])
{
    VEC lines[4];
    transpose_parts(lines, rows);
    for (int p = 0; p < PER; p++) _mm512_store_si512(line + 128 * p, lines[p]);
}

VK_INLINE uint32_t first_word(VEC row, int block)
{
    switch (block) {
    case 0: return (uint32_t)_mm_cvtsi128_si32(_mm512_castsi512_si128(row));
    case 1: return (uint32_t)_mm_cvtsi128_si32(_mm512_extracti32x4_epi32(row, 1));
    case 2: return (uint32_t)_mm_cvtsi128_si32(_mm512_extracti32x4_epi32(row, 2));
    default: return (uint32_t)_mm_cvtsi128_si32(_mm512_extracti32x4_epi32(row, 3));
    }
}

#define GROUPS 1
#define NAME mix4
#include "scrypt_lanes.h"

#define GROUPS 2
#define NAME mix8
#include "scrypt_lanes.h"

#define GROUPS 3
#define NAME mix12
#include "scrypt_lanes.h"

#define GROUPS 4
#define NAME mix16
#include "scrypt_lanes.h"

void vk_scrypt_mix_avx512x16(uint8_t *blocks, size_t count, uint8_t *scratch)
{
    vk_scrypt_mix *const mixes[] = { mix4, mix8, mix12, mix16 };
    mixes[(count - 1) / PER](blocks, count, scratch);
}
