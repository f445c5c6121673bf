using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Viddhana.Contracts;

namespace Viddhana.Core.Algorithms;

/// <summary>scrypt with N = 1024, r = 1, p = 1 (RFC 7914) in C#: the twin of <c>native/scrypt.c</c> and <c>scrypt_portable.c</c>.</summary>
internal static class ManagedScrypt
{
    private const int N = 1024;
    private const int Words = 32;

    /// <summary>
    /// Hashes one message, which is its own salt, into 32 bytes. <paramref name="scratch"/>: 128 KiB, aligned to four bytes.
    /// </summary>
    public static void Hash(ReadOnlySpan<byte> header, Span<byte> hash, Span<byte> scratch)
    {
        Span<byte> block = stackalloc byte[Words * 4];
        DeriveKey(header, header, block);
        Mix(block, MemoryMarshal.Cast<byte, uint>(scratch));
        DeriveKey(header, block, hash[..32]);
    }

    /// <summary>PBKDF2-HMAC-SHA-256 with one iteration (RFC 8018); the output is a multiple of 32 bytes.</summary>
    private static void DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, Span<byte> output)
    {
        Span<byte> salted = stackalloc byte[salt.Length + 4];
        salt.CopyTo(salted);
        for (var i = 0; i < output.Length / 32; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(salted[salt.Length..], i + 1);
            Hmac(password, salted, output.Slice(32 * i, 32));
        }
    }

    /// <summary>HMAC-SHA-256 (RFC 2104).</summary>
    private static void Hmac(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        Span<byte> padded = stackalloc byte[64];
        padded.Clear();
        if (key.Length > 64) Sha256.Hash(key, padded);
        else key.CopyTo(padded);

        Span<byte> inner = stackalloc byte[64 + message.Length];
        Span<byte> outer = stackalloc byte[64 + 32];
        for (var i = 0; i < 64; i++)
        {
            inner[i] = (byte)(padded[i] ^ 0x36);
            outer[i] = (byte)(padded[i] ^ 0x5c);
        }

        message.CopyTo(inner[64..]);
        Sha256.Hash(inner, outer[64..]);
        Sha256.Hash(outer, mac);
    }

    private static void Mix(Span<byte> block, Span<uint> v)
    {
        Span<uint> x = stackalloc uint[Words];
        for (var i = 0; i < Words; i++) x[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * i)..]);

        for (var i = 0; i < N; i++)
        {
            x.CopyTo(v[(i * Words)..]);
            MixBlock(x);
        }

        for (var i = 0; i < N; i++)
        {
            var past = v.Slice((int)(x[16] % N) * Words, Words);
            for (var k = 0; k < Words; k++) x[k] ^= past[k];
            MixBlock(x);
        }

        for (var i = 0; i < Words; i++) BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], x[i]);
    }

    private static void MixBlock(Span<uint> x)
    {
        SalsaXor(x[..16], x[16..]);
        SalsaXor(x[16..], x[..16]);
    }

    /// <summary>x = salsa20/8(x ^ y), its feed-forward included.</summary>
    private static void SalsaXor(Span<uint> x, ReadOnlySpan<uint> y)
    {
        for (var i = 0; i < 16; i++) x[i] ^= y[i];

        Span<uint> s = stackalloc uint[16];
        x.CopyTo(s);
        for (var i = 0; i < 4; i++)
        {
            Quarter(ref s[0], ref s[4], ref s[8], ref s[12]);
            Quarter(ref s[5], ref s[9], ref s[13], ref s[1]);
            Quarter(ref s[10], ref s[14], ref s[2], ref s[6]);
            Quarter(ref s[15], ref s[3], ref s[7], ref s[11]);
            Quarter(ref s[0], ref s[1], ref s[2], ref s[3]);
            Quarter(ref s[5], ref s[6], ref s[7], ref s[4]);
            Quarter(ref s[10], ref s[11], ref s[8], ref s[9]);
            Quarter(ref s[15], ref s[12], ref s[13], ref s[14]);
        }

        for (var i = 0; i < 16; i++) x[i] += s[i];
    }

    private static void Quarter(ref uint a, ref uint b, ref uint c, ref uint d)
    {
        b ^= BitOperations.RotateLeft(a + d, 7);
        c ^= BitOperations.RotateLeft(b + a, 9);
        d ^= BitOperations.RotateLeft(c + b, 13);
        a ^= BitOperations.RotateLeft(d + c, 18);
    }
}
