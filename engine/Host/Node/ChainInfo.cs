using System.Text.Json;

namespace Viddhana.Engine.Node;

/// <summary>What the pool needs of <c>getblockchaininfo</c>.</summary>
/// <param name="Chain">main, test, signet, regtest …</param>
/// <param name="Blocks">Height of the best validated block.</param>
/// <param name="Headers">Height of the best header.</param>
/// <param name="BestHash">Id of the best validated block.</param>
/// <param name="IsInitialDownload">The node's own word; false where it does not say.</param>
internal readonly record struct ChainInfo(string Chain, long Blocks, long Headers, string BestHash, bool IsInitialDownload)
{
    /// <summary>
    /// True while templates would be made on an old tip. Test networks stand still for days, so there the node's word alone is no reason
    /// to wait: only headers it knows and has not validated are.
    /// </summary>
    public bool IsSyncing => IsInitialDownload && (Chain == "main" || Headers > Blocks);

    /// <summary>Null when the answer is not that of a node.</summary>
    public static ChainInfo? TryRead(ReadOnlySpan<byte> json)
    {
        try
        {
            return Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static ChainInfo? Read(ReadOnlySpan<byte> json)
    {
        var (chain, best, blocks, headers, initial) = ("", "", -1L, -1L, false);
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("chain"u8)) chain = ReadString(ref reader);
            else if (reader.ValueTextEquals("bestblockhash"u8)) best = ReadString(ref reader);
            else if (reader.ValueTextEquals("blocks"u8)) blocks = ReadNumber(ref reader);
            else if (reader.ValueTextEquals("headers"u8)) headers = ReadNumber(ref reader);
            else if (reader.ValueTextEquals("initialblockdownload"u8)) initial = reader.Read() && reader.GetBoolean();
            else reader.Skip();
        }

        if (chain.Length == 0 || best.Length == 0 || blocks < 0) return null;
        return new ChainInfo(chain, blocks, Math.Max(headers, blocks), best, initial);
    }

    private static string ReadString(ref Utf8JsonReader reader) => reader.Read() ? reader.GetString() ?? "" : "";

    private static long ReadNumber(ref Utf8JsonReader reader) => reader.Read() ? reader.GetInt64() : -1;
}
