using System.Text.Encodings.Web;
using System.Text.Json;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Audit;

/// <summary>Who did something.</summary>
/// <param name="LoginId">The login; null for nobody, a command or the program.</param>
/// <param name="Name">Its name at that time.</param>
/// <param name="Address">IP address; "" for none.</param>
public sealed record AuditActor(long? LoginId, string Name, string Address)
{
    /// <summary>The program itself.</summary>
    /// <param name="part">Which part of it.</param>
    public static AuditActor Program(string part) => new(null, $"program: {part}", "");

    /// <summary>Someone with a shell on the machine.</summary>
    public static AuditActor Shell() => new(null, $"shell: {Environment.UserName}", "");
}

/// <summary>
/// The log of everything that matters: appended to, never changed. Entries are numbered without gaps and chained by
/// <see cref="AuditHash"/>.
/// </summary>
public sealed class AuditLog(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Advisory lock of the chain's end ("VIDDAUDI" as bytes).</summary>
    internal const long LockKey = 0x5649_4444_4155_4449;

    private const int TextMax = 300;

    /// <summary>Text as it is, so that the log reads well; it is shown as text, never as HTML.</summary>
    private static readonly JsonSerializerOptions Plain =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Appends an entry. With a connection inside a transaction the entry stands or falls with it; call it last before the commit, since
    /// the end of the chain stays locked until then.
    /// </summary>
    /// <param name="connection">Of the change that is told; null for a transaction of its own.</param>
    /// <param name="actor">Who.</param>
    /// <param name="action">What: <c>area.thing.verb-ed</c>.</param>
    /// <param name="subject">To whom or what: a name or a number.</param>
    /// <param name="details">What else is worth knowing, as JSON. Never a secret.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The entry's number.</returns>
    public async Task<long> AppendAsync(
        NpgsqlConnection? connection,
        AuditActor actor,
        string action,
        string subject,
        object? details = null,
        CancellationToken cancel = default)
    {
        var json = details is null ? "{}" : JsonSerializer.Serialize(details, Plain);
        return connection is null
            ? await database.InTransactionAsync(own => AppendAsync(own, actor, action, subject, json, cancel), cancel)
            : await AppendAsync(connection, actor, action, subject, json, cancel);
    }

    private async Task<long> AppendAsync(
        NpgsqlConnection connection, AuditActor actor, string action, string subject, string details, CancellationToken cancel)
    {
        await connection.RunAsync("SELECT pg_advisory_xact_lock($1)", [LockKey], cancel);
        var last = await connection.RowsAsync(
            "SELECT entry_id, hash FROM audit_entries ORDER BY entry_id DESC LIMIT 1",
            [],
            row => (Id: row.GetInt64(0), Hash: row.GetFieldValue<byte[]>(1)),
            cancel);
        var (id, before) = last.Count == 0 ? (0, AuditHash.Start) : last[0];
        var entry = new AuditEntry(
            id + 1,
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            actor.LoginId,
            Storable(actor.Name),
            Storable(actor.Address),
            Storable(action),
            Storable(subject),
            details,
            []);
        await connection.RunAsync(
            """
            INSERT INTO audit_entries (entry_id, at_ms, login_id, actor, address, action, subject, details, hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            [
                entry.EntryId, entry.AtMs, entry.LoginId, entry.Actor, entry.Address, entry.Action, entry.Subject, entry.Details,
                AuditHash.Of(before, entry),
            ],
            cancel);
        return entry.EntryId;
    }

    /// <summary>PostgreSQL stores no NUL and no half of a surrogate pair; a name of a miner has a bounded length here.</summary>
    private static string Storable(string text)
    {
        var cut = text.Length <= TextMax ? text : text[..TextMax] + "…";
        return System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(cut.Replace('\0', '\uFFFD')));
    }
}
