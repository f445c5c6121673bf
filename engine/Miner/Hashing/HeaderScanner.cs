using System.Buffers.Binary;
using Viddhana.Core.Algorithms;
using Viddhana.Core.Bytes;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Hashing;

/// <summary>Tries nonces in batches as wide as the widest kernel. One per thread.</summary>
internal sealed class HeaderScanner
{
    private const int HashSize = 32;

    private readonly IPowAlgorithm _pow;
    private readonly byte[] _headers;
    private readonly byte[] _hashes;
    private WorkUnit? _unit;

    /// <summary>A scanner for one algorithm.</summary>
    public HeaderScanner(IPowAlgorithm pow)
    {
        _pow = pow;
        BatchSize = pow.IsSlow ? 16 : 64;
        _headers = new byte[BatchSize * StratumJob.HeaderSize];
        _hashes = new byte[BatchSize * HashSize];
    }

    /// <summary>Headers hashed by one call; slices are best a multiple of it.</summary>
    public int BatchSize { get; }

    /// <summary>Tries every nonce of the slice and adds what meets the share target.</summary>
    public void Scan(in WorkSlice slice, List<FoundShare> found)
    {
        Load(slice.Unit);
        for (var done = 0; done < slice.Count; done += BatchSize)
        {
            var count = Math.Min(BatchSize, slice.Count - done);
            for (var lane = 0; lane < count; lane++)
            {
                var at = (lane * StratumJob.HeaderSize) + StratumJob.NonceOffset;
                BinaryPrimitives.WriteUInt32LittleEndian(_headers.AsSpan(at), slice.FirstNonce + (uint)(done + lane));
            }

            _pow.HashMany(_headers.AsSpan(0, count * StratumJob.HeaderSize), StratumJob.HeaderSize, _hashes);
            Collect(slice, done, count, found);
        }
    }

    private void Collect(in WorkSlice slice, int done, int count, List<FoundShare> found)
    {
        var target = slice.Unit.Job.Difficulty.Target;
        for (var lane = 0; lane < count; lane++)
        {
            var hash = _hashes.AsSpan(lane * HashSize, HashSize);
            if (BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]) > target.L3) continue;

            var number = UInt256.FromLittleEndian(hash);
            if (number <= target) found.Add(new FoundShare(slice.Unit, slice.FirstNonce + (uint)(done + lane), number));
        }
    }

    private void Load(WorkUnit unit)
    {
        if (ReferenceEquals(unit, _unit)) return;

        for (var lane = 0; lane < BatchSize; lane++) unit.Header.CopyTo(_headers, lane * StratumJob.HeaderSize);
        _unit = unit;
    }
}
