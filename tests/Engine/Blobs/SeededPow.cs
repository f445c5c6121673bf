using System.Buffers.Binary;
using Viddhana.Core.Algorithms;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>
/// A proof of work that has a key, as RandomX and Ethash have: SHA-256d of seed hash, height and blob. Its digest is the hash of that hash.
/// </summary>
internal sealed class SeededPow : IPowAlgorithm
{
    public const string AlgorithmName = "test/0";

    public string Name => AlgorithmName;

    public bool IsSlow => true;

    /// <summary>How often it hashed.</summary>
    public int Count { get; private set; }

    public void Hash(ReadOnlySpan<byte> header, Span<byte> hash) => throw new InvalidOperationException("there is a seed");

    public void HashMany(ReadOnlySpan<byte> headers, int headerSize, Span<byte> hashes) =>
        throw new InvalidOperationException("there is a seed");

    public void HashSeeded(ReadOnlySpan<byte> seed, int height, ReadOnlySpan<byte> blob, Span<byte> hash, Span<byte> digest)
    {
        Count++;
        Compute(seed, height, blob, hash);
        Sha256d.Hash(hash[..32], digest);
    }

    /// <summary>The hash alone.</summary>
    public static void Compute(ReadOnlySpan<byte> seed, int height, ReadOnlySpan<byte> blob, Span<byte> hash)
    {
        Span<byte> message = stackalloc byte[36 + blob.Length];
        seed.CopyTo(message);
        BinaryPrimitives.WriteInt32LittleEndian(message[32..], height);
        blob.CopyTo(message[36..]);
        Sha256d.Hash(message, hash);
    }
}
