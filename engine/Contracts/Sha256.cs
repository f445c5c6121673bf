using System.Buffers.Binary;
using System.Numerics;

namespace Viddhana.Contracts;

/// <summary>
/// SHA-256 (FIPS 180-4) in plain C#: for addresses and set-up work, where it needs no OpenSSL at run time, and as the twin that the kernels
/// of <c>native/</c> are held against.
/// </summary>
public static class Sha256
{
    /// <summary>Bytes of a digest.</summary>
    public const int Size = 32;

    /// <summary>Words of a state and of a digest.</summary>
    public const int StateWords = 8;

    /// <summary>Words of a block, big-endian in the message.</summary>
    public const int BlockWords = 16;

    // Arrays, not span properties: those allocate at every read in unoptimised builds.
    private static readonly uint[] Start =
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    private static readonly uint[] K =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>Writes the 32-byte digest of <paramref name="data"/>; the two may overlap.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        Span<uint> state = stackalloc uint[StateWords];
        Begin(state);
        var bits = (ulong)data.Length * 8;
        for (; data.Length >= 64; data = data[64..]) Compress(state, data);

        Span<byte> last = stackalloc byte[128];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x80;
        var size = data.Length < 56 ? 64 : 128;
        BinaryPrimitives.WriteUInt64BigEndian(last[(size - 8)..], bits);
        for (var at = 0; at < size; at += 64) Compress(state, last[at..]);

        for (var i = 0; i < 8; i++) BinaryPrimitives.WriteUInt32BigEndian(digest[(4 * i)..], state[i]);
    }

    /// <summary>Writes SHA-256 of SHA-256 of <paramref name="data"/>.</summary>
    public static void HashTwice(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        Hash(data, digest);
        Hash(digest[..Size], digest);
    }

    /// <summary>The state before the first block.</summary>
    public static void Begin(Span<uint> state) => Start.CopyTo(state);

    /// <summary>Mixes one block, given as words, into the state: the digest's words once the last, padded block is in.</summary>
    public static void Mix(Span<uint> state, ReadOnlySpan<uint> block)
    {
        Span<uint> w = stackalloc uint[64];
        block[..BlockWords].CopyTo(w);
        for (var i = BlockWords; i < 64; i++)
        {
            var s0 = BitOperations.RotateRight(w[i - 15], 7) ^ BitOperations.RotateRight(w[i - 15], 18) ^ (w[i - 15] >> 3);
            var s1 = BitOperations.RotateRight(w[i - 2], 17) ^ BitOperations.RotateRight(w[i - 2], 19) ^ (w[i - 2] >> 10);
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }

        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        for (var i = 0; i < 64; i++)
        {
            var s1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            var s0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            var t = h + s1 + (g ^ (e & (f ^ g))) + K[i] + w[i];
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t, c, b, a, t + s0 + ((a & b) | (c & (a | b))));
        }

        (state[0], state[1], state[2], state[3]) = (state[0] + a, state[1] + b, state[2] + c, state[3] + d);
        (state[4], state[5], state[6], state[7]) = (state[4] + e, state[5] + f, state[6] + g, state[7] + h);
    }

    private static void Compress(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[BlockWords];
        for (var i = 0; i < BlockWords; i++) words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        Mix(state, words);
    }
}
