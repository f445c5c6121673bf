using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Payouts;

/// <summary>Pays the miners of one pool, a round every interval, while the wallet is the pool's own.</summary>
internal sealed class PayoutLoop(ActiveLease lease, PayoutPool pool, Wallet wallet, PayoutRound round, Func<CancellationToken, Task<string?>> audit, ILogger log)
    : ActiveLoop(lease, log)
{
    private string? _off = "not started";

    /// <summary>Why nothing is paid, or null.</summary>
    public string? Off => _off;

    /// <summary>The pool it pays.</summary>
    public string Pool => pool.Name;

    protected override async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            if (await MayPay(cancel)) await round.Run(cancel);
            Succeeded();
            await Task.Delay(TimeSpan.FromSeconds(pool.Config.Payouts.IntervalSeconds), cancel);
        }
    }

    /// <summary>Nothing is paid from a wallet that does not hold the pool's address, or by books that do not balance.</summary>
    private async Task<bool> MayPay(CancellationToken cancel)
    {
        var mine = await wallet.IsMine(pool.Config.Address, cancel);
        var why = mine switch
        {
            { IsOk: false } => $"the wallet does not answer: {mine.Error}",
            { Value: false } => $"the wallet does not hold {pool.Config.Address}, so it cannot spend what blocks pay: set pools[].payouts.wallet or pools[].address",
            _ => await audit(cancel),
        };
        if (why != _off)
        {
            if (why is null) PayoutLog.On(log, pool.Name, Amounts.Text(pool.Threshold, pool.Coin.Decimals));
            else PayoutLog.Off(log, pool.Name, why);
        }

        _off = why;
        return why is null;
    }
}
