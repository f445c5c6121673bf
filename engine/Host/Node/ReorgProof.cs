using System.Text.Json;

namespace Viddhana.Engine.Node;

/// <summary>Tells a node that went back on purpose from one that has not caught up, by what it says of the tip given out.</summary>
internal static class ReorgProof
{
    /// <summary>Why the lower height is right, in words for the log; null when the node gives no such reason.</summary>
    /// <param name="link">The node.</param>
    /// <param name="tip">Block id that the work given out builds on.</param>
    /// <param name="stop">Ends the call.</param>
    public static async Task<string?> AskAsync(NodeLink link, string tip, CancellationToken stop)
    {
        using var reply = await link.Client.CallAsync("getchaintips", null, stop);
        if (reply.Error is not null) return null;

        return StatusOf(reply.Result, tip) switch
        {
            "invalid" => $"block {tip} is invalid to it",

            // It has validated all of that branch and yet follows another, so the other one has more work.
            "valid-fork" => $"block {tip} lost to a chain with more work",
            _ => null,
        };
    }

    internal static string? StatusOf(ReadOnlySpan<byte> chainTips, string tip)
    {
        try
        {
            var reader = new Utf8JsonReader(chainTips);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray) return null;

            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                var (hash, status) = ReadTip(ref reader);
                if (hash == tip) return status;
            }

            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static (string? Hash, string? Status) ReadTip(ref Utf8JsonReader reader)
    {
        var (hash, status) = ((string?)null, (string?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("hash"u8)) hash = reader.Read() ? reader.GetString() : null;
            else if (reader.ValueTextEquals("status"u8)) status = reader.Read() ? reader.GetString() : null;
            else reader.Skip();
        }

        return (hash, status);
    }
}
