using Dapper;
using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Pools;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Notices;

/// <summary>A worker with its label.</summary>
public sealed record LabelledWorker(string Name, string? Label, DateTimeOffset? LastShare);

/// <summary>A label and how many workers have it.</summary>
public sealed record LabelAnswer(string Label, long Workers);

/// <summary>Workers that get a label; null takes it away.</summary>
public sealed record LabelItem(IReadOnlyList<string>? Workers, string? Label);

/// <summary>Labels in bulk.</summary>
public sealed record LabelsBody(IReadOnlyList<LabelItem>? Items);

/// <summary>What became of it.</summary>
/// <param name="Changed">Workers whose label is another now.</param>
/// <param name="Unknown">Names that the account has no worker of.</param>
public sealed record LabelsAnswer(int Changed, IReadOnlyList<string> Unknown);

/// <summary><c>/api/v1/me/accounts/{name}/workers</c>: rigs and the labels that their owner gives them.</summary>
internal static class WorkerLabelsApi
{
    /// <summary>Most characters of a label.</summary>
    public const int LabelMax = 48;

    private const int NamesMax = 1_000;
    private const int LabelsShown = 1_000;

    public static void MapWorkerLabels(this IEndpointRouteBuilder routes)
    {
        var workers = routes.MapGroup("/api/v1/me/accounts/{name}/workers").WithTags("Workers");
        workers.MapGet("/", Workers).Produces<Page<LabelledWorker>>().NeedsLogin().WithSummary("Workers of your account with their labels");
        workers.MapGet("/labels", Labels).Produces<Page<LabelAnswer>>().NeedsLogin().WithSummary("Labels in use");
        workers.MapPut("/labels", Set).Produces<LabelsAnswer>().NeedsLogin(Scopes.Write).WithSummary("Labels many workers at once");
    }

    private static async Task<IResult> Workers(
        string name, string? label, string? search, int? limit, string? cursor, HttpContext context, Claims claims,
        NpgsqlDataSource database, CancellationToken cancel)
    {
        var (account, problem) = await OwnAccount.FindAsync(name, context.SignedIn(), claims, cancel);
        if (account is null || !Paging.TryLimit(limit, out var most, out problem)
            || !Cursor.TryRead(cursor, 1, out var key, out problem)) return problem!;
        if (search?.Length > 100 || label?.Length > LabelMax)
            return Problems.Of(400, "search-too-long", "search has at most 100 characters, a label 48");

        await using var connection = await database.OpenConnectionAsync(cancel);
        // In the order of names; the cursor is the number of the last worker, whose name says where the page begins.
        var rows = (await connection.QueryAsync<(long WorkerId, string Name, string? Label, long LastShareMs)>(
            """
            SELECT w.worker_id, w.name, b.label, w.last_share_ms
            FROM workers w LEFT JOIN worker_labels b USING (worker_id)
            WHERE w.account_id = @AccountId AND (@label::text IS NULL OR b.label = @label)
              AND (@search::text IS NULL OR position(lower(@search) IN lower(w.name)) > 0 OR position(lower(@search) IN lower(b.label)) > 0)
              AND (@after::bigint IS NULL
                   OR w.name > (SELECT l.name FROM workers l WHERE l.worker_id = @after AND l.account_id = @AccountId))
            ORDER BY w.name LIMIT @most
            """,
            new
            {
                account.AccountId,
                label = label?.Replace('\0', ' '),
                search = search?.Replace('\0', ' '),
                after = key?[0],
                most,
            })).AsList();
        return Results.Ok(Page.Of(
            rows,
            most,
            row => new LabelledWorker(
                row.Name, row.Label, row.LastShareMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.LastShareMs)),
            row => row.WorkerId));
    }

    private static async Task<IResult> Labels(
        string name, HttpContext context, Claims claims, NpgsqlDataSource database, CancellationToken cancel)
    {
        var (account, problem) = await OwnAccount.FindAsync(name, context.SignedIn(), claims, cancel);
        if (account is null) return problem!;
        await using var connection = await database.OpenConnectionAsync(cancel);
        var rows = await connection.QueryAsync<LabelAnswer>(
            """
            SELECT b.label, count(*) AS workers FROM worker_labels b JOIN workers w USING (worker_id)
            WHERE w.account_id = @AccountId GROUP BY b.label ORDER BY b.label LIMIT @LabelsShown
            """,
            new { account.AccountId, LabelsShown });
        return Results.Ok(new Page<LabelAnswer>(rows.AsList(), null));
    }

    private static async Task<IResult> Set(
        string name, LabelsBody body, HttpContext context, Claims claims, NpgsqlDataSource database, CancellationToken cancel)
    {
        var (account, problem) = await OwnAccount.FindAsync(name, context.SignedIn(), claims, cancel);
        if (account is null || !TryRead(body, out var wanted, out problem)) return problem!;

        var answer = await database.InTransactionAsync(
            async connection =>
            {
                var known = (await connection.QueryAsync<(long WorkerId, string Name)>(
                    "SELECT worker_id, name FROM workers WHERE account_id = @AccountId AND name = ANY(@names)",
                    new { account.AccountId, names = wanted.Keys.ToArray() })).ToDictionary(row => row.Name, row => row.WorkerId);
                var changed = await Write(connection, known, wanted);
                return new LabelsAnswer(changed, [.. wanted.Keys.Where(worker => !known.ContainsKey(worker))]);
            },
            cancel);
        return Results.Ok(answer);
    }

    private static async Task<int> Write(
        NpgsqlConnection connection, Dictionary<string, long> known, Dictionary<string, string?> wanted)
    {
        var set = known.Where(worker => wanted[worker.Key] is not null).ToArray();
        var written = await connection.ExecuteAsync(
            """
            INSERT INTO worker_labels AS b (worker_id, label) SELECT * FROM unnest(@ids, @labels)
            ON CONFLICT (worker_id) DO UPDATE SET label = excluded.label WHERE b.label <> excluded.label
            """,
            new { ids = set.Select(worker => worker.Value).ToArray(), labels = set.Select(worker => wanted[worker.Key]).ToArray() });
        return written + await connection.ExecuteAsync(
            "DELETE FROM worker_labels WHERE worker_id = ANY(@ids)",
            new { ids = known.Where(worker => wanted[worker.Key] is null).Select(worker => worker.Value).ToArray() });
    }

    private static bool TryRead(LabelsBody body, out Dictionary<string, string?> wanted, out IResult? problem)
    {
        wanted = new Dictionary<string, string?>(StringComparer.Ordinal);
        problem = Problems.Of(
            400, "labels-invalid", $"items: [{{workers: [\"rig1\"], label: \"Garage\" or null}}] with 1 to {NamesMax} names in all");
        foreach (var item in body.Items ?? [])
        {
            if (item.Label is { } label && !PlainText.IsGood(label, LabelMax))
            {
                problem = Problems.Of(400, "label-invalid", $"a label has 1 to {LabelMax} characters, none of them a control character");
                return false;
            }

            foreach (var worker in item.Workers ?? [])
            {
                if (wanted.Count >= NamesMax || worker is null || worker.Length > 200 || worker.Contains('\0')) return false;
                wanted[worker] = item.Label;
            }
        }

        if (wanted.Count > 0) problem = null;
        return problem is null;
    }
}
