using System.Text.Json;

namespace Viddhana.Simnode.Control;

/// <summary>The members of a control request; each is read once, and <see cref="Done"/> refuses those that nobody read.</summary>
internal sealed class Order(JsonElement body)
{
    private readonly HashSet<string> _read = [];

    public int Int(string name, int fallback, int least, int most)
    {
        if (!TryMember(name, out var value)) return fallback;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
            return number;

        throw new ArgumentException($"{name} must be a whole number from {least} to {most}");
    }

    public double Double(string name, double fallback)
    {
        if (!TryMember(name, out var value)) return fallback;
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and <= 86_400 and var number) return number;

        throw new ArgumentException($"{name} must be a number of seconds from 0 to 86400");
    }

    public bool Flag(string name)
    {
        if (!TryMember(name, out var value)) return false;

        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new ArgumentException($"{name} must be true or false"),
        };
    }

    public string? Text(string name)
    {
        if (!TryMember(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new ArgumentException($"{name} must be a string");
    }

    public void Done()
    {
        foreach (var member in body.EnumerateObject())
        {
            if (!_read.Contains(member.Name)) throw new ArgumentException($"{member.Name} is not known here");
        }
    }

    private bool TryMember(string name, out JsonElement value)
    {
        _read.Add(name);
        return body.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }
}
