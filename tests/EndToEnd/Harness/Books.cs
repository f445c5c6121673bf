using System.Text.Json;
using Dapper;
using Npgsql;

namespace Viddhana.Tests.EndToEnd.Harness;

/// <summary>The pool's database, as seen by someone with the private instance's password file: independent of the backoffice.</summary>
internal sealed class Books(RunningPool pool)
{
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = Path.Combine(pool.Data, "postgres", "run"),
        Port = 5432,
        Database = "postgres",
        Username = "viddhana",
        Password = File.ReadAllText(Path.Combine(pool.Data, "postgres", "password")).Trim(),
        Pooling = false,
    }.ConnectionString;

    /// <summary>Accepted shares and their work by full worker name.</summary>
    public async Task<Dictionary<string, (long Shares, decimal Work)>> SharesByWorker()
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        var rows = await connection.QueryAsync<(string Account, string Worker, long Shares, decimal Work)>(
            """
            SELECT a.name, w.name, sum(s.shares)::bigint, sum(s.work_sum)
            FROM share_slices s JOIN workers w USING (worker_id) JOIN accounts a ON a.account_id = w.account_id GROUP BY 1, 2
            """);
        return rows.ToDictionary(r => r.Worker.Length == 0 ? r.Account : $"{r.Account}.{r.Worker}", r => (r.Shares, r.Work));
    }

    public async Task<T> Scalar<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        return (await connection.ExecuteScalarAsync<T>(sql, parameters))!;
    }

    public async Task<List<T>> Query<T>(string sql, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    /// <summary>Fails unless every transaction sums to zero and every kept balance is the sum of its lines.</summary>
    public async Task AssertBalanced()
    {
        Assert.That(
            await Scalar<long>("SELECT count(*) FROM (SELECT transaction_id FROM ledger_lines GROUP BY 1 HAVING sum(amount) <> 0) t"),
                Is.Zero,
            "ledger transactions that do not sum to zero");
        Assert.That(
            await Scalar<long>(
                """
                SELECT count(*) FROM ledger_accounts a
                WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM ledger_lines l WHERE l.ledger_account_id = a.ledger_account_id)
                """),
            Is.Zero, "balances that are not the sum of their lines");
        var audit = await pool.Api("/api/v1/ledger/audit");
        Assert.That(audit.GetProperty("ok").ValueKind, Is.EqualTo(JsonValueKind.True), audit.ToString());
    }
}
