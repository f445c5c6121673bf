using System.Text.Json;

namespace Viddhana.Backoffice.Terminal;

/// <summary>
/// What <c>top</c> shows: the API's answers as they came, so that a server of another version is shown as far as it is known.
/// </summary>
internal sealed record TopState
{
    /// <summary>Where from.</summary>
    public required string Server { get; init; }

    /// <summary>Ids of the pools there.</summary>
    public IReadOnlyList<string> Pools { get; init; } = [];

    /// <summary>The one that is shown.</summary>
    public string Pool { get; init; } = "";

    /// <summary>Answer of <c>stats</c>.</summary>
    public JsonElement Stats { get; init; }

    /// <summary>Items of <c>miners</c>.</summary>
    public IReadOnlyList<JsonElement> Miners { get; init; } = [];

    /// <summary>Items of <c>blocks</c>.</summary>
    public IReadOnlyList<JsonElement> Blocks { get; init; } = [];

    /// <summary>The newest event, in words.</summary>
    public string Event { get; init; } = "";

    /// <summary>Why nothing new comes; null while it does.</summary>
    public string? Away { get; init; }
}

/// <summary>Reads answers that may lack anything.</summary>
internal static class TopJson
{
    /// <summary>The value below names, or null.</summary>
    public static JsonElement? At(this JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        return element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? null : element;
    }

    public static double Number(this JsonElement element, params ReadOnlySpan<string> names) =>
        element.At(names) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : 0;

    public static string Text(this JsonElement element, params ReadOnlySpan<string> names) =>
        element.At(names) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";

    public static DateTimeOffset? Time(this JsonElement element, params ReadOnlySpan<string> names) =>
        element.At(names) is { ValueKind: JsonValueKind.String } value && value.TryGetDateTimeOffset(out var time) ? time : null;
}
