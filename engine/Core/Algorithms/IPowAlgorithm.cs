namespace Viddhana.Core.Algorithms;

/// <summary>A proof-of-work hash. Stateless as seen from outside and safe to call from several threads at once.</summary>
public interface IPowAlgorithm
{
    /// <summary>The name in coin definitions and on command lines: <c>sha256d</c>, <c>scrypt</c>.</summary>
    string Name { get; }

    /// <summary>True where one hash takes tens of microseconds or more: Host then validates on worker threads.</summary>
    bool IsSlow { get; }

    /// <summary>Hashes one header. <paramref name="hash"/> receives 32 bytes, least significant first when read as a number.</summary>
    void Hash(ReadOnlySpan<byte> header, Span<byte> hash);

    /// <summary>
    /// Hashes several headers of the same size that lie one after another; the hashes lie one after another too (32 bytes each).
    /// Any count is allowed; the implementation picks the widest kernel that pays.
    /// </summary>
    void HashMany(ReadOnlySpan<byte> headers, int headerSize, Span<byte> hashes);

    /// <summary>
    /// Hashes one blob with its nonce, for proofs of work that need to know more than what is hashed (RandomX, CryptoNight, Ethash,
    /// ProgPow). Those that do not need not implement it.
    /// </summary>
    /// <param name="seed">The job's seed hash, 32 bytes as they are printed.</param>
    /// <param name="height">Height of the block to be made.</param>
    /// <param name="blob">What is hashed, the nonce in its place.</param>
    /// <param name="hash">Receives 32 bytes, least significant first when read as a number.</param>
    /// <param name="digest">32 zeros, for what the block needs besides the hash: Ethash's mix digest.</param>
    void HashSeeded(ReadOnlySpan<byte> seed, int height, ReadOnlySpan<byte> blob, Span<byte> hash, Span<byte> digest) =>
        Hash(blob, hash);
}
