using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Pays the miners of one pool, a round every interval, while the wallet is the pool's own.</summary>
internal sealed class PayoutLoop : ActiveLoop
{
    private readonly PayoutPool _pool;
    private readonly Wallet _wallet;
    private readonly PayoutRound _round;
    private readonly Func<CancellationToken, Task<string?>> _audit;
    private readonly ILogger _log;
    private string? _off = "not started";

    /// <param name="audit">Says what is wrong with the books, or null.</param>
    public PayoutLoop(
        ActiveLease lease, PayoutPool pool, Wallet wallet, PayoutRound round, Func<CancellationToken, Task<string?>> audit, ILogger log)
        : base(lease, log) => (_pool, _wallet, _round, _audit, _log) = (pool, wallet, round, audit, log);

    /// <summary>Why nothing is paid, or null.</summary>
    public string? Off => _off;

    /// <summary>The pool it pays.</summary>
    public string Pool => _pool.Name;

    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (await MayPay(cancel)) await _round.Run(cancel);
            Succeeded();
            await Task.Delay(TimeSpan.FromSeconds(_pool.Config.Payouts.IntervalSeconds), cancel);
        }
    }

    /// <summary>Nothing is paid from a wallet that does not hold the pool's address, or by books that do not balance.</summary>
    private async Task<bool> MayPay(CancellationToken cancel)
    {
        var mine = await _wallet.IsMine(_pool.Config.Address, cancel);
        var why = mine switch
        {
            { IsOk: false } => $"the wallet does not answer: {mine.Error}",
            { Value: false } => $"the wallet does not hold {_pool.Config.Address}, so it cannot spend what blocks pay: set pools[].payouts.wallet or pools[].address",
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
