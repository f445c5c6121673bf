using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Shares;

namespace Viddhana.Backoffice.Engines;

/// <summary>Every dependency of <c>/ready</c> that is not well, and what is missing between sequences.</summary>
internal sealed class HealthAlerts(HealthBoard health, ShareConsumer shares) : IAlertSource
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel)
    {
        var found = new List<Finding>();
        foreach (var gap in shares.Gaps)
            found.Add(new(
                "sequence-gap",
                $"engine {gap.Source.EngineId}, epoch {gap.Source.Epoch:x16}",
                Severity.Critical,
                $"sequences {gap.From} to {gap.To} are missing; later ones wait",
                "start that engine: it sends them again; if its disk is gone for good: "
                + $"viddhana-backoffice engine skip {gap.Source.EngineId} {gap.Source.Epoch:x16} {gap.To + 1}"));
        foreach (var entry in await health.CheckAsync())
        {
            // A gap is told above, and nothing else is wrong with the consumer then.
            if (entry.Ok || (entry is { Name: "shares", IsRequired: false } && found.Count > 0)) continue;
            var part = entry.Name.Split(':')[0];
            found.Add(new(
                KindOf(part),
                entry.Name,
                entry.IsRequired || part == "payouts" ? Severity.Critical : Severity.Warning,
                entry.Detail,
                AdviceOf(part)));
        }

        return found;
    }

    private static string KindOf(string part) => part switch
    {
        "postgres" => "database-down",
        "shares" => "shares-stand",
        "node" => "tracker-node-down",
        "payouts" => "payouts-off",
        _ => "dependency-down",
    };

    private static string AdviceOf(string part) => part switch
    {
        "postgres" => "start PostgreSQL, or see its disk; shares collect in the journals meanwhile",
        "shares" => "nothing is lost, shares collect in the journals; the detail says what to start",
        "node" => "start the node or put pools[].payouts.wallet / nodes right: blocks are not followed and payouts wait meanwhile",
        "payouts" => "nothing is paid until this is put right; balances stay",
        _ => "see docs/operations.md",
    };
}
