using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Chain;

/// <content>How the best chain is chosen and changed.</content>
public sealed partial class BlockTree
{
    /// <summary>Puts back a block that was checked when it was stored.</summary>
    public void Restore(BlockHeader header, BlockBody body)
    {
        if (Find(header.Previous) is not { } previous || Find(header.Hash) is not null) return;

        var node = AddNode(header, previous);
        node.Body = body;
        if (previous == Tip && !node.IsInvalid) Connect(node);   // as almost always; nothing else can be better
        else Activate(trusted: true);
    }

    /// <summary><c>invalidateblock</c>.</summary>
    public void Invalidate(BlockNode node)
    {
        var oldTip = Tip;
        while (IsActive(node)) Disconnect();
        Fail(node);
        Activate();
        Announce(oldTip);
    }

    /// <summary><c>reconsiderblock</c>: the block, what lies on it and what it lies on are judged anew.</summary>
    public void Reconsider(BlockNode node)
    {
        var oldTip = Tip;
        foreach (var each in _nodes)
        {
            var related = each.Height >= node.Height ? each.Ancestor(node.Height) == node : node.Ancestor(each.Height) == each;
            if (related) each.Failed = false;
        }

        MarkDescendants();
        Activate();
        Announce(oldTip);
    }

    /// <summary><c>preciousblock</c>: preferred among blocks of the same work.</summary>
    public void Prefer(BlockNode node)
    {
        if (node.ChainWork < Tip.ChainWork) return;

        var oldTip = Tip;
        node.Sequence = --_precious;
        Activate();
        Announce(oldTip);
    }

    // Moves to the best block. A block that breaks a rule is marked and the next best is tried, so this ends at a valid tip.
    // The answer is the reason if `fresh`, the block just taken in, was the one that broke a rule.
    private string? Activate(BlockNode? fresh = null, Block? opened = null, bool trusted = false)
    {
        string? reason = null;
        while (Best() is var best && best != Tip)
        {
            var path = new Stack<BlockNode>();
            for (var node = best; !IsActive(node); node = node.Previous!) path.Push(node);
            while (Tip != path.Peek().Previous) Disconnect();

            foreach (var node in path)
            {
                var fault = trusted ? null : _checks.Connect(node == fresh ? opened! : Open(node), Tip, Coins, verify: true);
                if (fault is null)
                {
                    Connect(node);
                    continue;
                }

                Fail(node);
                Condemned?.Invoke(node);
                if (node == fresh) reason = fault;
                break;
            }
        }

        return reason;
    }

    private BlockNode Best()
    {
        var best = Tip;
        foreach (var node in _nodes)
        {
            var better = node.ChainWork > best.ChainWork || (node.ChainWork == best.ChainWork && node.Sequence < best.Sequence);
            if (better && !node.IsInvalid && HasAllBodies(node)) best = node;
        }

        return best;
    }

    private bool HasAllBodies(BlockNode node)
    {
        for (; !IsActive(node); node = node.Previous!)
        {
            if (node.Body is null) return false;
        }

        return true;
    }

    private void Connect(BlockNode node)
    {
        node.Spent = Coins.Connect(node.Body!.Own, node.Height);
        node.WasConnected = true;
        _active.Add(node);
        foreach (var transaction in node.Body.Own) _confirmed[transaction.Txid] = node;
    }

    private void Disconnect()
    {
        var node = Tip;
        Coins.Disconnect(node.Body!.Own, node.Spent!);
        node.Spent = null;
        _active.RemoveAt(_active.Count - 1);
        foreach (var transaction in node.Body.Own) _confirmed.Remove(transaction.Txid);
    }

    private void Fail(BlockNode node)
    {
        node.Failed = true;
        MarkDescendants();
    }

    private void MarkDescendants()
    {
        foreach (var node in _nodes) node.OnFailed = node.Previous is { IsInvalid: true };
    }

    private void Announce(BlockNode oldTip)
    {
        if (oldTip == Tip) return;

        var left = new List<BlockNode>();
        for (var node = oldTip; !IsActive(node); node = node.Previous!) left.Add(node);

        var fork = left.Count == 0 ? oldTip : left[^1].Previous!;
        Changed?.Invoke(new ChainChange(left, _active.GetRange(fork.Height + 1, Tip.Height - fork.Height)));
    }
}
