using System.Globalization;

namespace Viddhana.Contracts;

/// <summary>One segment of a journal directory.</summary>
/// <param name="First">Sequence of its first record; what is in it ends before the next segment's.</param>
/// <param name="Path">The file.</param>
public readonly record struct JournalSegment(ulong First, string Path);

/// <summary>The files of a journal directory, as engine and backoffice see them.</summary>
public static class JournalFiles
{
    /// <summary>Who the journal belongs to: epoch (16 hex digits), a space, the instance id.</summary>
    public const string Identity = "epoch";

    /// <summary>Held open by the engine that writes.</summary>
    public const string Lock = "lock";

    /// <summary>Number of process starts so far, decimal.</summary>
    public const string Starts = "starts";

    /// <summary>Status of the engine (JSON) where there is no Redis; replaced whole every few seconds.</summary>
    public const string Status = "status.json";

    /// <summary>The engine's own copy of the last directory that it was told.</summary>
    public const string DirectoryCopy = "directory";

    private const string Suffix = ".journal";
    private const int Digits = 20;

    /// <summary>Path of the segment that begins with this sequence.</summary>
    public static string SegmentPath(string directory, ulong first) => Path.Combine(directory, $"{first:d20}{Suffix}");

    /// <summary>All segments, oldest first; empty if there is no directory.</summary>
    public static List<JournalSegment> Segments(string directory)
    {
        var segments = new List<JournalSegment>();
        if (!Directory.Exists(directory)) return segments;

        foreach (var path in Directory.EnumerateFiles(directory, "*" + Suffix))
        {
            var name = Path.GetFileName(path.AsSpan())[..^Suffix.Length];
            if (name.Length == Digits && ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var first))
                segments.Add(new JournalSegment(first, path));
        }

        segments.Sort((a, b) => a.First.CompareTo(b.First));
        return segments;
    }

    /// <summary>Reads <see cref="Identity"/>; false if it is missing or not what it must be.</summary>
    public static bool TryReadIdentity(string directory, out ulong epoch, out int engineId)
    {
        (epoch, engineId) = (0, 0);
        var path = Path.Combine(directory, Identity);
        if (!File.Exists(path)) return false;

        var words = File.ReadAllText(path).TrimEnd('\n').Split(' ');
        return words.Length == 2
            && words[0].Length == 16
            && ulong.TryParse(words[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out epoch)
            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out engineId)
            && engineId <= EntryFormat.EngineIdMax;
    }

    /// <summary>
    /// Where the next whole entry of this epoch begins in <paramref name="bytes"/>, searched from <paramref name="from"/>; -1 if there is
    /// none. Tells a torn tail (nothing follows) from damage inside. The epoch is asked for, since it is a number that no peer can know.
    /// </summary>
    public static int FindEntry(ReadOnlySpan<byte> bytes, int from, ulong epoch)
    {
        while (from < bytes.Length)
        {
            var at = bytes[from..].IndexOf(EntryReader.MagicBytes);
            if (at < 0) return -1;

            at += from;
            if (EntryReader.TryReadHeader(bytes[at..], out var header, out _) == EntryStatus.Ok && header.Epoch == epoch) return at;
            from = at + 1;
        }

        return -1;
    }
}

/// <summary>A journal cannot be opened or read; the message names file and offset, or what the operator can do.</summary>
public sealed class JournalException : Exception
{
    /// <summary>With a message.</summary>
    public JournalException(string message) : base(message)
    {
    }

    /// <summary>With the reason below it.</summary>
    public JournalException(string message, Exception inner) : base(message, inner)
    {
    }
}
