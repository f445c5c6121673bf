using System.Buffers.Binary;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;

namespace Viddhana.Core.Shares;

/// <summary>
/// Decides rounds of a chain whose work is a <see cref="BlobWork"/>, share by share: its proofs of work are slow, and gain nothing side by
/// side. One processor per thread; the filter is one per pool. Allocates nothing, but for block candidates and the filter's growth.
/// </summary>
/// <param name="pow">The coin's proof of work.</param>
/// <param name="seen">The pool's filter of duplicates.</param>
public sealed class BlobProcessor(IPowAlgorithm pow, DuplicateFilter seen) : IRoundValidator
{
    private const int HashSize = 32;

    private readonly ShareValidator _validator = new(seen);
    private readonly byte[] _blob = new byte[BlobWork.SizeMax];

    /// <inheritdoc/>
    public void Process(Round round, Now now)
    {
        for (var i = 0; i < round.Count; i++) round.Verdicts[i] = Decide(round, i);
    }

    private ShareResult Decide(Round round, int index)
    {
        ref readonly var pending = ref round.Pending[index];
        if (pending.Work.Work?.Blob is not { } work || pending.Share.Extranonce2Size != work.NonceSize)
            return pending.Verdict ?? ShareResult.Malformed;

        var extranonce1 = BinaryPrimitives.ReverseEndianness(pending.Extranonce1);
        var blob = _blob.AsSpan(0, work.Size);
        work.Write(extranonce1, blob);
        Span<byte> nonce = stackalloc byte[BlobWork.NonceMax];
        BinaryPrimitives.WriteUInt64LittleEndian(nonce, pending.Share.BlobNonce);
        nonce[..work.NonceSize].CopyTo(blob[work.NonceOffset..]);

        var job = pending.Work.Work.Job;
        Span<byte> hash = stackalloc byte[HashSize];
        Span<byte> digest = stackalloc byte[HashSize];
        digest.Clear();
        pow.HashSeeded(work.SeedHash, job.Height, blob, hash, digest);

        var number = UInt256.FromLittleEndian(hash);
        var isBlock = number <= job.BlockTarget;
        if (isBlock)
        {
            var (header, coinbase) = work.Build(extranonce1, blob, digest);
            round.Blocks.Add(new SolvedBlock(index, header, coinbase));
        }

        round.Achieved[index] = AchievedWork.Of(number);
        return _validator.ValidateBlob(pending, number, isBlock);
    }
}
