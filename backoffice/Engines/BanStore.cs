using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Published;

namespace Viddhana.Backoffice.Engines;

/// <summary>A ban with its history.</summary>
internal sealed record BanRow(
    long BanId,
    string Kind,
    string Target,
    string Reason,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? EndedAt,
    string? EndedBy);

/// <summary>What became of a change.</summary>
internal enum BanOutcome
{
    Done,
    Exists,
    TooMany,
    Unknown,
    Ended,
}

/// <summary>Bans in the database. Every change goes into the audit log in its own transaction.</summary>
internal sealed class BanStore(NpgsqlDataSource database, AuditLog audit, TimeProvider time)
{
    /// <summary>Serialises changes ("VIDDBANS" as bytes), so that the limit holds.</summary>
    private const long LockKey = 0x5649_4444_4241_4E53;

    private const string Columns = "ban_id, kind, target, reason, created_at, created_by, expires_at, ended_at, ended_by";

    /// <summary>Adds one; another of the same target that has expired makes room.</summary>
    public Task<(BanOutcome Outcome, BanRow? Ban)> AddAsync(Ban ban, AuditActor actor, CancellationToken cancel) =>
        database.InTransactionAsync<(BanOutcome, BanRow?)>(
            async connection =>
            {
                var now = time.GetUtcNow();
                var kind = WordOf(ban.Kind);
                await connection.RunAsync("SELECT pg_advisory_xact_lock($1)", [LockKey], cancel);
                await connection.RunAsync(
                    "UPDATE bans SET ended_at = expires_at, ended_by = 'expiry' WHERE ended_at IS NULL AND expires_at <= $1",
                    [now],
                    cancel);
                if (await connection.ScalarAsync<long>("SELECT count(*) FROM bans WHERE ended_at IS NULL", [], cancel)
                    >= PublishedDirectory.BansMax) return (BanOutcome.TooMany, null);

                DateTimeOffset? expires = ban.ExpiresUtcMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(ban.ExpiresUtcMs);
                var rows = await connection.RowsAsync(
                    $"""
                    INSERT INTO bans (kind, target, reason, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (kind, target) WHERE ended_at IS NULL DO NOTHING RETURNING {Columns}
                    """,
                    [kind, ban.Target, ban.Reason, now, actor.Name, expires],
                    Read,
                    cancel);
                if (rows.Count == 0) return (BanOutcome.Exists, null);

                await audit.AppendAsync(
                    connection,
                    actor,
                    "ban.added",
                    $"{kind} {ban.Target}",
                    new { ban = rows[0].BanId, reason = ban.Reason, expiresAt = expires },
                    cancel);
                return (BanOutcome.Done, rows[0]);
            },
            cancel);

    /// <summary>Ends one.</summary>
    public Task<BanOutcome> LiftAsync(long banId, AuditActor actor, CancellationToken cancel) => database.InTransactionAsync(
        async connection =>
        {
            var now = time.GetUtcNow();
            var rows = await connection.RowsAsync(
                $"SELECT {Columns} FROM bans WHERE ban_id = $1 FOR UPDATE", [banId], Read, cancel);
            if (rows.Count == 0) return BanOutcome.Unknown;
            if (rows[0].EndedAt is not null || rows[0].ExpiresAt <= now) return BanOutcome.Ended;

            await connection.RunAsync("UPDATE bans SET ended_at = $2, ended_by = $3 WHERE ban_id = $1", [banId, now, actor.Name], cancel);
            await audit.AppendAsync(
                connection, actor, "ban.lifted", $"{rows[0].Kind} {rows[0].Target}", new { ban = banId, reason = rows[0].Reason }, cancel);
            return BanOutcome.Done;
        },
        cancel);

    /// <summary>A page, newest first.</summary>
    /// <param name="isActive">True: in force; false: over; null: all.</param>
    /// <param name="kind">Only of this kind; null: of all.</param>
    /// <param name="before">Below this number.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<List<BanRow>> PageAsync(bool? isActive, string? kind, long? before, int limit, CancellationToken cancel) =>
        database.RowsAsync(
            $"""
            SELECT {Columns} FROM bans
            WHERE ($1::boolean IS NULL OR (ended_at IS NULL AND (expires_at IS NULL OR expires_at > $2)) = $1)
                AND ($3::text IS NULL OR kind = $3) AND ($4::bigint IS NULL OR ban_id < $4)
            ORDER BY ban_id DESC LIMIT $5
            """,
            [isActive, time.GetUtcNow(), kind, before, limit],
            Read,
            cancel);

    /// <summary>What engines are to enforce, at most as many as can be published; in an order that does not change.</summary>
    public Task<List<Ban>> ActiveAsync(CancellationToken cancel) => database.RowsAsync(
        """
        SELECT kind, target, reason, expires_at FROM bans
        WHERE ended_at IS NULL AND (expires_at IS NULL OR expires_at > $1) ORDER BY ban_id LIMIT $2
        """,
        [time.GetUtcNow(), PublishedDirectory.BansMax],
        row => new Ban(
            KindOf(row.GetString(0))!.Value,
            row.GetString(1),
            row.GetString(2),
            row.IsDBNull(3) ? 0 : row.GetFieldValue<DateTimeOffset>(3).ToUnixTimeMilliseconds()),
        cancel);

    /// <summary>The kind of a word, or null.</summary>
    public static BanKind? KindOf(string? word) => word switch
    {
        "address" => BanKind.Address,
        "account" => BanKind.Account,
        "worker" => BanKind.Worker,
        _ => null,
    };

    private static string WordOf(BanKind kind) => kind switch
    {
        BanKind.Address => "address",
        BanKind.Account => "account",
        _ => "worker",
    };

    private static BanRow Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetFieldValue<DateTimeOffset>(4),
        row.GetString(5),
        row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6),
        row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7),
        row.IsDBNull(8) ? null : row.GetString(8));
}
