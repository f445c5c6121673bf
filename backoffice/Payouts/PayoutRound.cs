using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Payouts;

/// <summary>
/// Moves the payouts of one pool forward, a step at a time: intent → signed bytes stored → sent → confirmed. Every step resumes from
/// what is stored: a restart at any point sends the same bytes, never others. Nothing that was signed is ever built anew here.
/// </summary>
internal sealed class PayoutRound(PayoutPool pool, PayoutStore store, Wallet wallet, TimeProvider time, ILogger log)
{
    /// <summary>Confirmations after which a payout is not looked at any more.</summary>
    public const int FinalDepth = 100;

    /// <summary>Outputs below this are not relayed by any chain of the family at default settings.</summary>
    public const long DustLimit = 5_460;

    private static readonly TimeSpan StuckAfter = TimeSpan.FromHours(6);

    /// <summary>One look at everything open, and a new payout when nothing is.</summary>
    public async Task Run(CancellationToken cancel)
    {
        var open = await store.Open(pool.PoolId);
        foreach (var payout in open) await Advance(payout, cancel);
        foreach (var payout in await store.Shallow(pool.PoolId, FinalDepth)) await LookAgain(payout, cancel);
        if (open.Count > 0 || await Prepare(cancel) is not { } payoutId) return;
        if (await store.Find(payoutId) is { } prepared) await Advance(prepared, cancel);
    }

    /// <summary>Payouts that are not final, and how many of them an operator must look at.</summary>
    public async Task<(int Open, int Stuck)> Open()
    {
        var open = await store.Open(pool.PoolId);
        return (open.Count, open.Count(payout => payout.IsStuck));
    }

    private async Task Advance(Payout payout, CancellationToken cancel)
    {
        if (payout.State == "prepared")
        {
            if (!await MaySign(payout) || !await Sign(payout, cancel)) return;
            payout = (await store.Find(payout.PayoutId))!;
        }

        if (payout.State == "signed")
        {
            if (!await Send(payout, cancel)) return;
            payout = (await store.Find(payout.PayoutId))!;
        }

        if (payout.State == "broadcast") await Watch(payout, cancel);
    }

    /// <summary>
    /// Nothing is signed against what operator and accounts have said by then: a frozen payout waits, and one with a line that would not
    /// be chosen so any more is given up, which costs nothing before there are signed bytes: the others are chosen anew.
    /// </summary>
    private async Task<bool> MaySign(Payout payout)
    {
        if (await store.IsOutdated(pool, payout.PayoutId))
        {
            var lines = await store.Lines(payout.PayoutId);
            await store.Failed(pool.PoolId, payout, lines, "an account's settings changed before it was signed");
            PayoutLog.Outdated(log, pool.Name, payout.PayoutId);
            return false;
        }

        if (await store.Held(pool.PoolId, payout.PayoutId) is not { } why) return true;
        await store.Waits(payout.PayoutId, why, isStuck: false);
        return false;
    }

    private async Task<bool> Sign(Payout payout, CancellationToken cancel)
    {
        var lines = await store.Lines(payout.PayoutId);
        var outputs = lines.GroupBy(l => l.Address).ToDictionary(g => g.Key, g => g.Sum(l => l.Amount), StringComparer.Ordinal);
        var fromMiners = payout.FeeFrom == "miners";
        var answer = await wallet.CreateSigned(outputs, fromMiners, cancel);
        if (answer.Value is not { } signed)
        {
            await store.Waits(payout.PayoutId, $"waits for the wallet: {answer.Error}", isStuck: false);
            PayoutLog.Waits(log, pool.Name, payout.PayoutId, answer.Error!);
            return false;
        }

        if (Differs(outputs, signed, fromMiners) is { } difference)
        {
            await store.Waits(payout.PayoutId, $"the wallet built something else: {difference}", isStuck: true);
            PayoutLog.WrongTransaction(log, pool.Name, payout.PayoutId, difference);
            return false;
        }

        if (!await store.FirstSigned(pool, payout.PayoutId, signed, PayoutFees.Assign(lines, signed.Outputs))) return false;
        PayoutLog.Signed(log, pool.Name, payout.PayoutId, lines.Count, signed.Txid);
        return true;
    }

    /// <summary>Holds the signed transaction against the intent: every address gets its sum, less the fee where miners bear it.</summary>
    private static string? Differs(Dictionary<string, long> wanted, SignedTransaction signed, bool feeFromOutputs)
    {
        long missing = 0;
        foreach (var (address, amount) in wanted)
        {
            var paid = signed.Outputs.GetValueOrDefault(address);
            if (paid > amount || (paid < amount && !feeFromOutputs)) return $"{address} gets {paid} instead of {amount}";
            missing += amount - paid;
        }

        if (feeFromOutputs && missing != signed.Fee) return $"outputs bear {missing} of a fee of {signed.Fee}";
        return signed.Outputs.Keys.Count(address => !wanted.ContainsKey(address)) > 1 ? "more than one output that nobody asked for" : null;
    }

    private async Task<bool> Send(Payout payout, CancellationToken cancel)
    {
        await wallet.Lock(await store.Inputs(payout.PayoutId), cancel);
        var transactions = await store.Transactions(payout.PayoutId);
        var answer = await wallet.Send(transactions[^1].Raw, cancel);
        if (answer.IsOk)
        {
            await store.Sent(payout.PayoutId);
            PayoutLog.Sent(log, pool.Name, payout.PayoutId, transactions[^1].Txid);
            return true;
        }

        if (answer.IsUnknown)
        {
            await store.Waits(payout.PayoutId, $"the node does not answer, the same bytes are sent again: {answer.Error}", isStuck: false);
            return false;
        }

        // Refused. It, or one that it replaced, may have been mined long ago.
        if (await Mined(transactions, cancel) is not null)
        {
            await store.Sent(payout.PayoutId);
            return true;
        }

        await store.Waits(payout.PayoutId, $"the node refuses it: {answer.Error}", isStuck: true);
        if (!payout.IsStuck) PayoutLog.Stuck(log, pool.Name, payout.PayoutId, answer.Error!);
        return false;
    }

    private async Task Watch(Payout payout, CancellationToken cancel)
    {
        var transactions = await store.Transactions(payout.PayoutId);
        if (await Mined(transactions, cancel) is not { } mined)
        {
            await WatchUnmined(payout, transactions, cancel);
            return;
        }

        if (mined.Confirmations < pool.Config.Payouts.Confirmations)
        {
            await store.Seen(payout.PayoutId, mined.Confirmations, mined.BlockHash);
            return;
        }

        await store.Confirmed(pool.PoolId, payout, mined.Transaction, mined.Confirmations, mined.BlockHash);
        PayoutLog.Confirmed(log, pool.Name, payout.PayoutId, mined.Transaction.Txid);
    }

    private async Task WatchUnmined(Payout payout, List<PayoutTransaction> transactions, CancellationToken cancel)
    {
        await store.Seen(payout.PayoutId, 0, null);
        var newest = transactions[^1];
        if (!await wallet.IsInMempool(newest.Txid, cancel))
        {
            await wallet.Lock(await store.Inputs(payout.PayoutId), cancel);
            var again = await wallet.Send(newest.Raw, cancel);
            if (!again.IsOk && !again.IsUnknown)
            {
                await store.Waits(payout.PayoutId, $"fell out of the mempool and is refused: {again.Error}", isStuck: true);
                if (!payout.IsStuck) PayoutLog.Stuck(log, pool.Name, payout.PayoutId, again.Error!);
                return;
            }
        }

        if (payout.SentAt is { } sent && time.GetUtcNow().UtcDateTime - sent > StuckAfter)
        {
            await store.Waits(payout.PayoutId, "unconfirmed for hours: payout bump raises its fee", isStuck: true);
            if (!payout.IsStuck) PayoutLog.Stuck(log, pool.Name, payout.PayoutId, "unconfirmed for hours");
        }
    }

    /// <summary>A confirmed payout whose block may have been replaced.</summary>
    private async Task LookAgain(Payout payout, CancellationToken cancel)
    {
        foreach (var transaction in await store.Transactions(payout.PayoutId))
        {
            var answer = await wallet.Confirmations(transaction.Txid, cancel);
            if (!answer.IsOk) return;
            if (answer.Value.Confirmations < pool.Config.Payouts.Confirmations) continue;
            await store.Seen(payout.PayoutId, answer.Value.Confirmations, answer.Value.BlockHash);
            return;
        }

        await store.Unconfirmed(pool.PoolId, payout, 0);
        PayoutLog.Unconfirmed(log, pool.Name, payout.PayoutId);
    }

    private async Task<(PayoutTransaction Transaction, int Confirmations, string? BlockHash)?> Mined(
        List<PayoutTransaction> transactions, CancellationToken cancel)
    {
        foreach (var transaction in Enumerable.Reverse(transactions))
        {
            var answer = await wallet.Confirmations(transaction.Txid, cancel);
            if (answer.IsOk && answer.Value.Confirmations > 0) return (transaction, answer.Value.Confirmations, answer.Value.BlockHash);
        }

        return null;
    }

    private async Task<long?> Prepare(CancellationToken cancel)
    {
        if (await store.Held(pool.PoolId, 0) is not null) return null;
        var now = time.GetUtcNow();
        var payable = await store.Payable(pool, now);
        var lines = new List<PayoutLine>();
        foreach (var account in payable)
        {
            if (await Refusal(account, cancel) is { } why)
            {
                pool.Refused(account, why, log);
                continue;
            }

            lines.Add(new PayoutLine(account.AccountId, account.Address!, account.Balance, 0));
        }

        if (lines.Count == 0) return null;
        var payoutId = await store.Prepare(pool, lines, now);
        var total = Amounts.Text(lines.Sum(line => line.Amount), pool.Coin.Decimals);
        if (payoutId is { } made) PayoutLog.Prepared(log, pool.Name, made, lines.Count, total);
        return payoutId;
    }

    /// <summary>Why a line cannot be paid, or null. One bad line never holds up the others.</summary>
    private async Task<string?> Refusal(Payable account, CancellationToken cancel)
    {
        if (account.Address is null) return "it has no address of this coin";
        if (account.Balance < DustLimit) return "its balance is dust";
        if (!AddressCodec.TryDecode(account.Address, pool.Coin.Networks[pool.Config.Network], out _, out var error)) return error;

        var valid = await wallet.IsValid(account.Address, cancel);
        return valid is { IsOk: true, Value: false } ? "the node finds its address invalid" : null;
    }
}

/// <summary>A pool as payouts see it.</summary>
internal sealed class PayoutPool(KnownPool pool)
{
    private readonly HashSet<long> _refused = [];

    public int PoolId => pool.PoolId;

    public string Name => pool.Name;

    public PoolConfig Config => pool.Config;

    public CoinDefinition Coin => pool.Coin;

    /// <summary>What is paid when.</summary>
    public PayoutRules Rules { get; } = PayoutRules.Of(pool);

    /// <summary>Smallest balance that is paid where an account has set none, in base units.</summary>
    public long Threshold => Rules.Threshold;

    /// <summary>Smallest balance that a pool pays, in base units: configured, or the coin's own; never dust.</summary>
    public static long ThresholdOf(KnownPool pool) => PayoutRules.Of(pool).Threshold;

    /// <summary>Says once per account why it is not paid.</summary>
    public void Refused(Payable account, string why, ILogger log)
    {
        if (_refused.Add(account.AccountId)) PayoutLog.LineRefused(log, Name, account.Name, why);
    }
}
