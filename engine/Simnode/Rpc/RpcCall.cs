using System.Globalization;
using System.Text.Json;
using Viddhana.Simnode.Chain;
using Viddhana.Simnode.Wire;

namespace Viddhana.Simnode.Rpc;

/// <summary>One call: its parameters, and where the answer is written.</summary>
public sealed class RpcCall(RpcMethod method, JsonElement?[] arguments, string? walletName, Utf8JsonWriter json, CancellationToken closed)
{
    /// <summary>Takes exactly one JSON value.</summary>
    public Utf8JsonWriter Json { get; } = json;

    /// <summary>The wallet named in the URL, or null.</summary>
    public string? WalletName { get; } = walletName;

    /// <summary>Set when the caller went away or the node stops.</summary>
    public CancellationToken Closed { get; } = closed;

    /// <summary>The parameter, or null if it was left out or is JSON null.</summary>
    public JsonElement? this[int index] =>
        index < arguments.Length && arguments[index] is { ValueKind: not JsonValueKind.Null } value ? value : null;

    /// <summary>An error for a wrong parameter type, in the node's words.</summary>
    public static RpcException WrongType(JsonElement value, string expected) =>
        new(RpcCode.Type, $"JSON value of type {TypeName(value)} is not of expected type {expected}");

    /// <summary>A parameter that must be there.</summary>
    public JsonElement Need(int index) => this[index] ?? throw new RpcException(RpcCode.Misc, method.Usage);

    public string Text(int index) => Text(Need(index));

    public string Text(int index, string fallback) => this[index] is { } value ? Text(value) : fallback;

    public static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw WrongType(value, "string");

    public long Number(int index) => Number(Need(index));

    public long Number(int index, long fallback) => this[index] is { } value ? Number(value) : fallback;

    public static long Number(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number) throw WrongType(value, "number");
        return value.TryGetInt64(out var number) ? number : throw new RpcException(RpcCode.Misc, "JSON integer out of range");
    }

    public bool Flag(int index, bool fallback) => this[index] is { } value ? Flag(value) : fallback;

    public static bool Flag(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(value, "bool"),
    };

    public JsonElement Array(int index) =>
        Need(index) is { ValueKind: JsonValueKind.Array } value ? value : throw WrongType(Need(index), "array");

    public JsonElement Object(int index) =>
        Need(index) is { ValueKind: JsonValueKind.Object } value ? value : throw WrongType(Need(index), "object");

    /// <summary>A block or transaction id.</summary>
    public Hash256 Hash(int index, string name) => Hash(Need(index), name);

    /// <summary>A block or transaction id.</summary>
    public static Hash256 Hash(JsonElement value, string name)
    {
        var text = Text(value);
        if (text.Length != 64)
            throw new RpcException(RpcCode.InvalidParameter, $"{name} must be of length 64 (not {text.Length}, for '{text}')");
        if (Hash256.TryParse(text, out var hash)) return hash;

        throw new RpcException(RpcCode.InvalidParameter, $"{name} must be hexadecimal string (not '{text}')");
    }

    /// <summary>Coins, as a number or a string with at most eight decimals, in base units.</summary>
    public static long Amount(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.String => value.GetString()!,
            _ => throw new RpcException(RpcCode.Type, "Amount is not a number or string"),
        };
        if (!decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, null, out var coins)
            || Math.Abs(coins) > ChainRules.MaxMoney || decimal.Round(coins, 8) != coins)
            throw new RpcException(RpcCode.Type, "Invalid amount");

        var units = (long)(coins * ChainRules.Coin);
        return units is < 0 or > ChainRules.MaxMoney ? throw new RpcException(RpcCode.Type, "Amount out of range") : units;
    }

    /// <summary>Writes coins with all eight decimals, as nodes do.</summary>
    public void WriteCoins(string name, long units)
    {
        Json.WritePropertyName(name);
        WriteCoins(units);
    }

    /// <summary>Writes coins with all eight decimals, as nodes do.</summary>
    public void WriteCoins(long units) => Json.WriteRawValue(CoinText(units), skipInputValidation: true);

    /// <summary>Coins with all eight decimals.</summary>
    public static string CoinText(long units)
    {
        var (whole, rest) = Math.DivRem(Math.Abs(units), ChainRules.Coin);
        return string.Create(CultureInfo.InvariantCulture, $"{(units < 0 ? "-" : "")}{whole}.{rest:D8}");
    }

    private static string TypeName(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Undefined => "null",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
