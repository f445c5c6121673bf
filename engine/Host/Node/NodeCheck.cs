using System.Diagnostics;
using Viddhana.Contracts;

namespace Viddhana.Engine.Node;

/// <summary>
/// Asks one node every few seconds how it is. A node that is not up is also asked for a template, because a node may be well in every other
/// way and give none. A loop of its own per node: a hung node delays no other.
/// </summary>
internal sealed class NodeCheck(NodeGroup group, NodeLink link, CoinNetwork network)
{
    private bool _isGenesisKnown = network.Genesis is null;

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (link.Condition != NodeCondition.WrongNetwork)
            {
                await CheckAsync(stop);
                await link.CheckNow.WaitAsync(group.Pacing.CheckMs, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The engine stops.
        }
    }

    private async Task CheckAsync(CancellationToken stop)
    {
        var began = Stopwatch.GetTimestamp();
        using var reply = await AskAsync(stop);
        if (reply.Error is null) link.LatencyMs = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        if (reply.Error is { } error)
        {
            group.Report(link, ConditionAfter(error), error.Message, error);
            return;
        }

        if (ChainInfo.TryRead(reply.Result) is not { } info)
        {
            group.Report(link, NodeCondition.Down, $"{link.Name}: getblockchaininfo gives no chain: is this a node of the right coin?");
            return;
        }

        if (info.Chain != network.NodeChain)
        {
            RefuseForGood($"it is on '{info.Chain}', but network '{group.Config.Network}' means '{network.NodeChain}'");
            return;
        }

        if (_isGenesisKnown || await IsOfThisCoinAsync(stop)) await JudgeAsync(info, stop);
    }

    /// <summary>The nodes of all coins call their network <c>main</c>: the first block tells them apart.</summary>
    private async Task<bool> IsOfThisCoinAsync(CancellationToken stop)
    {
        using var reply = await link.Client.CallAsync("getblockhash", "[0]", stop);
        if (reply.Error is { IsRpc: true }) return true;   // a node that does not tell

        if (reply.Error is { } error)
        {
            group.Report(link, ConditionAfter(error), error.Message, error);
            return false;
        }

        _isGenesisKnown = reply.ResultText == network.Genesis;
        if (!_isGenesisKnown) RefuseForGood($"it is a node of another coin than {group.Config.Coin}: first block {reply.ResultText}");
        return _isGenesisKnown;
    }

    private void RefuseForGood(string reason) =>
        group.Report(link, NodeCondition.WrongNetwork, reason + ": set pools[].nodes, pools[].coin or pools[].network right");

    private async Task JudgeAsync(ChainInfo info, CancellationToken stop)
    {
        group.Seen(link, info);
        if (info.IsSyncing)
        {
            group.Report(link, NodeCondition.Syncing, $"block {info.Blocks} of {info.Headers}");
            return;
        }

        if (!link.IsUp && await ProbeAsync(stop) is { } error)
        {
            group.Report(link, TemplateCalls.ConditionAfter(error), TemplateCalls.Explain(error), error);
            return;
        }

        link.IsSuspect = false;
        group.Report(link, NodeCondition.Up, $"block {info.Blocks}");
        group.Moved(link, info.BestHash);
    }

    /// <summary>A connection that broke is tried once more: a node closes idle ones, and a call may cross that.</summary>
    private async Task<RpcReply> AskAsync(CancellationToken stop)
    {
        var reply = await link.Client.CallAsync("getblockchaininfo", null, stop);
        return reply.Error is { Kind: RpcErrorKind.Broken } ? await link.Client.CallAsync("getblockchaininfo", null, stop) : reply;
    }

    private async Task<RpcError?> ProbeAsync(CancellationToken stop)
    {
        using var reply = await link.Client.CallAsync(group.Calls.Template, stop);
        if (reply.Error is not null || TemplateHead.TryRead(reply.Result) is not null) return reply.Error;
        return TemplateCalls.NotATemplate(link.Name);
    }

    private static NodeCondition ConditionAfter(RpcError error) => error switch
    {
        { Kind: RpcErrorKind.Unauthorized } => NodeCondition.LoggedOut,
        { IsRpc: true, Code: RpcError.WarmingUp } => NodeCondition.WarmingUp,
        _ => NodeCondition.Down,
    };
}
