using System.Globalization;
using Viddhana.Backoffice.Money;

namespace Viddhana.Backoffice.Payouts;

/// <summary>What an operator may do by hand: <c>viddhana-backoffice payout list | bump ID | release ID</c>.</summary>
internal sealed class PayoutCommands(PayoutPool pool, PayoutStore store, Wallet wallet, TextWriter output)
{
    /// <summary>
    /// Half as much again: enough for the network to take the replacement (BIP 125 asks for more than the old fee plus its own relay).
    /// </summary>
    private const int BumpPercent = 150;

    /// <summary>Open payouts with what they wait for.</summary>
    public async Task List()
    {
        var open = await store.Open(pool.PoolId);
        foreach (var payout in open)
        {
            var stuck = payout.IsStuck ? "  STUCK" : "";
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{payout.PayoutId}  {pool.Name}  {payout.State}{stuck}  {Amounts.Text(payout.Total, pool.Coin.Decimals)}  "
                + $"{payout.Txid ?? "-"}  {payout.StateReason}"));
        }

        if (open.Count == 0) await output.WriteLineAsync($"{pool.Name}: no open payouts");
    }

    /// <summary>Replaces the newest transaction by one over the same inputs with a higher fee; the running backoffice sends it.</summary>
    public async Task<int> Bump(Payout payout, CancellationToken cancel)
    {
        if (payout.State is not ("signed" or "broadcast"))
            return await Refuse(payout, "only a signed payout that is not confirmed can be bumped");

        var transactions = await store.Transactions(payout.PayoutId);
        var lines = await store.Lines(payout.PayoutId);
        var old = transactions[^1];
        var paid = lines.Select(line => line.Address).ToHashSet(StringComparer.Ordinal);
        var inputs = await store.Inputs(payout.PayoutId);
        var bumped = await wallet.CreateBumped(old, inputs, paid, old.Fee * BumpPercent / 100, cancel);
        if (bumped.Value is not { } signed) return await Refuse(payout, bumped.Error!);

        if (!await store.SignedAgain(payout.PayoutId, old.Attempt + 1, signed)) return await Refuse(payout, "it is final meanwhile");
        await output.WriteLineAsync(
            $"payout {payout.PayoutId}: {signed.Txid} replaces {old.Txid}, fee {signed.Fee} instead of {old.Fee}; "
            + "it is sent within one interval");
        return 0;
    }

    /// <summary>Gives a payout up, where it is certain that nothing of it can ever be mined.</summary>
    public async Task<int> Release(Payout payout, CancellationToken cancel)
    {
        var inputs = await store.Inputs(payout.PayoutId);
        if (payout.State is "signed" or "broadcast")
        {
            foreach (var transaction in await store.Transactions(payout.PayoutId))
            {
                var seen = await wallet.Confirmations(transaction.Txid, cancel);
                if (seen is { IsOk: true, Value.Confirmations: > 0 }) return await Refuse(payout, $"{transaction.Txid} is in the chain");
                if (seen.IsUnknown) return await Refuse(payout, $"the wallet does not answer: {seen.Error}");
            }

            if (!await SpentElsewhere(inputs, cancel))
                return await Refuse(
                    payout, "its inputs are unspent, so its signed transaction could still be mined: bump it, or spend an input elsewhere");
        }
        else if (payout.State != "prepared")
        {
            return await Refuse(payout, $"it is {payout.State}");
        }

        await store.Failed(pool.PoolId, payout, await store.Lines(payout.PayoutId), "released by the operator");
        await wallet.Unlock(inputs, cancel);
        await output.WriteLineAsync($"payout {payout.PayoutId}: released, its lines are back in the balances");
        return 0;
    }

    private async Task<bool> SpentElsewhere(List<PayoutInput> inputs, CancellationToken cancel)
    {
        foreach (var input in inputs)
            if (await wallet.IsUnspent(input, cancel) is { IsOk: true, Value: false }) return true;

        return false;
    }

    private async Task<int> Refuse(Payout payout, string why)
    {
        await output.WriteLineAsync($"payout {payout.PayoutId}: not done: {why}");
        return 1;
    }
}
