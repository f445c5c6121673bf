using System.Numerics;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Money;

/// <summary>The sum of one kind of ledger accounts of a pool.</summary>
public sealed record AuditSum(string Pool, string? Coin, string? Network, string Kind, long Amount);

/// <summary>What the audit found.</summary>
/// <param name="IsOk">True if no rule is broken.</param>
/// <param name="Problems">Each broken rule in words, at most 100.</param>
/// <param name="Sums">By pool and kind; of each pool they add up to zero.</param>
public sealed record AuditReport(bool IsOk, IReadOnlyList<string> Problems, IReadOnlyList<AuditSum> Sums);

/// <summary>Recomputes the ledger from its lines and compares: every transaction, every balance, every block.</summary>
public static class LedgerAudit
{
    private const int ProblemsMax = 100;

    /// <summary>Each query returns one text per broken rule.</summary>
    private static readonly string[] Rules =
    [
        """
        SELECT format('transaction %s sums to %s', t.cause, sum(l.amount))
        FROM ledger_transactions t JOIN ledger_lines l USING (transaction_id)
        GROUP BY t.transaction_id HAVING sum(l.amount) <> 0
        """,
        """
        SELECT format('ledger account %s (%s): balance %s, lines %s', a.ledger_account_id, a.kind, a.balance, coalesce(sum(l.amount), 0))
        FROM ledger_accounts a LEFT JOIN ledger_lines l USING (ledger_account_id)
        GROUP BY a.ledger_account_id HAVING a.balance <> coalesce(sum(l.amount), 0)
        """,
        """
        SELECT format('block %s is %s: posted reward %s, expected %s', b.hash, b.state, coalesce(-p.posted, 0), e.expected)
        FROM blocks b
        CROSS JOIN LATERAL (SELECT CASE WHEN b.state IN ('immature', 'confirmed') THEN b.reward ELSE 0 END AS expected) e
        LEFT JOIN LATERAL (
            SELECT sum(l.amount) AS posted
            FROM ledger_transactions t JOIN ledger_lines l USING (transaction_id) JOIN ledger_accounts a USING (ledger_account_id)
            WHERE t.block_id = b.block_id AND a.kind = 'block_reward') p ON true
        WHERE coalesce(-p.posted, 0) <> e.expected
        """,
        """
        SELECT format('block %s is %s: its credits do not match the ledger', b.hash, b.state)
        FROM blocks b
        WHERE b.state IN ('immature', 'confirmed') AND EXISTS (
            SELECT FROM (SELECT account_id, amount FROM block_credits c WHERE c.block_id = b.block_id AND amount <> 0) c
            FULL JOIN (
                SELECT a.account_id, sum(l.amount) AS amount
                FROM ledger_transactions t JOIN ledger_lines l USING (transaction_id) JOIN ledger_accounts a USING (ledger_account_id)
                WHERE t.block_id = b.block_id AND a.account_id IS NOT NULL
                GROUP BY a.account_id HAVING sum(l.amount) <> 0) p USING (account_id)
            WHERE c.amount IS DISTINCT FROM p.amount)
        """,
    ];

    /// <summary>Reads everything in one snapshot, however long that takes: the ledger only ever grows.</summary>
    public static async Task<AuditReport> RunAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        var problems = new List<string>();
        foreach (var rule in Rules)
            problems.AddRange(
                await connection.RowsAsync($"{rule} LIMIT {ProblemsMax}", [], row => row.GetString(0), cancel, Sql.Unlimited));

        var sums = await connection.RowsAsync(
            """
            SELECT p.name, p.coin, p.network, a.kind, coalesce(sum(l.amount), 0)
            FROM ledger_accounts a JOIN pools p USING (pool_id) LEFT JOIN ledger_lines l USING (ledger_account_id)
            GROUP BY p.pool_id, a.kind ORDER BY p.name, a.kind
            """,
            [],
            row => new AuditSum(
                row.GetString(0),
                row.IsDBNull(1) ? null : row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetString(3),
                (long)row.GetFieldValue<BigInteger>(4)),
            cancel,
            Sql.Unlimited);
        var unbalanced = sums.GroupBy(sum => sum.Pool).Where(pool => pool.Sum(sum => sum.Amount) != 0);
        problems.AddRange(unbalanced.Select(pool => $"pool {pool.Key} does not sum to zero"));
        return new AuditReport(problems.Count == 0, [.. problems.Take(ProblemsMax)], sums);
    }
}
