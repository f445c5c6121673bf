using Viddhana.Simnode.Mempool;
using Viddhana.Simnode.Rpc;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Wallets;

/// <summary>How a transaction is to be funded.</summary>
public sealed record FundingOptions
{
    /// <summary>What a wallet pays where nothing is known of fees, in base units per 1000 virtual bytes.</summary>
    public const long FallbackFeeRate = 20_000;

    /// <summary>Base units per 1000 virtual bytes.</summary>
    public long FeeRate { get; init; } = FallbackFeeRate;

    /// <summary>Outputs that bear the fee together; empty lets the wallet bear it.</summary>
    public IReadOnlyList<int> SubtractFeeFrom { get; init; } = [];

    /// <summary>Where change goes in the list of outputs; null anywhere.</summary>
    public int? ChangePosition { get; init; }

    /// <summary>Where change goes; null makes an address for it.</summary>
    public byte[]? ChangeScript { get; init; }

    /// <summary>Signals BIP 125.</summary>
    public bool Replaceable { get; init; }

    /// <summary>May take more inputs than the transaction has.</summary>
    public bool AddInputs { get; init; } = true;

    /// <summary>Error number of what cannot be funded.</summary>
    public int ErrorCode { get; init; } = RpcCode.Wallet;
}

/// <summary>A funded transaction, not signed.</summary>
public sealed record Funded(Transaction Transaction, long Fee, int ChangePosition);

/// <summary>Chooses inputs, fee and change.</summary>
public static class Funding
{
    // Virtual bytes of a signed input, times four: with a signature of 72 bytes and a key of 33.
    private const int SegwitInputWeight = (41 * 4) + 108;
    private const int LegacyInputWeight = 148 * 4;

    /// <summary>Adds inputs and change to a draft.</summary>
    /// <exception cref="RpcException">Not enough coins, or outputs too small.</exception>
    public static Funded Fund(Wallet wallet, Transaction draft, FundingOptions options)
    {
        if (draft.Outputs.Length == 0) throw new RpcException(options.ErrorCode, "Transaction must have at least one recipient");
        if (draft.Outputs.Any(output => output.Value < TransactionPool.DustLimit(output.Script)))
            throw new RpcException(options.ErrorCode, "Transaction amount too small");
        if (options.ChangePosition is { } position && (position < 0 || position > draft.Outputs.Length))
            throw new RpcException(RpcCode.InvalidParameter, "changePosition out of bounds");

        var (chosen, change) = Choose(wallet, draft, options);
        var outputs = draft.Outputs.ToList();
        if (options.SubtractFeeFrom.Count > 0) Subtract(outputs, options, FeeFor(draft, chosen, change > 0, options));

        var at = -1;
        if (change > 0)
        {
            at = options.ChangePosition ?? Random.Shared.Next(outputs.Count + 1);
            outputs.Insert(at, new TxOut(change, options.ChangeScript ?? wallet.NewAddress(legacy: false, "", isChange: true).Script));
        }

        var fee = chosen.Sum(coin => coin.Output.Value) - outputs.Sum(output => output.Value);
        return new Funded(Transaction.Make(draft.Version, Inputs(draft, chosen, options), [.. outputs], draft.LockTime), fee, at);
    }

    private static (List<WalletCoin> Coins, long Change) Choose(Wallet wallet, Transaction draft, FundingOptions options)
    {
        var all = wallet.Coins();
        var chosen = new List<WalletCoin>();
        foreach (var input in draft.Inputs)
        {
            chosen.Add(all.Find(coin => coin.Point == input.Prevout) ?? throw new RpcException(options.ErrorCode, "Insufficient funds"));
        }

        // Confirmed coins first, large before small: few inputs.
        var others = all
            .Where(coin => options.AddInputs && coin.IsTrusted && !wallet.Locked.Contains(coin.Point) && !chosen.Contains(coin))
            .OrderByDescending(coin => coin.Depth > 0)
            .ThenByDescending(coin => coin.Output.Value);
        using var next = others.GetEnumerator();
        while (true)
        {
            var have = chosen.Sum(coin => coin.Output.Value) - draft.OutputValue;
            if (chosen.Count > 0 && TryChange(draft, chosen, have, options, out var change)) return (chosen, change);
            if (!next.MoveNext()) throw new RpcException(options.ErrorCode, "Insufficient funds");

            chosen.Add(next.Current);
        }
    }

    // Change below dust is left to the fee.
    private static bool TryChange(Transaction draft, List<WalletCoin> chosen, long have, FundingOptions options, out long change)
    {
        var recipientsPay = options.SubtractFeeFrom.Count > 0;
        change = recipientsPay ? have : have - FeeFor(draft, chosen, withChange: true, options);
        if (change >= TransactionPool.DustSegwit) return true;

        change = 0;
        return recipientsPay ? have >= 0 : have >= FeeFor(draft, chosen, withChange: false, options);
    }

    private static long FeeFor(Transaction draft, List<WalletCoin> chosen, bool withChange, FundingOptions options)
    {
        var outputs = draft.Outputs.Sum(output => 9 + output.Script.Length) + (withChange ? 9 + (options.ChangeScript?.Length ?? 22) : 0);
        var weight =
            (4 * (10 + outputs)) + 2 + chosen.Sum(coin => Script.IsP2wpkh(coin.Output.Script) ? SegwitInputWeight : LegacyInputWeight);
        return (options.FeeRate * ((weight + 3) / 4) + 999) / 1000;
    }

    // Equal parts; the first one bears what does not divide.
    private static void Subtract(List<TxOut> outputs, FundingOptions options, long fee)
    {
        var (each, rest) = Math.DivRem(fee, options.SubtractFeeFrom.Count);
        foreach (var index in options.SubtractFeeFrom)
        {
            var value = outputs[index].Value - each - (index == options.SubtractFeeFrom[0] ? rest : 0);
            if (value < 0) throw new RpcException(options.ErrorCode, "The transaction amount is too small to pay the fee");
            if (value < TransactionPool.DustLimit(outputs[index].Script))
                throw new RpcException(options.ErrorCode, "The transaction amount is too small to send after the fee has been deducted");

            outputs[index] = outputs[index] with { Value = value };
        }
    }

    private static TxIn[] Inputs(Transaction draft, List<WalletCoin> chosen, FundingOptions options)
    {
        var sequence = options.Replaceable ? 0xFFFFFFFD : 0xFFFFFFFE;
        return [.. draft.Inputs, .. chosen.Skip(draft.Inputs.Length).Select(coin => new TxIn(coin.Point, [], sequence, []))];
    }
}
