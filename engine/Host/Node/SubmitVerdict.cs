namespace Viddhana.Engine.Node;

/// <summary>What a node made of a block, from worst to best.</summary>
internal enum SubmitOutcome
{
    /// <summary>No verdict: ask again later.</summary>
    Retry,

    /// <summary>This node will never give a verdict.</summary>
    Unable,

    /// <summary>The block breaks a rule.</summary>
    Rejected,

    /// <summary>The node has the block, but it is not on its best chain.</summary>
    Stored,

    /// <summary>The node has it, on its best chain as far as it says.</summary>
    Accepted,
}

/// <summary>One node's answer to submitblock.</summary>
/// <param name="Outcome">What it means.</param>
/// <param name="Reason">The node's words.</param>
internal readonly record struct SubmitVerdict(SubmitOutcome Outcome, string Reason)
{
    private const string RejectedPrefix = "rejected: ";

    /// <summary>Reads an answer of submitblock (BIP 22 and what nodes really say).</summary>
    public static SubmitVerdict Of(RpcReply reply) => reply.Error is { } error ? OfError(error) : OfResult(reply.ResultText);

    /// <summary>The reason without the prefix that one node puts before it.</summary>
    public static string Bare(string result) =>
        result.StartsWith(RejectedPrefix, StringComparison.Ordinal) ? result[RejectedPrefix.Length..] : result;

    private static SubmitVerdict OfResult(string? result)
    {
        if (result is null) return new SubmitVerdict(SubmitOutcome.Accepted, "accepted");

        var reason = RpcParser.Clean(Bare(result));
        return new SubmitVerdict(OutcomeOf(reason), reason);
    }

    private static SubmitOutcome OutcomeOf(string reason) => reason switch
    {
        "duplicate" => SubmitOutcome.Accepted,

        // Another block of the same height was first. A reorg may still bring it in, and the node has it.
        "inconclusive" or "duplicate-inconclusive" => SubmitOutcome.Stored,

        // The node is behind, or its clock is: it may well accept the block later.
        "prev-blk-not-found" or "time-too-new" => SubmitOutcome.Retry,
        _ => SubmitOutcome.Rejected,
    };

    private static SubmitVerdict OfError(RpcError error)
    {
        if (!error.IsRpc) return new SubmitVerdict(SubmitOutcome.Retry, error.Message);

        var outcome = error.Code switch
        {
            RpcError.Deserialization => SubmitOutcome.Rejected,
            RpcError.AlreadyInChain => SubmitOutcome.Accepted,
            RpcError.MethodNotFound => SubmitOutcome.Unable,

            // Starting, out of disk, in safe mode: troubles of the node, not of the block.
            _ => SubmitOutcome.Retry,
        };
        return new SubmitVerdict(outcome, error.Message);
    }
}
