namespace Viddhana.Core.Jobs;

/// <summary>
/// Work of a chain whose miners hash a blob with a nonce in it, not a Bitcoin header: CryptoNote's hashing blob, or Ethash's header hash
/// followed by its nonce. A chain derives its own. Dialects render from it, and its shares are hashed from it. Immutable; called from
/// several threads at once.
/// <para>
/// What keeps one work from being credited twice is the chain's to hold: another job, variant, process start or engine gives another blob,
/// and where <see cref="HasOwnBlobs"/> another connection does too.
/// </para>
/// </summary>
public abstract class BlobWork
{
    /// <summary>Bytes of the largest blob: XMRig takes less than 408.</summary>
    public const int SizeMax = 400;

    /// <summary>Bytes of the largest nonce.</summary>
    public const int NonceMax = sizeof(ulong);

    /// <summary>Bytes of a seed hash.</summary>
    public const int SeedSize = 32;

    /// <summary>What keys the proof of work (RandomX's or Ethash's seed hash): 32 bytes as they are printed.</summary>
    public required byte[] SeedHash { get; init; }

    /// <summary>Bytes of the blob, the nonce included.</summary>
    public required int Size { get; init; }

    /// <summary>Where in the blob the nonce begins.</summary>
    public required int NonceOffset { get; init; }

    /// <summary>Bytes of the nonce: 4 or 8.</summary>
    public required int NonceSize { get; init; }

    /// <summary>
    /// True: extranonce1 is part of the blob, so that each connection searches alone whatever nonces it tries. False: all have the same
    /// blob, and a dialect may hand it only to clients that keep to nonces of their own.
    /// </summary>
    public required bool HasOwnBlobs { get; init; }

    /// <summary>
    /// Writes the blob of a connection, <see cref="Size"/> bytes, the nonce as zeros. Called for every share: allocates nothing.
    /// </summary>
    /// <param name="extranonce1">The connection's number; without effect where blobs are shared.</param>
    /// <param name="blob">Exactly the room that is needed, with anything in it.</param>
    public abstract void Write(uint extranonce1, Span<byte> blob);

    /// <summary>What the chain makes a block from (<c>IChain.MakeBlockHex</c>), as it likes: a header and a coinbase.</summary>
    /// <param name="extranonce1">The connection's number.</param>
    /// <param name="blob">The blob with the nonce that solves it.</param>
    /// <param name="digest">What the proof of work gave beside the hash, 32 bytes: Ethash's mix digest; else zeros.</param>
    public abstract (byte[] Header, byte[] Coinbase) Build(uint extranonce1, ReadOnlySpan<byte> blob, ReadOnlySpan<byte> digest);
}
