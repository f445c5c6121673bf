namespace Viddhana.Engine.Node;

/// <summary><c>getblocktemplate</c> with <c>mode: proposal</c>: a self-test of the block builder against the chosen node.</summary>
internal sealed class Proposal(NodeGroup group)
{
    public async Task<string?> AskAsync(ReadOnlyMemory<byte> blockHex, CancellationToken stop)
    {
        if (group.Active is not { KnowsNoProposals: false } link) return null;

        using var reply = await link.Client.CallAsync(group.Calls.Proposal(blockHex), stop);
        return reply.Error is { } error ? Judge(link, error) : Objection(reply.ResultText);
    }

    private string? Judge(NodeLink link, RpcError error)
    {
        if (error.Is(RpcError.Deserialization)) return error.Message;
        if (error.IsRpc && error.Code is RpcError.Misc or RpcError.InvalidParameter or RpcError.MethodNotFound or (-32602))
        {
            link.KnowsNoProposals = true;
            group.Log.Info(NodeGroup.LogArea, $"{link.Name} knows no block proposals, so none are made: {error.Message}");
        }

        return null;
    }

    /// <summary>The reason to distrust the block, or null. That the tip has moved on meanwhile says nothing about the block.</summary>
    internal static string? Objection(string? result)
    {
        var reason = SubmitVerdict.Bare(result ?? "");
        if (reason.Length == 0 || reason.StartsWith("inconclusive", StringComparison.Ordinal)) return null;
        return reason is "duplicate" or "duplicate-inconclusive" ? null : reason;
    }
}
