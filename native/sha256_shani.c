/* SHA-256 with the SHA extensions of x86. One message is bound by the latency of sha256rnds2; two or four interleaved hide it. */
#include "kernels.h"
#include <immintrin.h>

/* The state of one message as the instructions want it. */
struct state { __m128i abef, cdgh; };

VK_INLINE struct state pack(const uint32_t words[8])
{
    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(words + 4)), 0x1B);
    return (struct state){ _mm_alignr_epi8(badc, efgh, 8), _mm_blend_epi16(efgh, badc, 0xF0) };
}

/* The digest words in order: abcd and efgh, first word in the lowest lane. */
VK_INLINE void unpack(struct state s, __m128i *abcd, __m128i *efgh)
{
    const __m128i feba = _mm_shuffle_epi32(s.abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xB1);
    *abcd = _mm_blend_epi16(feba, dchg, 0xF0);
    *efgh = _mm_alignr_epi8(dchg, feba, 8);
}

VK_INLINE __m128i swap_bytes(__m128i words)
{
    return _mm_shuffle_epi8(words, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

VK_INLINE void load_block(__m128i m[4], const uint8_t *block)
{
    for (int i = 0; i < 4; i++) m[i] = swap_bytes(_mm_loadu_si128((const __m128i *)(block + 16 * i)));
}

/* A table, its address unknown to the compiler: otherwise it lifts the loads out of loops, and spills the state for them. */
VK_INLINE const __m128i *table(const uint32_t *words)
{
    __asm__ volatile("" : "+r"(words));
    return (const __m128i *)words;
}

/* 64 rounds of n messages, n a constant at every call. m is consumed. */
VK_INLINE void rounds(const int n, struct state *s, __m128i m[][4])
{
    const __m128i *const constants = table(vk_sha256_k);
    struct state before[4];
#pragma GCC unroll 4
    for (int l = 0; l < n; l++) before[l] = s[l];

#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const int now = i & 3, next = (i + 1) & 3, last = (i + 3) & 3;
        const __m128i k = _mm_load_si128(constants + i);
#pragma GCC unroll 4
        for (int l = 0; l < n; l++) {
            const __m128i wk = _mm_add_epi32(m[l][now], k);
            s[l].cdgh = _mm_sha256rnds2_epu32(s[l].cdgh, s[l].abef, wk);
            if (i >= 3 && i < 15) {
                const __m128i w9 = _mm_alignr_epi8(m[l][now], m[l][last], 4);
                m[l][next] = _mm_sha256msg2_epu32(_mm_add_epi32(m[l][next], w9), m[l][now]);
            }
            s[l].abef = _mm_sha256rnds2_epu32(s[l].abef, s[l].cdgh, _mm_shuffle_epi32(wk, 0x0E));
            if (i >= 1 && i < 13) m[l][last] = _mm_sha256msg1_epu32(m[l][last], m[l][now]);
        }
    }

#pragma GCC unroll 4
    for (int l = 0; l < n; l++) {
        s[l].abef = _mm_add_epi32(s[l].abef, before[l].abef);
        s[l].cdgh = _mm_add_epi32(s[l].cdgh, before[l].cdgh);
    }
}

void vk_sha256_compress_shani(uint32_t words[8], const uint8_t *blocks, size_t count)
{
    struct state s = pack(words);
    __m128i m[1][4];
    for (; count > 0; count--, blocks += 64) {
        load_block(m[0], blocks);
        rounds(1, &s, m);
    }

    __m128i abcd, efgh;
    unpack(s, &abcd, &efgh);
    _mm_storeu_si128((__m128i *)words, abcd);
    _mm_storeu_si128((__m128i *)(words + 4), efgh);
}

/* The last blocks of one message: its remaining bytes laid over the padding. */
VK_INLINE void lay_tail(uint8_t tail[128], const uint8_t *rest, size_t bytes, uint8_t pad[2][64])
{
    memcpy(tail, pad, 128);
    if (bytes == 16) memcpy(tail, rest, 16); /* an 80-byte header: no call */
    else memcpy(tail, rest, bytes);
}

/* Both hashes of n messages. The rounds stand here once: unrolled copies for each kind of block would not fit the instruction cache. */
VK_INLINE void hash_twice(const int n, const uint8_t *messages, size_t length, uint8_t *hashes)
{
    const struct state start = pack(vk_sha256_start);
    const size_t whole = length / 64;
    struct state s[4];
    __m128i m[4][4];
    uint8_t pad[2][64], tail[4][128];
    const size_t blocks = vk_sha256_pad(length, pad);
    for (int l = 0; l < n; l++) {
        lay_tail(tail[l], messages + l * length + whole * 64, length % 64, pad);
        s[l] = start;
    }

    for (size_t b = 0;; b++) {
        for (int l = 0; l < n; l++) {
            if (b < whole) {
                load_block(m[l], messages + l * length + b * 64);
            } else if (b < blocks) {
                load_block(m[l], tail[l] + (b - whole) * 64);
            } else {
                unpack(s[l], &m[l][0], &m[l][1]);
                m[l][2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
                m[l][3] = _mm_set_epi32(256, 0, 0, 0);
                s[l] = start;
            }
        }

        rounds(n, s, m);
        if (b == blocks) break;
    }

    for (int l = 0; l < n; l++) {
        __m128i abcd, efgh;
        unpack(s[l], &abcd, &efgh);
        _mm_storeu_si128((__m128i *)(hashes + 32 * l), swap_bytes(abcd));
        _mm_storeu_si128((__m128i *)(hashes + 32 * l + 16), swap_bytes(efgh));
    }
}

void vk_sha256d_shani1(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    (void)count;
    hash_twice(1, messages, length, hashes);
}

void vk_sha256d_shani2(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    (void)count;
    hash_twice(2, messages, length, hashes);
}

void vk_sha256d_shani4(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    (void)count;
    hash_twice(4, messages, length, hashes);
}

/* As rounds(), for the block that follows 64 message bytes: the same for every message, so its schedule is a table. */
VK_INLINE void rounds_pad64(const int n, struct state *s)
{
    const __m128i *const constants = table(vk_sha256_pad64);
    struct state before[4];
#pragma GCC unroll 4
    for (int l = 0; l < n; l++) before[l] = s[l];

#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const __m128i wk = _mm_load_si128(constants + i);
        const __m128i upper = _mm_shuffle_epi32(wk, 0x0E);
#pragma GCC unroll 4
        for (int l = 0; l < n; l++) s[l].cdgh = _mm_sha256rnds2_epu32(s[l].cdgh, s[l].abef, wk);
#pragma GCC unroll 4
        for (int l = 0; l < n; l++) s[l].abef = _mm_sha256rnds2_epu32(s[l].abef, s[l].cdgh, upper);
    }

#pragma GCC unroll 4
    for (int l = 0; l < n; l++) {
        s[l].abef = _mm_add_epi32(s[l].abef, before[l].abef);
        s[l].cdgh = _mm_add_epi32(s[l].cdgh, before[l].cdgh);
    }
}

VK_INLINE void load_words(__m128i *m, const uint32_t *words, const int vectors)
{
#pragma GCC unroll 4
    for (int i = 0; i < vectors; i++) m[i] = _mm_loadu_si128((const __m128i *)words + i);
}

/* What stands between the hashes of a share. Each step of n shares prepares the next block and mixes it; shares that are at their end
 * already (of a shorter coinbase or path) go through the step and keep what they had. No more than two side by side: four would be 5 %
 * quicker with unrolled rounds that fill the instruction cache, and 25 % slower with rolled ones. */
VK_INLINE void hash_again(const int n, struct state *s)
{
    __m128i m[2][4];
    for (int l = 0; l < n; l++) {
        unpack(s[l], &m[l][0], &m[l][1]);
        m[l][2] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
        m[l][3] = _mm_set_epi32(256, 0, 0, 0);
        s[l] = pack(vk_sha256_start);
    }

    rounds(n, s, m);
}

VK_INLINE void hash_coinbases(const int n, const struct vk_share *shares, struct state *s)
{
    uint32_t laid[2][32], blocks = 0;
    for (int l = 0; l < n; l++) {
        const struct vk_work *const work = shares[l].work;
        vk_lay_tail(&shares[l], laid[l]);
        s[l] = pack(work->midstate);
        if (blocks < work->blocks) blocks = work->blocks;
    }

    for (uint32_t b = 0; b < blocks; b++) {
        struct state before[2];
        __m128i m[2][4];
        for (int l = 0; l < n; l++) {
            const struct vk_work *const work = shares[l].work;
            before[l] = s[l];
            load_words(m[l], b < 2 ? laid[l] + 16 * b : work->tail[b < work->blocks ? b : 0], 4);
        }

        rounds(n, s, m);
        for (int l = 0; l < n; l++) if (b >= shares[l].work->blocks) s[l] = before[l];
    }

    hash_again(n, s);
}

VK_INLINE void climb(const int n, const struct vk_share *shares, struct state *s)
{
    uint32_t depth = 0;
    for (int l = 0; l < n; l++) if (depth < shares[l].work->job->depth) depth = shares[l].work->job->depth;

    for (uint32_t step = 0; step < depth; step++) {
        struct state before[2];
        __m128i m[2][4];
        for (int l = 0; l < n; l++) {
            const struct vk_job *const job = shares[l].work->job;
            before[l] = s[l];
            unpack(s[l], &m[l][0], &m[l][1]);
            load_words(m[l] + 2, step < job->depth ? job->branch[step] : job->prevhash, 2);
            s[l] = pack(vk_sha256_start);
        }

        rounds(n, s, m);
        rounds_pad64(n, s);
        hash_again(n, s);
        for (int l = 0; l < n; l++) if (step >= shares[l].work->job->depth) s[l] = before[l];
    }
}

VK_INLINE void hash_headers(const int n, const struct vk_share *shares, struct state *s)
{
    __m128i m[2][4], efgh[2];
    for (int l = 0; l < n; l++) {
        const uint32_t *const prevhash = shares[l].work->job->prevhash;
        __m128i abcd, previous[3];
        unpack(s[l], &abcd, &efgh[l]);
        load_words(&previous[0], prevhash, 1);
        load_words(&previous[1], prevhash + 3, 1);
        load_words(&previous[2], prevhash + 4, 1);
        m[l][0] = _mm_alignr_epi8(previous[0], _mm_set1_epi32((int)__builtin_bswap32(shares[l].version)), 12);
        m[l][1] = previous[1];
        m[l][2] = _mm_alignr_epi8(abcd, previous[2], 12);
        m[l][3] = _mm_alignr_epi8(efgh[l], abcd, 12);
        s[l] = pack(vk_sha256_start);
    }

    rounds(n, s, m);
    for (int l = 0; l < n; l++) {
        const uint32_t nbits = shares[l].work->job->nbits;
        const __m128i rest = swap_bytes(_mm_set_epi32(0, (int)shares[l].nonce, (int)nbits, (int)shares[l].ntime));
        m[l][0] = _mm_alignr_epi8(rest, efgh[l], 12);
        m[l][1] = _mm_set_epi32(0, 0, 0, (int)0x80000000);
        m[l][2] = _mm_setzero_si128();
        m[l][3] = _mm_set_epi32(640, 0, 0, 0);
    }

    rounds(n, s, m);
    hash_again(n, s);
}

VK_INLINE void store_digest(struct state s, uint8_t *hash)
{
    __m128i abcd, efgh;
    unpack(s, &abcd, &efgh);
    _mm_storeu_si128((__m128i *)hash, swap_bytes(abcd));
    _mm_storeu_si128((__m128i *)(hash + 16), swap_bytes(efgh));
}

VK_INLINE void hash_shares(const int n, const struct vk_share *shares, uint8_t *headers, uint8_t *hashes)
{
    struct state s[2];
    hash_coinbases(n, shares, s);
    climb(n, shares, s);
    if (headers) {
        for (int l = 0; l < n; l++) {
            uint8_t root[32];
            store_digest(s[l], root);
            vk_write_header(&shares[l], root, headers + 80 * l);
        }
    }

    if (hashes) {
        hash_headers(n, shares, s);
        for (int l = 0; l < n; l++) store_digest(s[l], hashes + 32 * l);
    }
}

void vk_shares_shani1(const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes)
{
    (void)count;
    hash_shares(1, shares, headers, hashes);
}

void vk_shares_shani2(const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes)
{
    (void)count;
    hash_shares(2, shares, headers, hashes);
}
