/* Hashes shares: coinbase, merkle path, header. Chooses the kernel; the portable one is here. */
#include "kernels.h"

/* The block that follows 64 message bytes. */
static const uint32_t padding64[16] = { [0] = 0x80000000, [15] = 512 };

/* What follows a digest that is hashed again. */
static const uint32_t padding32[8] = { [0] = 0x80000000, [7] = 256 };

static void begin(uint32_t state[8]) { memcpy(state, vk_sha256_start, 32); }

/* The second hash of a SHA-256d: the digest is the message. */
static void hash_again(uint32_t state[8])
{
    uint32_t block[16];
    memcpy(block, state, 32);
    memcpy(block + 8, padding32, 32);
    begin(state);
    vk_sha256_mix_portable(state, block);
}

static void hash_coinbase(uint32_t state[8], const struct vk_share *share)
{
    const struct vk_work *const work = share->work;
    uint32_t laid[32];
    vk_lay_tail(share, laid);
    memcpy(state, work->midstate, 32);
    for (uint32_t b = 0; b < work->blocks; b++) vk_sha256_mix_portable(state, b < 2 ? laid + 16 * b : work->tail[b]);
    hash_again(state);
}

static void climb(uint32_t state[8], const struct vk_job *job)
{
    for (uint32_t i = 0; i < job->depth; i++) {
        uint32_t node[16];
        memcpy(node, state, 32);
        memcpy(node + 8, job->branch[i], 32);
        begin(state);
        vk_sha256_mix_portable(state, node);
        vk_sha256_mix_portable(state, padding64);
        hash_again(state);
    }
}

static void hash_header(uint32_t state[8], const struct vk_share *share)
{
    const struct vk_job *const job = share->work->job;
    uint32_t block[32] = { 0 };
    block[0] = __builtin_bswap32(share->version);
    memcpy(block + 1, job->prevhash, 32);
    memcpy(block + 9, state, 32);
    block[17] = __builtin_bswap32(share->ntime);
    block[18] = __builtin_bswap32(job->nbits);
    block[19] = __builtin_bswap32(share->nonce);
    block[20] = 0x80000000;
    block[31] = 640;
    begin(state);
    vk_sha256_mix_portable(state, block);
    vk_sha256_mix_portable(state, block + 16);
    hash_again(state);
}

static void store_words(const uint32_t words[8], uint8_t *bytes)
{
    for (int i = 0; i < 8; i++) vk_store_be(bytes + 4 * i, words[i]);
}

void vk_shares_portable(const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t state[8];
        hash_coinbase(state, &shares[i]);
        climb(state, shares[i].work->job);
        if (headers) {
            uint8_t root[32];
            store_words(state, root);
            vk_write_header(&shares[i], root, headers + 80 * i);
        }

        if (hashes) {
            hash_header(state, &shares[i]);
            store_words(state, hashes + 32 * i);
        }
    }
}

/* A way to hash up to `width` shares at once. */
struct way { vk_share_batch *batch; size_t width; };

#if defined(__x86_64__)
/* Measured on Zen 5 (`viddhana-miner bench shares`): sixteen lanes cost as much as seven or eight shares by the SHA extensions, however
 * many of them are used, and twice sixteen as much as sixteen and four. */
static struct way widest(int kernel, size_t count)
{
    enum { PAIR_MIN = 20, BATCH_MIN = 8, AVX2_MIN = 3 };
    const int automatic = kernel == VK_AUTO, shani = vk_has(VK_SHANI);
    if (kernel == VK_AVX512 || (automatic && vk_has(VK_AVX512) && count >= (shani ? BATCH_MIN : 2))) {
        return count >= PAIR_MIN ? (struct way){ vk_shares_avx512x32, 32 } : (struct way){ vk_shares_avx512x16, 16 };
    }

    if (kernel == VK_SHANI || (automatic && shani)) {
        return count >= 2 ? (struct way){ vk_shares_shani2, 2 } : (struct way){ vk_shares_shani1, 1 };
    }

    if (kernel == VK_AVX2 || (automatic && vk_has(VK_AVX2) && count >= AVX2_MIN)) return (struct way){ vk_shares_avx2x8, 8 };
    return (struct way){ vk_shares_portable, count };
}
#else
static struct way widest(int kernel, size_t count)
{
    (void)kernel;
    return (struct way){ vk_shares_portable, count };
}
#endif

void vk_shares(int32_t kernel, const struct vk_share *shares, size_t count, uint8_t *headers, uint8_t *hashes)
{
#if defined(__x86_64__)
    vk_clean_upper_halves();
#endif
    while (count > 0) {
        const struct way way = widest(kernel, count);
        const size_t n = count < way.width ? count : way.width;
        way.batch(shares, n, headers, hashes);
        shares += n;
        count -= n;
        if (headers) headers += 80 * n;
        if (hashes) hashes += 32 * n;
    }
}
