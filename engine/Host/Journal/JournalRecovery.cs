using Viddhana.Contracts;

namespace Viddhana.Engine.Journal;

/// <summary>What the newest segment holds after a look at every entry of it.</summary>
/// <param name="Length">Bytes of whole entries; what lies behind is a torn tail.</param>
/// <param name="NextSequence">First free sequence.</param>
/// <param name="LastUtcMs">Time of the last entry; 0 if there is none.</param>
internal readonly record struct SegmentEnd(long Length, ulong NextSequence, long LastUtcMs);

/// <summary>Looks through the newest segment when a journal is opened.</summary>
internal static class JournalRecovery
{
    /// <summary>
    /// Finds the end of the whole entries. Throws <see cref="JournalException"/> with file and offset when whole entries follow something
    /// broken, or an entry is not of this journal: that is damage, not a torn tail, and is never cut.
    /// </summary>
    public static SegmentEnd FindEnd(JournalSegment segment, ulong epoch)
    {
        var bytes = File.ReadAllBytes(segment.Path);
        var end = new SegmentEnd(0, segment.First, 0);
        while (end.Length < bytes.Length)
        {
            var rest = bytes.AsSpan((int)end.Length);
            if (EntryReader.TryReadHeader(rest, out var header, out var length) != EntryStatus.Ok) break;

            if (header.Epoch != epoch) throw Damage(segment, end.Length, "an entry of another journal");
            if (header.FirstSequence != end.NextSequence)
                throw Damage(segment, end.Length, $"sequence {header.FirstSequence} where {end.NextSequence} must follow");
            end = new SegmentEnd(end.Length + length, header.LastSequence + 1, header.UtcMs);
        }

        if (EntryReader.IsOfNewerProgram(bytes.AsSpan((int)end.Length)))
            throw new JournalException(
                $"{segment.Path} holds entries of a newer program from offset {end.Length} on. Nothing was changed. Run the newer program, "
                + "or let the backoffice commit all of it and move the journal directory away: a new one is begun");
        if (end.Length < bytes.Length && JournalFiles.FindEntry(bytes, (int)end.Length + 1, epoch) is var next and >= 0)
            throw Damage(segment, end.Length, $"whole entries follow at {next}");

        return end;
    }

    private static JournalException Damage(JournalSegment segment, long offset, string what) => new(
        $"{segment.Path} is damaged at offset {offset} ({what}). Nothing was changed. Restore the file from a copy of this disk; "
        + "if there is none, move the whole journal directory away: a new one is begun, and what was not yet committed is lost");
}
