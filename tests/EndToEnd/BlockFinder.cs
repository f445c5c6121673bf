using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>
/// Finds one block after another through Stratum, on a chain where a block takes two hashes: every accepted share is a block.
/// </summary>
internal sealed class BlockFinder(StratumClient client, NodeRpc node, Func<byte[], byte[]> pow)
{
    private string? _lastPrevious;

    /// <summary>Worker of every accepted share, in the order in which the engine answered.</summary>
    public List<string> Accepted { get; } = [];

    /// <summary>Finds a block for a worker and waits until it is the node's tip. Gives its height.</summary>
    public async Task<int> Find(string worker)
    {
        while (true)
        {
            var job = await client.WaitForJob(j => j.PrevHash != _lastPrevious);
            _lastPrevious = job.PrevHash;
            var before = await node.Height();
            if (await SubmitSolved(worker, job) is { } refusal)
            {
                // Another miner's block came in between: there is a newer job.
                Assert.That(refusal, Does.StartWith("[21,"), $"share of {worker} at height {before + 1}");
                continue;
            }

            Accepted.Add(worker);
            return await Eventually.Get("the node took the block", node.Height, height => height > before);
        }
    }

    private async Task<string?> SubmitSolved(string worker, StratumJob job)
    {
        var (header, extranonce2) = client.MakeHeader(job);
        for (uint nonce = 0; ; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
            if (new BigInteger(pow(header), isUnsigned: true) <= Target(job.Nbits)) return await client.Submit(
                worker, job, extranonce2, nonce);
        }
    }

    /// <summary>The target of a compact form as it stands in notify.</summary>
    public static BigInteger Target(string nbits)
    {
        var compact = uint.Parse(nbits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new BigInteger(compact & 0x7fffff) << (8 * ((int)(compact >> 24) - 3));
    }
}
