using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Blocks;

/// <summary>
/// Follows the blocks of one pool through the chain, in both directions, until they are 100 blocks deeper than maturity. Reads the nodes
/// and writes nothing to them.
/// </summary>
public sealed class BlockTracker : ActiveLoop, IDependency
{
    /// <summary>How much deeper than maturity a block is followed: deeper reorganisations are not expected to happen.</summary>
    public const int DepthBeyondMaturity = 100;

    private readonly NpgsqlDataSource _database;
    private readonly KnownPool _pool;
    private readonly IChainView _chain;
    private readonly BlockLedger _ledger;
    private readonly Metrics _metrics;
    private readonly TimeSpan _every;
    private readonly ILogger _log;
    private readonly HashSet<long> _atRest = [];
    private string _state = "not looked yet";
    private ChainTip _tip;

    /// <summary>A tracker of one pool.</summary>
    public BlockTracker(
        NpgsqlDataSource database,
        KnownPool pool,
        IChainView chain,
        TimeSpan every,
        ActiveLease lease,
        Metrics metrics,
        ILogger<BlockTracker> log)
        : base(lease, log)
    {
        (_database, _pool, _chain, _every, _metrics, _log) = (database, pool, chain, every, metrics, log);
        _ledger = new BlockLedger(database);
    }

    /// <inheritdoc/>
    public string Name => $"node:{_pool.Name}";

    /// <inheritdoc/>
    public Task<HealthEntry> CheckAsync(CancellationToken cancel) =>
        Task.FromResult(new HealthEntry(Name, Failure is null, Failure ?? _state) { IsRequired = false });

    /// <inheritdoc/>
    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (true)
        {
            await RunOnceAsync(cancel);
            Succeeded();
            await Task.Delay(_every, cancel);
        }
    }

    /// <summary>Looks at the chain once and moves every block that is to be moved, each by one state at most.</summary>
    internal async Task RunOnceAsync(CancellationToken cancel)
    {
        var tip = await _chain.TipAsync(cancel);
        if (tip != _tip) _atRest.Clear();
        foreach (var block in await BlockStore.OpenBlocksAsync(_database, _pool.PoolId, cancel))
        {
            if (_atRest.Contains(block.BlockId)) continue;
            var answer = await _chain.LookAsync(block.Hash, block.Height, tip, cancel);
            if (await FollowAsync(block, answer, tip, cancel)) _atRest.Add(block.BlockId);
        }

        _state = $"height {tip.Height}";
        _metrics.Set("backoffice_chain_height", "Height of the best block.", tip.Height, ("pool", _pool.Name));
        await CountAsync(cancel);
        _tip = tip;
    }

    /// <summary>Returns true if nothing can move the block before the tip does.</summary>
    private async Task<bool> FollowAsync(Block block, ChainAnswer answer, ChainTip tip, CancellationToken cancel)
    {
        if (block.Scheme.Length == 0)
        {
            // Found before the pool was configured here; looked at again, with terms, in the next round.
            await BlockStore.SetTermsAsync(_database, block, _pool, cancel);
            return false;
        }

        if (answer.Place == ChainPlace.InChain) return await FollowInChainAsync(block, answer.Confirmations, cancel);
        if (answer.Place == ChainPlace.NotInChain) return await FollowOutsideAsync(block, answer.Reason, tip, cancel);
        await BlockStore.SetSeenAsync(_database, block.BlockId, 0, answer.Reason, isFinal: false, cancel);
        return false;
    }

    private async Task<bool> FollowInChainAsync(Block block, int confirmations, CancellationToken cancel)
    {
        var maturity = _pool.Coin.CoinbaseMaturity;
        var moves = false;
        string? waitsFor = null;
        if (block.State is BlockState.Found or BlockState.Orphaned)
        {
            moves = await _ledger.EnterAsync(block, cancel);
            if (moves) BlocksLog.Immature(_log, _pool.Name, block.Height, block.Hash, block.Reward);
        }
        else if (block.State == BlockState.Immature && confirmations >= maturity)
        {
            waitsFor = block.IsSplitFixed ? null : await _ledger.WaitsForAsync(block, cancel);
            moves = waitsFor is null && await _ledger.ConfirmAsync(block, cancel);
            if (moves) BlocksLog.Confirmed(_log, _pool.Name, block.Height, block.Hash);
        }

        var isFinal = block.State == BlockState.Confirmed && confirmations >= maturity + DepthBeyondMaturity;
        await BlockStore.SetSeenAsync(_database, block.BlockId, confirmations, waitsFor ?? "", isFinal, cancel);
        return !moves && waitsFor is null;
    }

    private async Task<bool> FollowOutsideAsync(Block block, string reason, ChainTip tip, CancellationToken cancel)
    {
        var moves = block.State != BlockState.Orphaned && await _ledger.OrphanAsync(block, reason, cancel);
        if (moves) BlocksLog.Orphaned(_log, _pool.Name, block.Height, block.Hash, reason);

        var isFinal = block.State == BlockState.Orphaned && tip.Height >= block.Height + _pool.Coin.CoinbaseMaturity + DepthBeyondMaturity;
        await BlockStore.SetSeenAsync(_database, block.BlockId, -1, reason, isFinal, cancel);
        return !moves;
    }

    private async Task CountAsync(CancellationToken cancel)
    {
        var counts = await _database.RowsAsync(
            "SELECT state, count(*) FROM blocks WHERE pool_id = $1 GROUP BY state",
            [_pool.PoolId],
            row => (row.GetString(0), row.GetInt64(1)),
            cancel);
        var byState = counts.ToDictionary();
        foreach (var state in (string[])["found", "immature", "confirmed", "orphaned"])
            _metrics.Set("backoffice_blocks", "Blocks by state.", byState.GetValueOrDefault(state), ("pool", _pool.Name), ("state", state));
    }
}
