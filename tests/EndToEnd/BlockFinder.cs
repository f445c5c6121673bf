using System.Buffers.Binary;
using System.Numerics;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>
/// Finds one block after another through Stratum, on a chain where a block takes two hashes: every accepted share is a block.
/// </summary>
internal sealed class BlockFinder(StratumClient client, NodeRpc node, Func<byte[], byte[]> pow, BigInteger difficultyOne)
{
    /// <summary>Worker of every accepted share, in the order in which the engine answered.</summary>
    public List<(string Worker, ulong Work)> Accepted { get; } = [];

    /// <summary>Finds a block for a worker and waits until it is the node's tip. Gives its height.</summary>
    public async Task<int> Find(string worker)
    {
        // The engine may still be on its way to the node's tip: only work on that tip can raise the height.
        var before = await node.Height();
        var tip = StratumHeader.AsInNotify((await node.Call("getbestblockhash")).GetString()!);
        var job = await client.WaitForJob(j => j.PrevHash == tip);
        Assert.That(await SubmitSolved(worker, job), Is.Null, $"share of {worker} at height {before + 1}");
        Accepted.Add((worker, WorkOf(job.Difficulty)));
        return await Eventually.Get("the node took the block", node.Height, height => height > before);
    }

    /// <summary>
    /// Expected hashes of a share at a difficulty as it was printed: floor(2^256 / (floor(difficulty 1 / difficulty) + 1)).
    /// </summary>
    private ulong WorkOf(string difficulty)
    {
        var target = StratumHeader.ShareTarget(difficulty, difficultyOne);
        return (ulong)((BigInteger.One << 256) / (target + 1));
    }

    private async Task<string?> SubmitSolved(string worker, StratumJob job)
    {
        var (header, extranonce2) = client.MakeHeader(job);
        for (uint nonce = 0; ; nonce++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(76), nonce);
            if (new BigInteger(pow(header), isUnsigned: true) <= StratumHeader.BlockTarget(job.Nbits)) return await client.Submit(
                worker, job, extranonce2, nonce);
        }
    }
}
