using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Money;

/// <summary>Posts to the ledger and reads it. Everything that writes takes the caller's open transaction.</summary>
public static class Ledger
{
    /// <summary>
    /// Posts a movement. Returns false, and does nothing, if its cause was posted before. Lines that all are zero post nothing and return
    /// true.
    /// </summary>
    /// <exception cref="LedgerException">The lines do not sum to zero, or a kind has or lacks an account where it must not.</exception>
    public static async Task<bool> PostAsync(NpgsqlConnection connection, LedgerPosting posting, CancellationToken cancel)
    {
        var lines = Normalize(posting);
        if (lines.Count == 0) return true;

        const string Begin =
            """
            INSERT INTO ledger_transactions (pool_id, cause, block_id, payout_id) VALUES ($1, $2, $3::bigint, $4::bigint)
            ON CONFLICT (cause) DO NOTHING RETURNING transaction_id
            """;
        var id = await connection.ScalarAsync<long?>(Begin, [posting.PoolId, posting.Cause, posting.BlockId, posting.PayoutId], cancel);
        if (id is not { } transactionId) return false;

        string[] kinds = [.. lines.Select(line => line.Kind.Name())];
        long[] accounts = [.. lines.Select(line => line.AccountId ?? 0)];
        long[] amounts = [.. lines.Select(line => line.Amount)];
        const string Open =
            """
            INSERT INTO ledger_accounts (pool_id, kind, account_id)
            SELECT $1, kind, nullif(account_id, 0) FROM unnest($2, $3) AS l(kind, account_id)
            ON CONFLICT (pool_id, kind, account_id) DO NOTHING
            """;
        await connection.RunAsync(Open, [posting.PoolId, kinds, accounts], cancel);

        // NULL accounts join as 0, so that one hash join serves all lines.
        const string Write =
            """
            INSERT INTO ledger_lines (transaction_id, ledger_account_id, amount)
            SELECT $1, a.ledger_account_id, l.amount
            FROM unnest($3, $4, $5) AS l(kind, account_id, amount)
            JOIN ledger_accounts a ON a.pool_id = $2 AND a.kind = l.kind AND coalesce(a.account_id, 0) = l.account_id
            """;
        var written = await connection.RunAsync(Write, [transactionId, posting.PoolId, kinds, accounts, amounts], cancel);
        return written == lines.Count ? true : throw new LedgerException($"{posting.Cause}: {written} of {lines.Count} lines were written");
    }

    /// <summary>What all postings about a block come to so far, by ledger account; zeros left out.</summary>
    public static Task<List<LedgerLine>> NetOfBlockAsync(NpgsqlConnection connection, long blockId, CancellationToken cancel) =>
        NetAsync(connection, "block_id", blockId, cancel);

    /// <summary>What all postings about a payout come to so far, by ledger account; zeros left out.</summary>
    public static Task<List<LedgerLine>> NetOfPayoutAsync(NpgsqlConnection connection, long payoutId, CancellationToken cancel) =>
        NetAsync(connection, "payout_id", payoutId, cancel);

    /// <summary>The lines that undo the given ones.</summary>
    public static IEnumerable<LedgerLine> Reverse(IEnumerable<LedgerLine> lines) =>
        lines.Select(line => line with { Amount = checked(-line.Amount) });

    /// <summary>The balance of one ledger account; 0 if it was never used.</summary>
    public static Task<long> BalanceAsync(
        NpgsqlConnection connection, int poolId, LedgerKind kind, long? accountId, CancellationToken cancel) =>
        connection.ScalarAsync<long>(
            "SELECT balance FROM ledger_accounts WHERE pool_id = $1 AND kind = $2 AND account_id IS NOT DISTINCT FROM $3::bigint",
            [poolId, kind.Name(), accountId],
            cancel);

    private static Task<List<LedgerLine>> NetAsync(NpgsqlConnection connection, string column, long id, CancellationToken cancel) =>
        connection.RowsAsync(
            $"""
            SELECT a.kind, a.account_id, sum(l.amount)::bigint
            FROM ledger_transactions t
            JOIN ledger_lines l USING (transaction_id)
            JOIN ledger_accounts a USING (ledger_account_id)
            WHERE t.{column} = $1
            GROUP BY a.kind, a.account_id HAVING sum(l.amount) <> 0
            ORDER BY a.kind, a.account_id
            """,
            [id],
            row => new LedgerLine(LedgerKinds.Parse(row.GetString(0)), row.IsDBNull(1) ? null : row.GetInt64(1), row.GetInt64(2)),
            cancel);

    private static List<LedgerLine> Normalize(LedgerPosting posting)
    {
        var misplaced = posting.Lines.FirstOrDefault(line => line.Kind.IsPerAccount() != line.AccountId.HasValue);
        if (misplaced != default) throw new LedgerException($"{posting.Cause}: {misplaced.Kind} with account {misplaced.AccountId}");

        Int128 sum = 0;
        foreach (var line in posting.Lines) sum += line.Amount;
        if (sum != 0) throw new LedgerException($"{posting.Cause}: the lines sum to {sum}");

        return
        [
            .. posting.Lines.GroupBy(line => (line.Kind, line.AccountId))
                .Select(group => new LedgerLine(group.Key.Kind, group.Key.AccountId, checked(group.Sum(line => line.Amount))))
                .Where(line => line.Amount != 0),
        ];
    }
}
