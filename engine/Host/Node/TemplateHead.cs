using System.Text.Json;

namespace Viddhana.Engine.Node;

/// <summary>What the watcher needs of a template before anyone parses it: which tip it builds on, and how to wait for the next.</summary>
/// <param name="PrevHash">Block id it builds on, as nodes print it.</param>
/// <param name="Height">Height of the block to be made.</param>
/// <param name="LongPollId">For the next long poll; null where the node has none.</param>
internal readonly record struct TemplateHead(string PrevHash, int Height, string? LongPollId)
{
    /// <summary>Null when this is not a template.</summary>
    public static TemplateHead? TryRead(ReadOnlySpan<byte> json)
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

    private static TemplateHead? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;

        var (prevHash, height, longPollId) = ("", -1, (string?)null);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("previousblockhash"u8)) prevHash = reader.Read() ? reader.GetString() ?? "" : "";
            else if (reader.ValueTextEquals("height"u8)) height = reader.Read() ? reader.GetInt32() : -1;
            else if (reader.ValueTextEquals("longpollid"u8)) longPollId = reader.Read() ? reader.GetString() : null;
            else reader.Skip();
        }

        return prevHash.Length != 64 || height < 1 ? null : new TemplateHead(prevHash, height, longPollId);
    }
}
