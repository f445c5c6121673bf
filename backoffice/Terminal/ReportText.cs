using System.Globalization;

namespace Viddhana.Backoffice.Terminal;

/// <summary>A day as text for a terminal or a mail.</summary>
internal static class ReportText
{
    private const int NameMax = 44;
    private const int WorkerMax = 24;
    private const int DetailMax = 160;

    /// <summary>All lines.</summary>
    public static List<string> Lines(DayReport report)
    {
        List<string> lines = [$"Report of {report.Date:yyyy-MM-dd} (UTC){(report.IsOver ? "" : ", so far")}"];
        foreach (var pool in report.Pools) AddPool(lines, pool);
        lines.Add("");
        lines.Add(report.Incidents.Count == 0 ? "Incidents: none" : "Incidents");
        foreach (var incident in report.Incidents)
            lines.Add($"  {Clock(incident.Time)}  {incident.Kind,-8}  {Plain.Name(incident.Detail, DetailMax)}");
        return lines;
    }

    private static void AddPool(List<string> lines, PoolDay pool)
    {
        var shares = pool.Shares;
        var refused = shares.Stale + shares.Duplicate + shares.Lowdiff + shares.Invalid;
        var all = shares.Valid + refused;
        lines.Add("");
        lines.Add($"{pool.Pool} ({pool.Symbol})");
        lines.Add($"  hash rate   {Plain.Rate(pool.Hashrate)} on average, {Plain.Rate(pool.PeakHour)} in the best hour");
        lines.Add($"  active      {pool.Miners} miners, {pool.Workers} workers");
        lines.Add(
            $"  shares      {Number(shares.Valid)} accepted, {Number(refused)} refused "
            + $"({Plain.Percent(all == 0 ? 0 : (double)refused / all)}): "
            + $"{Number(shares.Stale)} stale, {Number(shares.Duplicate)} duplicate, {Number(shares.Lowdiff)} low difficulty, "
            + $"{Number(shares.Invalid)} invalid");
        lines.Add($"  best share  {(pool.BestDifficulty is { } best ? Plain.Count(best) : "none")}");
        lines.Add(
            $"  rewards     {pool.Ledger.Immature.Decimal} immature, {pool.Ledger.Confirmed.Decimal} confirmed; "
            + $"fees {pool.Ledger.FeeImmature.Decimal} immature, {pool.Ledger.Fee.Decimal} confirmed");
        lines.Add(
            $"  payouts     {pool.Payouts.Sent} sent ({pool.Payouts.SentTotal.Decimal}), {pool.Payouts.Confirmed} final "
            + $"({pool.Payouts.ConfirmedTotal.Decimal}, network fees {pool.Payouts.NetworkFees.Decimal}), {pool.Payouts.Failed} failed");
        AddBlocks(lines, pool);
        AddWorkers(lines, pool);
    }

    private static void AddBlocks(List<string> lines, PoolDay pool)
    {
        lines.Add(pool.Blocks.Count == 0 ? "  blocks      none" : $"  blocks      {pool.Blocks.Count}");
        if (pool.Blocks.Count == 0) return;
        var table = new PlainTable("time", ">height", "state", ">effort", ">reward", "finder");
        foreach (var block in pool.Blocks)
            table.Add(
                Clock(block.Time), $"{block.Height}", block.State, Plain.Percent(block.Effort), block.Reward.Decimal,
                Plain.Name(block.Finder, NameMax));
        lines.AddRange(table.Lines().Select(line => "    " + line));
    }

    private static void AddWorkers(List<string> lines, PoolDay pool)
    {
        if (pool.TopWorkers.Count == 0) return;
        var table = new PlainTable("account", "worker", ">hash rate", ">shares", ">best");
        foreach (var worker in pool.TopWorkers)
            table.Add(
                Plain.Name(worker.Account, NameMax), Plain.Name(worker.Worker, WorkerMax), Plain.Rate(worker.Hashrate),
                Number(worker.Shares), worker.BestDifficulty is { } best ? Plain.Count(best) : "");
        lines.Add("  top workers");
        lines.AddRange(table.Lines().Select(line => "    " + line));
    }

    private static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
