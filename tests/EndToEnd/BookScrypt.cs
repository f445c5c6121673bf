using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace Viddhana.Tests.EndToEnd;

/// <summary>scrypt(N = 1024, r = 1, p = 1) by the book (RFC 7914), for a test that shares no code with the engine.</summary>
internal static class BookScrypt
{
    private const int Cost = 1024;

    public static byte[] Hash(byte[] header)
    {
        var block = Words(Rfc2898DeriveBytes.Pbkdf2(header, header, 1, HashAlgorithmName.SHA256, 128));
        var table = new uint[Cost][];
        for (var i = 0; i < Cost; i++)
        {
            table[i] = block;
            block = BlockMix(block);
        }

        for (var i = 0; i < Cost; i++)
        {
            var other = table[block[16] % Cost];
            block = BlockMix([.. block.Zip(other, (a, b) => a ^ b)]);
        }

        var salt = new byte[128];
        for (var i = 0; i < 32; i++) BinaryPrimitives.WriteUInt32LittleEndian(salt.AsSpan(4 * i), block[i]);
        return Rfc2898DeriveBytes.Pbkdf2(header, salt, 1, HashAlgorithmName.SHA256, 32);
    }

    private static uint[] Words(byte[] bytes) =>
        [.. Enumerable.Range(0, bytes.Length / 4).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 * i)))];

    private static uint[] BlockMix(uint[] b)
    {
        var first = Salsa(b[..16], b[16..]);
        return [.. first, .. Salsa(b[16..], first)];
    }

    private static uint[] Salsa(uint[] left, uint[] right)
    {
        uint[] start = [.. left.Zip(right, (a, b) => a ^ b)];
        uint[] x = [.. start];
        for (var round = 0; round < 4; round++)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }

        return [.. x.Zip(start, (a, b) => a + b)];
    }

    private static void Quarter(uint[] x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
