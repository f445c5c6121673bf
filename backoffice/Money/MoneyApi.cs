using Npgsql;

namespace Viddhana.Backoffice.Money;

/// <summary>The ledger's endpoint: anyone may check that the books balance.</summary>
public static class MoneyApi
{
    private const long FreshMs = 5_000;

    /// <summary>The endpoint. The audit reads the whole ledger, so one answer serves everybody for a while.</summary>
    public static void MapMoney(this IEndpointRouteBuilder routes)
    {
        var gate = new SemaphoreSlim(1);
        (long AtMs, AuditReport? Report) last = (0, null);
        routes.MapGet("/api/v1/ledger/audit", async (NpgsqlDataSource database, TimeProvider time, CancellationToken cancel) =>
        {
            await gate.WaitAsync(cancel);
            try
            {
                var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
                if (last.Report is null || nowMs - last.AtMs > FreshMs) last = (nowMs, await LedgerAudit.RunAsync(database, cancel));
                return new AuditAnswer(last.Report!.IsOk, last.Report.Problems, [.. last.Report.Sums.Select(AuditSumAnswer.Of)]);
            }
            finally
            {
                gate.Release();
            }
        }).WithTags("Ledger").WithSummary("Recomputes the ledger from its lines: every transaction, balance and block");
    }
}

/// <summary>The audit as the API gives it.</summary>
/// <param name="Ok">True if no rule of the ledger is broken.</param>
/// <param name="Problems">Each broken rule in words.</param>
/// <param name="Sums">By pool and kind, base units as text; of each pool they add up to zero.</param>
public sealed record AuditAnswer(bool Ok, IReadOnlyList<string> Problems, IReadOnlyList<AuditSumAnswer> Sums);

/// <summary>One kind of ledger accounts of a pool.</summary>
public sealed record AuditSumAnswer(string Pool, string? Coin, string? Network, string Kind, string Amount)
{
    /// <summary>From what the audit found.</summary>
    public static AuditSumAnswer Of(AuditSum sum) =>
        new(sum.Pool, sum.Coin, sum.Network, sum.Kind, sum.Amount.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
