using System.Text.Json;
using Viddhana.Backoffice.Node;

namespace Viddhana.Backoffice.Blocks;

/// <summary>
/// The chain over the pool's nodes: the first that answers and is synchronised, on the right network. A block counts as gone only when
/// the node says so (<c>confirmations</c> -1) or shows another block at its height; a node that merely does not know it proves nothing.
/// </summary>
public sealed class NodeChain(IReadOnlyList<NodeRpc> nodes, string nodeChain) : IChainView
{
    private const int UnknownBlock = -5;

    private NodeRpc? _current;

    /// <summary>The node in use, for messages.</summary>
    public string? Current => _current?.Name;

    /// <inheritdoc/>
    public async Task<ChainTip> TipAsync(CancellationToken cancel)
    {
        var reasons = new List<string>();
        foreach (var node in nodes)
        {
            try
            {
                var info = await node.CallAsync("getblockchaininfo", cancel);
                if (Unfit(info) is { } reason)
                {
                    reasons.Add($"{node.Name}: {reason}");
                    continue;
                }

                _current = node;
                return new ChainTip(info.Text("bestblockhash"), info.Number("blocks"));
            }
            catch (Exception error) when (error is NodeUnreachableException or NodeRpcException)
            {
                reasons.Add(error.Message);
            }
        }

        _current = null;
        throw new NodeUnreachableException($"no node of the pool can be used: {string.Join("; ", reasons)}");
    }

    /// <inheritdoc/>
    public async Task<ChainAnswer> LookAsync(string hash, long height, ChainTip tip, CancellationToken cancel)
    {
        var node = _current ?? throw new NodeUnreachableException("no node of the pool can be used");
        if (await HeaderConfirmationsAsync(node, hash, cancel) is { } confirmations)
        {
            // bcoin counts confirmations of side branches too, so the block at the height has the last word.
            var isAtItsHeight = confirmations > 0 && await BlockAtAsync(node, height, cancel) == hash;
            if (isAtItsHeight) return new ChainAnswer(ChainPlace.InChain, confirmations, "");
            // A block that was submitted this moment is known before it is connected.
            return tip.Height < height
                ? new ChainAnswer(ChainPlace.Unknown, 0, $"{node.Name} has it and has not connected it")
                : new ChainAnswer(ChainPlace.NotInChain, 0, $"{node.Name}: another branch has more work");
        }

        if (tip.Height < height)
            return new ChainAnswer(ChainPlace.Unknown, 0, $"{node.Name} does not know it and is at height {tip.Height}");
        var other = await BlockAtAsync(node, height, cancel);
        return other == hash
            ? new ChainAnswer(ChainPlace.InChain, (int)Math.Min(tip.Height - height + 1, int.MaxValue), "")
            : new ChainAnswer(ChainPlace.NotInChain, 0, $"{node.Name}: block {other} is at its height, this one is unknown");
    }

    private static async Task<string> BlockAtAsync(NodeRpc node, long height, CancellationToken cancel) =>
        (await node.CallAsync("getblockhash", cancel, height)).AsText("getblockhash");

    private static async Task<int?> HeaderConfirmationsAsync(NodeRpc node, string hash, CancellationToken cancel)
    {
        try
        {
            return (int)(await node.CallAsync("getblockheader", cancel, hash)).Number("confirmations");
        }
        catch (NodeRpcException error) when (error.Code == UnknownBlock)
        {
            return null;
        }
    }

    private string? Unfit(JsonElement info)
    {
        var chain = info.Text("chain");
        if (chain != nodeChain) return $"is on chain {chain}, the pool on {nodeChain}";
        // A fresh regtest chain counts as downloading until its first block of today.
        return nodeChain != "regtest" && info.IsTrue("initialblockdownload") ? "is downloading the chain" : null;
    }
}
