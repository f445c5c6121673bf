using System.Globalization;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Audit;

/// <summary>Whether the audit log is as it was written.</summary>
/// <param name="Entries">How many entries were read, up to the break if there is one.</param>
/// <param name="HeadId">Number of the last good entry; 0 for none.</param>
/// <param name="HeadHash">Its hash in hex; "" for none.</param>
/// <param name="IsWhole">True: nothing was changed, removed or inserted.</param>
/// <param name="BrokenAt">Number of the first entry that is not as it was written, or is missing.</param>
/// <param name="Detail">What was found.</param>
/// <param name="CheckedAt">When.</param>
public sealed record AuditReport(
    long Entries, long HeadId, string HeadHash, bool IsWhole, long? BrokenAt, string Detail, DateTimeOffset CheckedAt);

/// <summary>An entry that was the last once, noted outside of the database.</summary>
internal sealed record AuditAnchor(long EntryId, string Hash);

/// <summary>Walks the chain of the audit log, and keeps its end outside of the database.</summary>
internal sealed class AuditChain(string dataDirectory, TimeProvider time)
{
    private const int PageSize = 2_000;

    private string AnchorPath => Path.Combine(SecretFile.Directory(dataDirectory), "audit.anchor");

    /// <summary>Reads every entry and computes every hash.</summary>
    public async Task<AuditReport> VerifyAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        var anchor = ReadAnchor();
        var (before, id) = (AuditHash.Start, 0L);
        await using var connection = await database.OpenConnectionAsync(cancel);
        for (var page = await PageAsync(connection, id, cancel); page.Count > 0; page = await PageAsync(connection, id, cancel))
        {
            foreach (var entry in page)
            {
                if (entry.EntryId != id + 1) return Broken(id, before, id + 1, "is missing");
                if (!AuditHash.Of(before, entry).AsSpan().SequenceEqual(entry.Hash))
                    return Broken(id, before, entry.EntryId, "is not as it was written, or an entry before it was replaced");
                (before, id) = (entry.Hash, entry.EntryId);
                if (anchor?.EntryId == id && anchor.Hash != Convert.ToHexStringLower(before))
                    return Broken(id, before, id, "has another hash than the one noted in keys/audit.anchor: the log was written anew");
            }
        }

        return anchor is not null && anchor.EntryId > id
            ? Broken(id, before, id + 1, $"is missing: entry {anchor.EntryId} was there once, so the end was cut off")
            : new AuditReport(id, id, Hex(id, before), true, null, id == 0 ? "no entries yet" : "whole", time.GetUtcNow());
    }

    /// <summary>Notes the end of a chain that was found whole; true if it is another than before.</summary>
    public bool Anchor(AuditReport report)
    {
        if (!report.IsWhole || report.HeadId == 0 || ReadAnchor()?.EntryId >= report.HeadId) return false;
        SecretFile.Write(AnchorPath, string.Create(CultureInfo.InvariantCulture, $"{report.HeadId} {report.HeadHash}\n"));
        return true;
    }

    private AuditAnchor? ReadAnchor()
    {
        if (!File.Exists(AnchorPath)) return null;
        var parts = File.ReadAllText(AnchorPath).Trim().Split(' ');
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new AuditAnchor(id, parts[1])
            : throw new StorageException($"{AnchorPath} must hold 'number hash': if it was damaged, look at the log and remove it");
    }

    private AuditReport Broken(long goodId, byte[] goodHash, long at, string what) =>
        new(goodId, goodId, Hex(goodId, goodHash), false, at, $"entry {at} {what}", time.GetUtcNow());

    private static string Hex(long id, byte[] hash) => id == 0 ? "" : Convert.ToHexStringLower(hash);

    private static Task<List<AuditEntry>> PageAsync(NpgsqlConnection connection, long after, CancellationToken cancel) =>
        connection.RowsAsync(
            """
            SELECT entry_id, at_ms, login_id, actor, address, action, subject, details, hash FROM audit_entries
            WHERE entry_id > $1 ORDER BY entry_id LIMIT $2
            """,
            [after, PageSize],
            Read,
            cancel);

    internal static AuditEntry Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetInt64(1),
        row.IsDBNull(2) ? null : row.GetInt64(2),
        row.GetString(3),
        row.GetString(4),
        row.GetString(5),
        row.GetString(6),
        row.GetString(7),
        row.GetFieldValue<byte[]>(8));
}
