using System.Buffers.Binary;
using System.Numerics;

namespace Viddhana.Backoffice.Accounts.Signatures;

/// <summary>
/// Keccak-256 as Ethereum uses it: the Keccak of the competition, with padding 01, where SHA3-256 (FIPS 202) has 06. Reference: "The Keccak
/// reference", version 3.0.
/// </summary>
internal static class Keccak256
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = 32;

    private const int Rate = 136;
    private const int Lanes = 25;

    private static readonly ulong[] RoundConstants = MakeRoundConstants();
    private static readonly (int Lane, int Rotation)[] Walk = MakeWalk();

    /// <summary>The hash of the bytes; the first byte of padding is 1, for SHA3-256 it would be 6.</summary>
    public static byte[] Hash(ReadOnlySpan<byte> data, byte padding = 0x01)
    {
        Span<ulong> state = stackalloc ulong[Lanes];
        Span<byte> block = stackalloc byte[Rate];
        state.Clear();
        for (; data.Length >= Rate; data = data[Rate..]) Absorb(state, data[..Rate]);

        block.Clear();
        data.CopyTo(block);
        block[data.Length] = padding;
        block[^1] |= 0x80;
        Absorb(state, block);

        var hash = new byte[Size];
        for (var i = 0; i < Size / 8; i++) BinaryPrimitives.WriteUInt64LittleEndian(hash.AsSpan(i * 8), state[i]);
        return hash;
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (var i = 0; i < Rate / 8; i++) state[i] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(i * 8)..]);
        foreach (var constant in RoundConstants) Round(state, constant);
    }

    private static void Round(Span<ulong> a, ulong constant)
    {
        Span<ulong> column = stackalloc ulong[5];
        for (var x = 0; x < 5; x++) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        for (var i = 0; i < Lanes; i++)
            a[i] ^= column[(i + 4) % 5] ^ BitOperations.RotateLeft(column[(i + 1) % 5], 1);

        // rho and pi: each lane is turned and goes to the next place of the walk.
        var moving = a[1];
        foreach (var (lane, rotation) in Walk) (a[lane], moving) = (BitOperations.RotateLeft(moving, rotation), a[lane]);

        for (var y = 0; y < Lanes; y += 5)
        {
            for (var x = 0; x < 5; x++) column[x] = a[y + x];
            for (var x = 0; x < 5; x++) a[y + x] = column[x] ^ (~column[(x + 1) % 5] & column[(x + 2) % 5]);
        }

        a[0] ^= constant;
    }

    /// <summary>Rotations are the triangular numbers along the walk (x, y) → (y, 2x + 3y) from (1, 0).</summary>
    private static (int, int)[] MakeWalk()
    {
        var walk = new (int, int)[24];
        var (x, y) = (1, 0);
        for (var t = 0; t < walk.Length; t++)
        {
            (x, y) = (y, ((2 * x) + (3 * y)) % 5);
            walk[t] = (x + (5 * y), (t + 1) * (t + 2) / 2 % 64);
        }

        return walk;
    }

    /// <summary>Bits 2^j - 1 of each constant come from the register x^8 + x^6 + x^5 + x^4 + 1.</summary>
    private static ulong[] MakeRoundConstants()
    {
        var constants = new ulong[24];
        var register = 1;
        for (var round = 0; round < constants.Length; round++)
        {
            for (var j = 0; j < 7; j++)
            {
                if ((register & 1) != 0) constants[round] |= 1UL << ((1 << j) - 1);
                register = (register << 1) ^ ((register >> 7) * 0x171);
            }
        }

        return constants;
    }
}
