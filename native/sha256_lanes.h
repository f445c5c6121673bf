/* SHA-256 of LANES * GROUPS messages side by side: word i of every message of a group lies in one vector. A template: the file that
 * includes it defines VEC, LANES, the operations below, and for each inclusion GROUPS, NAME and SHARES_NAME. Several groups are
 * interleaved, since one alone waits for its own results.
 *
 * The rounds are rolled (16 rounds, then a loop over 16 rounds with schedule): fully unrolled they do not fit the instruction cache and
 * a share becomes 40 % slower. The order of additions in ROUND keeps e's chain short: built with -fno-tree-reassoc, or it is undone. */

#define EACH(g) _Pragma("GCC unroll 4") for (int g = 0; g < GROUPS; g++)
#define CONCAT2(a, b) a##b
#define CONCAT(a, b) CONCAT2(a, b)
#define LANES_STATE CONCAT(NAME, _state)
#define LANES_ROUNDS CONCAT(NAME, _rounds)
#define LANES_PAD64 CONCAT(NAME, _pad64)

typedef struct { VEC v[8][GROUPS]; } LANES_STATE;

#define ROUND(a, b, c, d, e, f, g, h, wk)                                                  \
    EACH(i)                                                                                \
    {                                                                                      \
        const VEC u = ADD(ADD(h[i], wk), CH(e[i], f[i], g[i]));                            \
        const VEC sum1 = XOR3(ROR(e[i], 6), ROR(e[i], 11), ROR(e[i], 25));                 \
        const VEC sum0 = XOR3(ROR(a[i], 2), ROR(a[i], 13), ROR(a[i], 22));                 \
        d[i] = ADD(ADD(d[i], u), sum1);                                                    \
        h[i] = ADD(ADD(u, sum1), ADD(sum0, MAJ(a[i], b[i], c[i])));                        \
    }

#define SCHEDULE(t)                                                                        \
    EACH(i)                                                                                \
    {                                                                                      \
        const VEC x = w[((t) + 1) & 15][i], y = w[((t) + 14) & 15][i];                     \
        const VEC sigma0 = XOR3(ROR(x, 7), ROR(x, 18), SHR(x, 3));                         \
        const VEC sigma1 = XOR3(ROR(y, 17), ROR(y, 19), SHR(y, 10));                       \
        w[t][i] = ADD(ADD(w[t][i], sigma0), ADD(w[((t) + 9) & 15][i], sigma1));            \
    }

#define STEP(a, b, c, d, e, f, g, h, t, PREPARE)                                           \
    PREPARE(t)                                                                             \
    ROUND(a, b, c, d, e, f, g, h, ADD(w[t][i], ALL(k[t])))

#define EIGHT(t, PREPARE)                                                                  \
    STEP(a, b, c, d, e, f, g, h, (t) + 0, PREPARE)                                         \
    STEP(h, a, b, c, d, e, f, g, (t) + 1, PREPARE)                                         \
    STEP(g, h, a, b, c, d, e, f, (t) + 2, PREPARE)                                         \
    STEP(f, g, h, a, b, c, d, e, (t) + 3, PREPARE)                                         \
    STEP(e, f, g, h, a, b, c, d, (t) + 4, PREPARE)                                         \
    STEP(d, e, f, g, h, a, b, c, (t) + 5, PREPARE)                                         \
    STEP(c, d, e, f, g, h, a, b, (t) + 6, PREPARE)                                         \
    STEP(b, c, d, e, f, g, h, a, (t) + 7, PREPARE)

#define AS_GIVEN(t)

#define LOCALS(s)                                                                          \
    VEC a[GROUPS], b[GROUPS], c[GROUPS], d[GROUPS], e[GROUPS], f[GROUPS], g[GROUPS], h[GROUPS]; \
    EACH(i)                                                                                \
    {                                                                                      \
        a[i] = s->v[0][i], b[i] = s->v[1][i], c[i] = s->v[2][i], d[i] = s->v[3][i];        \
        e[i] = s->v[4][i], f[i] = s->v[5][i], g[i] = s->v[6][i], h[i] = s->v[7][i];        \
    }

#define ADD_LOCALS(s)                                                                      \
    EACH(i)                                                                                \
    {                                                                                      \
        s->v[0][i] = ADD(s->v[0][i], a[i]), s->v[1][i] = ADD(s->v[1][i], b[i]);            \
        s->v[2][i] = ADD(s->v[2][i], c[i]), s->v[3][i] = ADD(s->v[3][i], d[i]);            \
        s->v[4][i] = ADD(s->v[4][i], e[i]), s->v[5][i] = ADD(s->v[5][i], f[i]);            \
        s->v[6][i] = ADD(s->v[6][i], g[i]), s->v[7][i] = ADD(s->v[7][i], h[i]);            \
    }

static __attribute__((noinline)) void LANES_ROUNDS(LANES_STATE *s, VEC w[16][GROUPS])
{
    LOCALS(s)
    const uint32_t *k = vk_sha256_k;
    EIGHT(0, AS_GIVEN)
    EIGHT(8, AS_GIVEN)
#pragma GCC unroll 1
    for (int part = 1; part < 4; part++) {
        __asm__ volatile("" ::: "memory"); /* the schedule stays where it is: carried in registers, it would be spilled elsewhere */
        k += 16;
        EIGHT(0, SCHEDULE)
        EIGHT(8, SCHEDULE)
    }

    ADD_LOCALS(s)
}

/* The block that follows 64 message bytes: the same for every message, so its schedule is a table. */
static __attribute__((noinline)) void LANES_PAD64(LANES_STATE *s)
{
    LOCALS(s)
#pragma GCC unroll 1
    for (const uint32_t *k = vk_sha256_pad64; k < vk_sha256_pad64 + 64; k += 8) {
        ROUND(a, b, c, d, e, f, g, h, ALL(k[0]))
        ROUND(h, a, b, c, d, e, f, g, ALL(k[1]))
        ROUND(g, h, a, b, c, d, e, f, ALL(k[2]))
        ROUND(f, g, h, a, b, c, d, e, ALL(k[3]))
        ROUND(e, f, g, h, a, b, c, d, ALL(k[4]))
        ROUND(d, e, f, g, h, a, b, c, ALL(k[5]))
        ROUND(c, d, e, f, g, h, a, b, ALL(k[6]))
        ROUND(b, c, d, e, f, g, h, a, ALL(k[7]))
    }

    ADD_LOCALS(s)
}

#include "share_lanes.h"

void NAME(const uint8_t *messages, size_t length, size_t count, uint8_t *hashes)
{
    LANES_STATE s;
    VEC w[16][GROUPS];
    uint8_t pad[2][64];
    const uint8_t *message[GROUPS * LANES];
    const size_t whole = length / 64;
    const size_t blocks = vk_sha256_pad(length, pad);

    /* Lanes without a message repeat the last one; their result is dropped. */
    for (size_t l = 0; l < GROUPS * LANES; l++) message[l] = messages + (l < count ? l : count - 1) * length;
    for (int i = 0; i < 8; i++) EACH(g) s.v[i][g] = ALL(vk_sha256_start[i]);

    for (size_t b = 0; b < blocks; b++) {
        if (length == 64 && b == 1) {
            LANES_PAD64(&s);
            continue;
        }

        const size_t given = b < whole ? 64 : b == whole ? length % 64 : 0;
        for (int g = 0; g < GROUPS; g++) {
            VEC words[16];
            load_block(words, message + g * LANES, b * 64, given, pad[b > whole]);
            for (int i = 0; i < 16; i++) w[i][g] = words[i];
        }

        LANES_ROUNDS(&s, w);
    }

    CONCAT(NAME, _again)(&s, w);
    CONCAT(NAME, _store)(&s, count, hashes);
}

#undef LANES_STATE
#undef LANES_ROUNDS
#undef LANES_PAD64
#undef ROUND
#undef SCHEDULE
#undef STEP
#undef EIGHT
#undef AS_GIVEN
#undef LOCALS
#undef ADD_LOCALS
#undef EACH
#undef CONCAT
#undef CONCAT2
#undef GROUPS
#undef NAME
#undef SHARES_NAME
