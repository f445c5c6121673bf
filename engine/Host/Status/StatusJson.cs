using System.Text.Json;
using Viddhana.Engine.Metrics;

namespace Viddhana.Engine.Status;

/// <summary>Members of the status document. Texts are cut: a node may say anything.</summary>
internal static class StatusJson
{
    private const int TextMax = 300;

    public static void Text(this Utf8JsonWriter json, string name, string? text)
    {
        if (text is null)
        {
            json.WriteNull(name);
            return;
        }

        var length = Math.Min(text.Length, TextMax);
        if (length < text.Length && char.IsHighSurrogate(text[length - 1])) length--;
        json.WriteString(name, text.AsSpan(0, length));
    }

    /// <summary>A number of which the first few digits matter.</summary>
    public static void Measure(this Utf8JsonWriter json, string name, double value) =>
        json.WriteNumber(name, double.IsFinite(value) ? Math.Round(value, 3) : 0);

    public static void Note(this Utf8JsonWriter json, string name, Note? note)
    {
        json.Text(name, note?.Text);
        json.WriteNumber(name + "At", note?.UtcMs ?? 0);
    }
}
