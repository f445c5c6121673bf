/* Shares, LANES * GROUPS side by side. Part of the template sha256_lanes.h: hashes stay words in vectors from the coinbase to the end.
 * Lanes may be of different jobs: where they share one, its words are broadcast; otherwise they are gathered. */

enum { CONCAT(NAME, _all) = GROUPS * LANES };
#define ALL_LANES CONCAT(NAME, _all)
#define BATCH CONCAT(NAME, _batch)

/* Shares as the lanes read them. */
typedef struct {
    uint32_t extranonce[4][ALL_LANES], version[ALL_LANES], ntime[ALL_LANES], nbits[ALL_LANES], nonce[ALL_LANES];
    uint32_t blocks[ALL_LANES], depth[ALL_LANES];
    const struct vk_share *share[ALL_LANES];
    uint32_t blocks_max, depth_max;
    int one_work, one_job, one_length, one_depth;
} BATCH __attribute__((aligned(64)));

static void CONCAT(NAME, _prepare)(BATCH *batch, const struct vk_share *shares, size_t count)
{
    const struct vk_work *const work = shares[0].work;
    batch->blocks_max = batch->depth_max = 0;
    batch->one_work = batch->one_job = batch->one_length = batch->one_depth = 1;
    for (size_t l = 0; l < ALL_LANES; l++) {
        /* Lanes without a share repeat the last one; their result is dropped. */
        const struct vk_share *const share = &shares[l < count ? l : count - 1];
        const struct vk_job *const job = share->work->job;
        uint32_t words[4];
        vk_extranonce_words(share, words);
        for (int i = 0; i < 4; i++) batch->extranonce[i][l] = words[i];

        batch->share[l] = share;
        batch->version[l] = __builtin_bswap32(share->version);
        batch->ntime[l] = __builtin_bswap32(share->ntime);
        batch->nbits[l] = __builtin_bswap32(job->nbits);
        batch->nonce[l] = __builtin_bswap32(share->nonce);
        batch->blocks[l] = share->work->blocks;
        batch->depth[l] = job->depth;
        if (batch->blocks[l] > batch->blocks_max) batch->blocks_max = batch->blocks[l];
        if (batch->depth[l] > batch->depth_max) batch->depth_max = batch->depth[l];
        batch->one_work &= share->work == work;
        batch->one_job &= job == work->job;
        batch->one_length &= batch->blocks[l] == work->blocks;
        batch->one_depth &= batch->depth[l] == work->job->depth;
    }
}

/* Lanes that are at their end already (limit <= step) keep what they had. */
static void CONCAT(NAME, _keep)(LANES_STATE *s, const LANES_STATE *before, const uint32_t *limit, uint32_t step)
{
    uint32_t goes_on[ALL_LANES] __attribute__((aligned(64)));
    for (size_t l = 0; l < ALL_LANES; l++) goes_on[l] = step < limit[l] ? UINT32_MAX : 0;
    for (int i = 0; i < 8; i++) EACH(g) s->v[i][g] = CH(LOAD(goes_on + g * LANES), s->v[i][g], before->v[i][g]);
}

/* The second hash of a SHA-256d: the digest is the message. */
static void CONCAT(NAME, _again)(LANES_STATE *s, VEC w[16][GROUPS])
{
    EACH(g)
    {
        for (int i = 0; i < 8; i++) {
            w[i][g] = s->v[i][g];
            s->v[i][g] = ALL(vk_sha256_start[i]);
        }

        w[8][g] = ALL(0x80000000);
        for (int i = 9; i < 15; i++) w[i][g] = ALL(0);
        w[15][g] = ALL(256);
    }

    LANES_ROUNDS(s, w);
}

/* Row l holds `count` words, 8 or 16, of lane l. */
VK_INLINE void CONCAT(NAME, _gather)(VEC (*w)[GROUPS], const uint32_t *const *rows, const int count)
{
    for (int g = 0; g < GROUPS; g++) {
        VEC words[16];
        load_words(words, rows + g * LANES, count);
        for (int i = 0; i < count; i++) w[i][g] = words[i];
    }
}

static void CONCAT(NAME, _coinbases)(LANES_STATE *s, VEC w[16][GROUPS], const BATCH *batch)
{
    const struct vk_work *const work = batch->share[0]->work;
    const uint32_t *rows[ALL_LANES];
    uint32_t laid[ALL_LANES][32] __attribute__((aligned(64)));
    if (batch->one_work) {
        for (int i = 0; i < 8; i++) EACH(g) s->v[i][g] = ALL(work->midstate[i]);
    } else {
        for (size_t l = 0; l < ALL_LANES; l++) rows[l] = batch->share[l]->work->midstate;
        CONCAT(NAME, _gather)(s->v, rows, 8);
        for (size_t l = 0; l < ALL_LANES; l++) vk_lay_tail(batch->share[l], laid[l]);
    }

    LANES_STATE before;
    for (uint32_t b = 0; b < batch->blocks_max; b++) {
        if (!batch->one_length) before = *s;
        if (batch->one_work) {
            for (int i = 0; i < 16; i++) EACH(g) w[i][g] = ALL(work->tail[b][i]);
            for (uint32_t i = 0; i < 4; i++) {
                const uint32_t at = work->hole / 4 + i;
                if (at / 16 == b) EACH(g) w[at % 16][g] = OR(w[at % 16][g], LOAD(batch->extranonce[i] + g * LANES));
            }
        } else {
            for (size_t l = 0; l < ALL_LANES; l++) {
                const uint32_t at = b < batch->blocks[l] ? b : batch->blocks[l] - 1;
                rows[l] = at < 2 ? laid[l] + 16 * at : batch->share[l]->work->tail[at];
            }

            CONCAT(NAME, _gather)(w, rows, 16);
        }

        LANES_ROUNDS(s, w);
        if (!batch->one_length) CONCAT(NAME, _keep)(s, &before, batch->blocks, b);
    }

    CONCAT(NAME, _again)(s, w);
}

static void CONCAT(NAME, _climb)(LANES_STATE *s, VEC w[16][GROUPS], const BATCH *batch)
{
    const struct vk_job *const job = batch->share[0]->work->job;
    LANES_STATE before;
    for (uint32_t step = 0; step < batch->depth_max; step++) {
        if (!batch->one_depth) before = *s;
        if (batch->one_job) {
            for (int i = 0; i < 8; i++) EACH(g) w[8 + i][g] = ALL(job->branch[step][i]);
        } else {
            const uint32_t *rows[ALL_LANES];
            for (size_t l = 0; l < ALL_LANES; l++) {
                const struct vk_job *const own = batch->share[l]->work->job;
                rows[l] = step < own->depth ? own->branch[step] : own->prevhash; /* any eight words */
            }

            CONCAT(NAME, _gather)(w + 8, rows, 8);
        }

        for (int i = 0; i < 8; i++) {
            EACH(g)
            {
                w[i][g] = s->v[i][g];
                s->v[i][g] = ALL(vk_sha256_start[i]);
            }
        }

        LANES_ROUNDS(s, w);
        LANES_PAD64(s);
        CONCAT(NAME, _again)(s, w);
        if (!batch->one_depth) CONCAT(NAME, _keep)(s, &before, batch->depth, step);
    }
}

static void CONCAT(NAME, _headers)(LANES_STATE *s, VEC w[16][GROUPS], const BATCH *batch)
{
    const uint32_t *rows[ALL_LANES];
    for (size_t l = 0; l < ALL_LANES; l++) rows[l] = batch->share[l]->work->job->prevhash;
    CONCAT(NAME, _gather)(w + 1, rows, 8);
    EACH(g) w[0][g] = LOAD(batch->version + g * LANES);
    for (int i = 0; i < 7; i++) EACH(g) w[9 + i][g] = s->v[i][g];

    VEC last[GROUPS];
    EACH(g) last[g] = s->v[7][g];
    for (int i = 0; i < 8; i++) EACH(g) s->v[i][g] = ALL(vk_sha256_start[i]);
    LANES_ROUNDS(s, w);

    EACH(g)
    {
        w[0][g] = last[g];
        w[1][g] = LOAD(batch->ntime + g * LANES);
        w[2][g] = LOAD(batch->nbits + g * LANES);
        w[3][g] = LOAD(batch->nonce + g * LANES);
        w[4][g] = ALL(0x80000000);
        for (int i = 5; i < 15; i++) w[i][g] = ALL(0);
        w[15][g] = ALL(640);
    }

    LANES_ROUNDS(s, w);
    CONCAT(NAME, _again)(s, w);
}

static void CONCAT(NAME, _store)(const LANES_STATE *s, size_t count, uint8_t *hashes)
{
    for (int g = 0; g < GROUPS && (size_t)g * LANES < count; g++) {
        VEC words[8];
        for (int i = 0; i < 8; i++) words[i] = s->v[i][g];
        const size_t left = count - (size_t)g * LANES;
        store_digests(words, left < LANES ? left : LANES, hashes + (size_t)g * LANES * 32);
    }
}

void SHARES_NAME(const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes)
{
    BATCH batch;
    LANES_STATE s;
    VEC w[16][GROUPS];
    CONCAT(NAME, _prepare)(&batch, shares, count);
    CONCAT(NAME, _coinbases)(&s, w, &batch);
    CONCAT(NAME, _climb)(&s, w, &batch);
    if (headers) {
        uint8_t roots[ALL_LANES * 32];
        CONCAT(NAME, _store)(&s, count, roots);
        for (size_t l = 0; l < count; l++) vk_write_header(&shares[l], roots + 32 * l, headers + 80 * l);
    }

    if (hashes) {
        CONCAT(NAME, _headers)(&s, w, &batch);
        CONCAT(NAME, _store)(&s, count, hashes);
    }
}

#undef ALL_LANES
#undef BATCH
