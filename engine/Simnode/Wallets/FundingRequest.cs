using System.Text.Json;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Rpc;

namespace Viddhana.Simnode.Wallets;

/// <summary>The options of <c>fundrawtransaction</c>.</summary>
public static class FundingRequest
{
    /// <summary>Reads them; the flag tells to lock what was chosen.</summary>
    public static (FundingOptions Options, bool LockCoins) Read(JsonElement? given, int outputs)
    {
        var options = new FundingOptions();
        var lockCoins = false;
        if (given is not { } all || all.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return (options, lockCoins);   // once: includeWatching
        if (all.ValueKind != JsonValueKind.Object) throw RpcCall.WrongType(all, "object");

        foreach (var option in all.EnumerateObject())
        {
            switch (option.Name)
            {
                case "lockUnspents" or "lock_unspents":
                    lockCoins = RpcCall.Flag(option.Value);
                    break;
                case "add_inputs":
                    options = options with { AddInputs = RpcCall.Flag(option.Value) };
                    break;
                case "changeAddress" or "change_address":
                    options = options with { ChangeScript = TransactionDrafts.ScriptOf(RpcCall.Text(option.Value)) };
                    break;
                case "changePosition" or "change_position":
                    options = options with { ChangePosition = (int)Math.Clamp(RpcCall.Number(option.Value), -1, int.MaxValue) };
                    break;
                case "feeRate":
                    options = options with { FeeRate = Rate(RpcCall.Amount(option.Value)) };
                    break;
                case "fee_rate":
                    options = options with { FeeRate = SatPerVirtualByte(option.Value) };
                    break;
                case "subtractFeeFromOutputs" or "subtract_fee_from_outputs":
                    options = options with { SubtractFeeFrom = Positions(option.Value, outputs) };
                    break;
                case "replaceable":
                    options = options with { Replaceable = RpcCall.Flag(option.Value) };
                    break;
                case "change_type" or "includeWatching" or "include_watching" or "conf_target" or "estimate_mode" or "include_unsafe":
                    break;
                default:
                    throw new RpcException(RpcCode.Type, $"Unexpected key {option.Name}");
            }
        }

        return (options, lockCoins);
    }

    /// <summary>
    /// A fee rate in base units per virtual byte, with up to three decimals, as base units per 1000; the fallback rate for null.
    /// </summary>
    public static long SatPerVirtualByte(JsonElement? given)
    {
        if (given is not { } value) return FundingOptions.FallbackFeeRate;

        // An amount of coins counts in 1e-8, a rate in 1e-3: the same digits, five places apart.
        return Rate(RpcCall.Amount(value) / (ChainRules.Coin / 1000));
    }

    private static long Rate(long perThousand) => perThousand > 0
        ? perThousand
        : throw new RpcException(RpcCode.InvalidParameter, "Invalid feeRate, must be greater than 0");

    private static List<int> Positions(JsonElement given, int outputs)
    {
        if (given.ValueKind != JsonValueKind.Array) throw RpcCall.WrongType(given, "array");

        var positions = new List<int>();
        foreach (var position in given.EnumerateArray().Select(RpcCall.Number))
        {
            if (position < 0) throw new RpcException(RpcCode.InvalidParameter, $"Invalid parameter, negative position: {position}");
            if (position >= outputs) throw new RpcException(RpcCode.InvalidParameter, $"Invalid parameter, position too large: {position}");
            if (positions.Contains((int)position))
                throw new RpcException(RpcCode.InvalidParameter, $"Invalid parameter, duplicated position: {position}");

            positions.Add((int)position);
        }

        return positions;
    }
}
