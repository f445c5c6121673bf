using System.Globalization;
using System.Text.Json;

namespace Viddhana.Miner.Stratum;

/// <summary>Numbers that some servers send as strings.</summary>
internal static class JsonNumbers
{
    /// <summary>Reads a whole number, also from a string; false for anything else.</summary>
    public static bool TryReadInt64(this JsonElement element, out long value)
    {
        value = 0;
        return element.ValueKind switch
        {
            JsonValueKind.Number => element.TryGetInt64(out value),
            JsonValueKind.String => long.TryParse(element.GetString(), NumberStyles.None, null, out value),
            _ => false,
        };
    }
}
