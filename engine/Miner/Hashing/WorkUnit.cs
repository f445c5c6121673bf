using System.Buffers.Binary;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Hashing;

/// <summary>A header without nonce: 2^32 hashes of work that nobody else does.</summary>
/// <param name="job">The job it is cut from.</param>
/// <param name="extranonce2">Extranonce2 as a number; it fills the last bytes of the field, most significant first.</param>
/// <param name="versionBits">Rolled bits, within the mask.</param>
/// <param name="versionMask">Bits that come from <paramref name="versionBits"/>; the others from the job.</param>
/// <param name="ntime">Header time.</param>
internal sealed class WorkUnit(StratumJob job, ulong extranonce2, uint versionBits, uint versionMask, uint ntime)
{
    public StratumJob Job { get; } = job;

    /// <summary>Extranonce2 as lowercase hex.</summary>
    public string Extranonce2 { get; } = Convert.ToHexStringLower(Extranonce2Bytes(extranonce2, job.Extranonce2Size));

    public uint VersionBits { get; } = versionBits;

    public uint Version { get; } = (job.Version & ~versionMask) | (versionBits & versionMask);

    public uint Ntime { get; } = ntime;

    /// <summary>80 bytes; the nonce is the hasher's.</summary>
    public byte[] Header { get; } = job.BuildHeader(
        Extranonce2Bytes(extranonce2, job.Extranonce2Size), (job.Version & ~versionMask) | (versionBits & versionMask), ntime);

    private static byte[] Extranonce2Bytes(ulong value, int size)
    {
        Span<byte> bytes = stackalloc byte[24];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], value);
        return bytes[(24 - size)..].ToArray();
    }
}

/// <summary>A range of nonces to try.</summary>
internal readonly record struct WorkSlice(WorkUnit Unit, uint FirstNonce, int Count);

/// <summary>
/// Cuts a worker's jobs into units and nonce ranges, each handed out once: extranonce2 counts on from a random start over all jobs and
/// connections, so that no work is done twice even where two jobs share a coinbase. Not thread-safe.
/// </summary>
internal sealed class WorkSource(Random random)
{
    private const long UnitMs = 1_000;

    private ulong _extranonce2 = (ulong)random.NextInt64();
    private StratumJob? _job;
    private uint _mask;
    private WorkUnit? _unit;
    private long _unitMs;
    private ulong _nextNonce;

    /// <summary>True when there is something to hash.</summary>
    public bool HasWork => _job is not null;

    /// <summary>From now on cut from this job; null: there is nothing to do.</summary>
    /// <param name="job">The job.</param>
    /// <param name="mask">Version bits that may be rolled.</param>
    public void Use(StratumJob? job, uint mask)
    {
        _job = job;
        _mask = mask;
        _unit = null;
    }

    /// <summary>Hands out nonces; null without work. The header's time follows the clock from the job's time on.</summary>
    public WorkSlice? Take(int count, long nowMs)
    {
        if (_job is null) return null;
        if (_unit is null || nowMs - _unitMs >= UnitMs || _nextNonce + (ulong)count > 1UL << 32) NextUnit(_job, nowMs);

        var first = (uint)_nextNonce;
        _nextNonce += (ulong)count;
        return new WorkSlice(_unit!, first, count);
    }

    private void NextUnit(StratumJob job, long nowMs)
    {
        var elapsedSeconds = (uint)(Math.Max(0, nowMs - job.ReceivedMs) / 1_000);
        _unit = new WorkUnit(job, _extranonce2++, (uint)random.NextInt64(1L << 32) & _mask, _mask, job.Ntime + elapsedSeconds);
        _unitMs = nowMs;
        _nextNonce = 0;
    }
}
