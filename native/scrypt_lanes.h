/* scrypt's ROMix for PER * GROUPS blocks at once. A template: the file that includes it defines VEC (PER blocks of four words each), the
 * operations below, and for each inclusion GROUPS and NAME.
 *
 * A vector holds one row of the salsa matrix of PER blocks. Rows are kept rotated, (0 5 10 15) (4 9 14 3) (8 13 2 7) (12 1 6 11), so that a
 * column round needs no shuffle and a row round only three. In the scratch every block keeps its 128 bytes together: the reads of the
 * second half are random per block, and should touch two cache lines each, not eight. */

#define EACH(g) _Pragma("GCC unroll 4") for (int g = 0; g < GROUPS; g++)
#define CONCAT2(a, b) a##b
#define CONCAT(a, b) CONCAT2(a, b)
#define SALSA CONCAT(NAME, _salsa)

/* x = salsa20/8(x ^ y) in every group, the feed-forward included. */
VK_INLINE void SALSA(VEC x[4][GROUPS], VEC y[4][GROUPS])
{
    VEC a[GROUPS], b[GROUPS], c[GROUPS], d[GROUPS];
    EACH(g)
    {
        a[g] = x[0][g] = XOR(x[0][g], y[0][g]);
        b[g] = x[1][g] = XOR(x[1][g], y[1][g]);
        c[g] = x[2][g] = XOR(x[2][g], y[2][g]);
        d[g] = x[3][g] = XOR(x[3][g], y[3][g]);
    }

#pragma GCC unroll 1
    for (int i = 0; i < 4; i++) {
        EACH(g) b[g] = XOR(b[g], ROL(ADD(a[g], d[g]), 7));
        EACH(g) c[g] = XOR(c[g], ROL(ADD(b[g], a[g]), 9));
        EACH(g) d[g] = XOR(d[g], ROL(ADD(c[g], b[g]), 13));
        EACH(g) a[g] = XOR(a[g], ROL(ADD(d[g], c[g]), 18));
        EACH(g) b[g] = TURN(b[g], 0x93), c[g] = TURN(c[g], 0x4E), d[g] = TURN(d[g], 0x39);
        EACH(g) d[g] = XOR(d[g], ROL(ADD(a[g], b[g]), 7));
        EACH(g) c[g] = XOR(c[g], ROL(ADD(d[g], a[g]), 9));
        EACH(g) b[g] = XOR(b[g], ROL(ADD(c[g], d[g]), 13));
        EACH(g) a[g] = XOR(a[g], ROL(ADD(b[g], c[g]), 18));
        EACH(g) b[g] = TURN(b[g], 0x39), c[g] = TURN(c[g], 0x4E), d[g] = TURN(d[g], 0x93);
    }

    EACH(g)
    {
        x[0][g] = ADD(x[0][g], a[g]);
        x[1][g] = ADD(x[1][g], b[g]);
        x[2][g] = ADD(x[2][g], c[g]);
        x[3][g] = ADD(x[3][g], d[g]);
    }
}

static void NAME(uint8_t *blocks, size_t count, uint8_t *scratch)
{
    enum { N = 1024, WIDTH = PER * GROUPS };
    uint32_t words[WIDTH][32] __attribute__((aligned(64)));
    VEC x[8][GROUPS];

    /* Lanes without a block repeat the last one. */
    for (size_t l = 0; l < WIDTH; l++) {
        uint32_t given[32];
        memcpy(given, blocks + (l < count ? l : count - 1) * 128, 128);
        for (int i = 0; i < 32; i++) words[l][i] = given[(i & 16) | (i * 5 & 15)];
    }

    EACH(g) for (int half = 0; half < 8; half += 4) {
        const uint8_t *line[PER];
        VEC rows[4];
        for (int p = 0; p < PER; p++) line[p] = (const uint8_t *)(words[g * PER + p] + 4 * half);
        rows_from_lines(rows, line);
        for (int k = 0; k < 4; k++) x[half + k][g] = rows[k];
    }

#pragma GCC unroll 1
    for (size_t i = 0; i < N; i++) {
        EACH(g) for (int half = 0; half < 8; half += 4) {
            const VEC rows[4] = { x[half][g], x[half + 1][g], x[half + 2][g], x[half + 3][g] };
            lines_from_rows(scratch + (i * WIDTH + (size_t)g * PER) * 128 + 16 * half, rows);
        }

        SALSA(x, x + 4);
        SALSA(x + 4, x);
    }

#pragma GCC unroll 1
    for (int i = 0; i < N; i++) {
        EACH(g)
        {
            const uint8_t *past[PER];
            for (int p = 0; p < PER; p++) {
                const size_t at = first_word(x[4][g], p) & (N - 1);
                past[p] = scratch + (at * WIDTH + (size_t)(g * PER + p)) * 128;
            }

            for (int half = 0; half < 8; half += 4) {
                VEC rows[4];
                rows_from_lines(rows, past);
                for (int k = 0; k < 4; k++) x[half + k][g] = XOR(x[half + k][g], rows[k]);
                for (int p = 0; p < PER; p++) past[p] += 64;
            }
        }

        SALSA(x, x + 4);
        SALSA(x + 4, x);
    }

    EACH(g) for (int half = 0; half < 8; half += 4) {
        const VEC rows[4] = { x[half][g], x[half + 1][g], x[half + 2][g], x[half + 3][g] };
        lines_from_rows((uint8_t *)words[g * PER] + 16 * half, rows);
    }

    for (size_t l = 0; l < count; l++) {
        uint32_t mixed[32];
        for (int i = 0; i < 32; i++) mixed[(i & 16) | (i * 5 & 15)] = words[l][i];
        memcpy(blocks + l * 128, mixed, 128);
    }
}

#undef SALSA
#undef EACH
#undef CONCAT
#undef CONCAT2
#undef GROUPS
#undef NAME
