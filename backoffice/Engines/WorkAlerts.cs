using System.Globalization;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Backoffice.Engines;

/// <summary>What is wrong with the work that engines hand out: nodes, jobs, blocks on their way.</summary>
internal sealed class WorkAlerts(EngineBoard board, PoolBook pools, TimeProvider time) : IAlertSource
{
    private const double OldTemplateSeconds = 120;

    private static readonly TimeSpan RefusedFor = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var found = new List<Finding>();
        foreach (var view in board.Engines)
        {
            if (view.Life != EngineLife.Ok) continue;
            foreach (var pool in view.Status.Pools)
            {
                var name = $"engine {view.Status.Engine}, pool {pool.Id}";
                Nodes(name, pool, found);
                Jobs(name, pool, now, found);
                Blocks(name, pool, found);
            }
        }

        return Task.FromResult<IReadOnlyList<Finding>>(found);
    }

    private static void Nodes(string name, PoolStatus pool, List<Finding> found)
    {
        var hasWork = pool.Nodes.Any(node => node.Active);
        if (!hasWork)
            found.Add(new(
                "no-node", name, Severity.Critical, "no node gives work; miners go on with the last",
                "start a node, or put pools[].nodes right; the node alerts say why each is not used"));
        foreach (var node in pool.Nodes)
        {
            if (node.State is not ("up" or "starting"))
                found.Add(new(
                    "node-down",
                    $"{name}, node {node.Name}",
                    hasWork ? Severity.Warning : Severity.Critical,
                    $"{WordsOf(node.State)}: {node.Detail}",
                    AdviceOf(node.State)));
            else if (node.Lags)
                found.Add(new(
                    "node-behind", $"{name}, node {node.Name}", Severity.Warning, $"is at block {node.Height}, others are higher",
                    "see its peers, its disk and its log"));
        }
    }

    private void Jobs(string name, PoolStatus pool, DateTimeOffset now, List<Finding> found)
    {
        var jobs = pool.Jobs;
        var refresh = pools.ByName(pool.Id)?.Config.RefreshSeconds ?? 30;
        if (jobs.TemplateError is { } error)
            found.Add(new(
                "template-refused", name, Severity.Critical, $"the node's template cannot be used: {error}",
                "the node may enforce rules that this version does not know: upgrade"));
        if (jobs.Job is null)
            found.Add(new("no-job", name, Severity.Critical, "there is no work to hand out yet", "see the node alerts"));
        else if (jobs.TemplateAgeSeconds > Math.Max(OldTemplateSeconds, 3.0 * refresh))
            found.Add(new(
                "job-old",
                name,
                Severity.Critical,
                string.Create(CultureInfo.InvariantCulture, $"the work is {jobs.TemplateAgeSeconds:0} s old: block {jobs.Height}"),
                "see the node alerts; shares on it may be worth nothing"));
        if (jobs.LastRefusal is { } refusal && now - DateTimeOffset.FromUnixTimeMilliseconds(jobs.LastRefusalAt) < RefusedFor)
            found.Add(new(
                "job-refused", name, Severity.Critical, $"the node would have refused a block of a job: {refusal} ({jobs.Refused} so far)",
                "the job was withdrawn; keep the log and write to us"));
    }

    private static void Blocks(string name, PoolStatus pool, List<Finding> found)
    {
        if (pool.BlocksWaiting > 0 && !pool.Nodes.Any(node => node.State == "up"))
            found.Add(new(
                "block-waiting", name, Severity.Critical, $"{pool.BlocksWaiting} found blocks wait for a node that takes them",
                "start a node: they are submitted at once; after 100 blocks they are lost"));
    }

    private static string WordsOf(string state) => state switch
    {
        "loggedout" => "does not let us in",
        "warmingup" => "is warming up",
        "syncing" => "is synchronising",
        "notemplate" => "gives no template",
        "wrongnetwork" => "is on another network",
        _ => "is down",
    };

    private static string AdviceOf(string state) => state switch
    {
        "loggedout" => "put user and password right, or cookie_file, as in the node's own configuration",
        "warmingup" or "syncing" => "wait, or give the pool a second node",
        "wrongnetwork" => "put pools[].network or the node's URL right and restart the engine",
        _ => "see its process and its log; the engine asks again every few seconds",
    };
}
