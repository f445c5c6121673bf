using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Pays the miners of one pool, a round every interval, while the wallet is the pool's own.</summary>
internal sealed class PayoutLoop : ActiveLoop, IDependency
{
    private readonly PayoutPool _pool;
    private readonly Wallet _wallet;
    private readonly PayoutRound _round;
    private readonly Func<CancellationToken, Task<string?>> _audit;
    private readonly Metrics _metrics;
    private readonly ILogger _log;
    private string? _off = "not started";

    /// <param name="audit">Says what is wrong with the books, or null.</param>
    public PayoutLoop(
        ActiveLease lease,
        PayoutPool pool,
        Wallet wallet,
        PayoutRound round,
        Func<CancellationToken, Task<string?>> audit,
        Metrics metrics,
        ILogger log)
        : base(lease, log) => (_pool, _wallet, _round, _audit, _metrics, _log) = (pool, wallet, round, audit, metrics, log);

    public string Name => $"payouts:{_pool.Name}";

    /// <summary>Shares are taken and credited all the same, so this is shown and does not make the program unready.</summary>
    public Task<HealthEntry> CheckAsync(CancellationToken cancel) => Task.FromResult(
        new HealthEntry(Name, (_off ?? Failure) is null, _off ?? Failure ?? "paying") { IsRequired = false });

    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (await MayPay(cancel)) await _round.Run(cancel);
            await Report();
            Succeeded();
            await Task.Delay(TimeSpan.FromSeconds(_pool.Config.Payouts.IntervalSeconds), cancel);
        }
    }

    private async Task Report()
    {
        var (open, stuck) = await _round.Open();
        _metrics.Set("backoffice_payouts_open", "Payouts that are not final.", open, ("pool", _pool.Name));
        _metrics.Set("backoffice_payouts_stuck", "Payouts that an operator must look at.", stuck, ("pool", _pool.Name));
        _metrics.Set("backoffice_payouts_off", "1 while nothing is paid; /ready says why.", _off is null ? 0 : 1, ("pool", _pool.Name));
    }

    /// <summary>Nothing is paid from a wallet that does not hold the pool's address, or by books that do not balance.</summary>
    private async Task<bool> MayPay(CancellationToken cancel)
    {
        var mine = await _wallet.IsMine(_pool.Config.Address, cancel);
        var why = mine switch
        {
            { IsOk: false } => $"the wallet does not answer: {mine.Error}",
            { Value: false } => $"the wallet does not hold {_pool.Config.Address}, so it cannot spend what blocks pay: "
                + "set pools[].payouts.wallet or pools[].address",
            _ => await _audit(cancel),
        };
        if (why != _off)
        {
            if (why is null) PayoutLog.On(_log, _pool.Name, Amounts.Text(_pool.Threshold, _pool.Coin.Decimals));
            else PayoutLog.Off(_log, _pool.Name, why);
        }

        _off = why;
        return why is null;
    }
}
