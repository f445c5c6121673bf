using System.Text.Json;

namespace Viddhana.Backoffice.Node;

/// <summary>
/// Reads what a node answered. What is missing or of another type is the node's fault: <see cref="NodeUnreachableException"/>.
/// </summary>
public static class NodeAnswer
{
    /// <summary>A member that must be text.</summary>
    public static string Text(this JsonElement answer, string name) => Member(answer, name).AsText(name);

    /// <summary>A member that must be a whole number.</summary>
    public static long Number(this JsonElement answer, string name) =>
        Member(answer, name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt64(out var number)
            ? number
            : throw Wrong(name);

    /// <summary>A member that is true; false if it is false or missing.</summary>
    public static bool IsTrue(this JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.True;

    /// <summary>The answer itself, which must be text.</summary>
    public static string AsText(this JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.String ? answer.GetString()! : throw Wrong(name);

    private static JsonElement Member(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var member) ? member : throw Wrong(name);

    private static NodeUnreachableException Wrong(string name) => new($"the node's answer has no usable {name}");
}
