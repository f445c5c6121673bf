using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>One header that a miner tried, and what it takes to submit it.</summary>
internal sealed class MinedShare
{
    private readonly byte[] _header;

    private MinedShare(byte[] header, StratumJob job, string extranonce2, string ntime)
    {
        _header = header;
        Job = job;
        Extranonce2 = extranonce2;
        Ntime = ntime;
    }

    public StratumJob Job { get; }

    public string Extranonce2 { get; }

    public string Ntime { get; }

    public string Nonce => BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(76)).ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>The header's hash as a number.</summary>
    public BigInteger Hash => StratumHeader.Number(StratumHeader.Sha256d(_header));

    /// <summary>True where the hash is within the difficulty that the job was sent with.</summary>
    public bool IsShare => Hash <= StratumHeader.ShareTarget(Job.Difficulty, StratumHeader.BitcoinDifficultyOne);

    public bool IsBlock => Hash <= StratumHeader.BlockTarget(Job.Nbits);

    /// <summary>The id as nodes print it.</summary>
    public string BlockId => Convert.ToHexStringLower([.. StratumHeader.Sha256d(_header).Reverse()]);

    /// <summary>The header in hex digits, as a block begins with it.</summary>
    public string Header => Convert.ToHexStringLower(_header);

    /// <summary>Tries one header.</summary>
    /// <param name="client">Whose connection it is: extranonce1 and, unless told otherwise, the job.</param>
    /// <param name="counter">Extranonce2 as a number.</param>
    /// <param name="nonce">The nonce.</param>
    /// <param name="job">Another job than the client's newest.</param>
    /// <param name="ntime">Another time than the job's.</param>
    /// <param name="version">Another version than the job's.</param>
    public static MinedShare Try(
        WireClient client, ulong counter, uint nonce = 0, StratumJob? job = null, string? ntime = null, uint? version = null)
    {
        job ??= client.Job!;
        ntime ??= job.Ntime;
        Span<byte> extranonce2 = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(extranonce2, counter);
        extranonce2 = extranonce2[^client.Extranonce2Size..];
        var spelled = version?.ToString("x8", CultureInfo.InvariantCulture) ?? job.Version;
        var header = StratumHeader.Build(job, [.. client.Extranonce1, .. extranonce2], spelled, ntime);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
        return new MinedShare(header, job, Convert.ToHexStringLower(extranonce2), ntime);
    }

    /// <summary>Tries one nonce after another until the header <paramref name="fits"/>.</summary>
    public static MinedShare Find(
        WireClient client, ulong counter, Func<MinedShare, bool> fits, StratumJob? job = null, string? ntime = null, uint? version = null)
    {
        var share = Try(client, counter, 0, job, ntime, version);
        for (var nonce = 1u; !fits(share); nonce++) BinaryPrimitives.WriteUInt32LittleEndian(share._header.AsSpan(76), nonce);
        return share;
    }

    /// <summary>Of so many nonces the hash nearest to the target at or below it, and the one nearest above it.</summary>
    public static (MinedShare Below, MinedShare Above) Nearest(WireClient client, ulong counter, BigInteger target, int tries)
    {
        var (below, above) = (0u, 0u);
        var (highest, lowest) = (BigInteger.MinusOne, BigInteger.One << 256);
        var share = Try(client, counter);
        for (var nonce = 0u; nonce < tries; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(share._header.AsSpan(76), nonce);
            var hash = share.Hash;
            if (hash <= target && hash > highest) (below, highest) = (nonce, hash);
            if (hash > target && hash < lowest) (above, lowest) = (nonce, hash);
        }

        return (Try(client, counter, below), Try(client, counter, above));
    }

    /// <summary>The line that submits it.</summary>
    /// <param name="id">The id as JSON.</param>
    /// <param name="user">The user name.</param>
    /// <param name="versionBits">The sixth parameter, eight hex digits; null: five parameters.</param>
    public string Submit(string id, string user, string? versionBits = null)
    {
        var sixth = versionBits is null ? "" : $",\"{versionBits}\"";
        return $$"""
            {"id":{{id}},"method":"mining.submit","params":["{{user}}","{{Job.Id}}","{{Extranonce2}}","{{Ntime}}","{{Nonce}}"{{sixth}}]}
            """;
    }
}
