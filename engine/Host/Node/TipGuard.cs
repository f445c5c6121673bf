namespace Viddhana.Engine.Node;

/// <summary>What a template means for the work at hand.</summary>
internal enum TipDecision
{
    /// <summary>Same tip: a fresh template for it.</summary>
    Refresh,

    /// <summary>Another tip that must be mined on from now on.</summary>
    NewTip,

    /// <summary>A tip no better than the one at hand, from a node that is not the one chosen: nothing to do.</summary>
    Ignore,

    /// <summary>The chosen node is at a lower height than work already given out: behind, or a reorg that must be proved.</summary>
    Behind,
}

/// <summary>
/// Remembers the best tip given out and refuses to go back: a node that restarts or lags must not send miners to old work. Not thread-safe.
/// </summary>
internal sealed class TipGuard
{
    /// <summary>Tip of the work at hand; null before the first.</summary>
    public string? Hash { get; private set; }

    /// <summary>Height of the block that is being mined.</summary>
    public int Height { get; private set; }

    /// <summary>Decides; changes nothing.</summary>
    /// <param name="head">The template.</param>
    /// <param name="isActive">True when it comes from the node that is chosen at present. Others count only when they are ahead.</param>
    public TipDecision Judge(TemplateHead head, bool isActive)
    {
        if (Hash is null || head.Height > Height) return TipDecision.NewTip;
        if (head.PrevHash == Hash) return TipDecision.Refresh;
        if (!isActive) return TipDecision.Ignore;

        // A node changes to a sibling only when that became its best chain.
        return head.Height == Height ? TipDecision.NewTip : TipDecision.Behind;
    }

    /// <summary>The template was given out.</summary>
    public void Take(TemplateHead head)
    {
        Hash = head.PrevHash;
        Height = head.Height;
    }
}
