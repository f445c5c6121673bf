using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Viddhana.Tests.Engine.Algorithms;

/// <summary>scrypt(1024, 1, 1) from RFC 7914 as plainly as possible, with the platform's PBKDF2: what the twin is held against.</summary>
internal static class PlainScrypt
{
    public static byte[] Hash(byte[] header)
    {
        var block = Rfc2898DeriveBytes.Pbkdf2(header, header, 1, HashAlgorithmName.SHA256, 128);
        return Rfc2898DeriveBytes.Pbkdf2(header, RoMix(block, 1024), 1, HashAlgorithmName.SHA256, 32);
    }

    private static byte[] RoMix(byte[] block, int n)
    {
        var v = new List<byte[]>();
        for (var i = 0; i < n; i++)
        {
            v.Add(block);
            block = BlockMix(block);
        }

        for (var i = 0; i < n; i++)
        {
            var j = BinaryPrimitives.ReadUInt64LittleEndian(block.AsSpan(64)) % (ulong)n;
            block = BlockMix(Xor(block, v[(int)j]));
        }

        return block;
    }

    private static byte[] BlockMix(byte[] block)
    {
        var first = Salsa(Xor(block[64..], block[..64]));
        return [.. first, .. Salsa(Xor(first, block[64..]))];
    }

    private static byte[] Salsa(byte[] input)
    {
        var x = new uint[16];
        for (var i = 0; i < 16; i++) x[i] = BinaryPrimitives.ReadUInt32LittleEndian(input.AsSpan(4 * i));
        var given = x.ToArray();
        for (var round = 0; round < 8; round++)
        {
            // Odd rounds work on the transposed matrix.
            for (var q = 0; q < 4; q++)
            {
                int At(int k) => round % 2 == 0 ? (q + k) % 4 * 4 + q : q * 4 + (q + k) % 4;
                for (var k = 1; k <= 4; k++)
                {
                    var sum = x[At(k - 1)] + x[At(k - 2 + 4)];
                    x[At(k)] ^= uint.RotateLeft(sum, k switch { 1 => 7, 2 => 9, 3 => 13, _ => 18 });
                }
            }
        }

        var output = new byte[64];
        for (var i = 0; i < 16; i++) BinaryPrimitives.WriteUInt32LittleEndian(output.AsSpan(4 * i), x[i] + given[i]);
        return output;
    }

    private static byte[] Xor(byte[] a, byte[] b) => a.Zip(b, (x, y) => (byte)(x ^ y)).ToArray();
}
