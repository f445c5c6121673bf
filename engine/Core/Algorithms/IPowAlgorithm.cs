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
}
