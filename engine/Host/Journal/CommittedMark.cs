using System.Globalization;
using Viddhana.Contracts;

namespace Viddhana.Engine.Journal;

/// <summary>The last sequence that the backoffice has committed, where there is no Redis: a file that the engine only reads.</summary>
internal static class CommittedMark
{
    /// <summary>The file of an engine's journal.</summary>
    public static string PathOf(string directory, int engineId, ulong epoch) =>
        Path.Combine(directory, Streams.CommittedField(engineId, epoch).Replace(':', '-'));

    /// <summary>The mark, or null if there is none (yet) or it cannot be read at this moment.</summary>
    public static ulong? Read(string path)
    {
        try
        {
            return File.Exists(path) ? Parse(File.ReadAllText(path).TrimEnd()) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;   // read again a second later; nothing is deleted until then
        }
    }

    /// <summary>A mark from its digits; null for anything else.</summary>
    public static ulong? Parse(string? digits) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var mark) ? mark : null;
}
