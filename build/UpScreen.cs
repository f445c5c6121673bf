using System.Globalization;
using System.Text.Json.Nodes;

namespace Viddhana.Build;

/// <summary>What a person sees while <c>up</c> runs: where to connect, and a live line.</summary>
internal static class UpScreen
{
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(5) };

    public static async Task Show(RunningPrograms programs, UpOptions options, UpPool pool, CancellationToken stop)
    {
        PrintWhere(options, pool);
        var isTerminal = !Console.IsOutputRedirected;
        var last = "";
        while (!stop.IsCancellationRequested)
        {
            programs.ThrowIfEnded();
            var line = await Line(options, pool, stop);
            if (isTerminal) Console.Write($"\r\x1b[2K{line}");
            else if (line != last) Console.WriteLine(line);
            last = line;
            // The page in a browser on this machine has the same allowance of requests.
            await Task.Delay(isTerminal ? 2_000 : 5_000, stop);
        }
    }

    private static void PrintWhere(UpOptions options, UpPool pool)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"  Viddhana is up: {pool.Coin} on {(options.Node is null ? "a simulated chain" : pool.Network)}, PPLNS, fee 1 %");
        Console.WriteLine();
        Console.WriteLine($"  point a miner at   stratum+tcp://127.0.0.1:{options.StratumPort}   user ADDRESS.WORKER, password x");
        if (pool.Miners.Length > 0) Console.WriteLine($"    for example      user {pool.Miners[0].Address}.mine");
        Console.WriteLine(
            $"  web page and API   http://127.0.0.1:{options.WebPort}/   http://127.0.0.1:{options.WebPort}/api/v1/pools/{pool.Id}/stats");
        Console.WriteLine($"  engine             http://127.0.0.1:{options.MetricsPort}/metrics   /ready");
        var password = Path.Combine(options.Data, "keys", "admin-password");
        if (File.Exists(password)) Console.WriteLine($"  first admin        admin, password in {password}");
        if (options.Node is null)
            Console.WriteLine(
                $"  other miners find  curl -s -X POST http://127.0.0.1:{options.SimnodePort}/control/block -d '{{\"count\":100}}'");
        Console.WriteLine($"  data and logs      {options.Data}   {Path.Combine(options.Data, "log")}");
        Console.WriteLine("  Ctrl-C stops everything; the next up goes on from here.");
        Console.WriteLine();
    }

    private static async Task<string> Line(UpOptions options, UpPool pool, CancellationToken stop)
    {
        try
        {
            var root = $"http://127.0.0.1:{options.WebPort}/api/v1/pools/{pool.Id}";
            var stats = JsonNode.Parse(await Client.GetStringAsync($"{root}/stats", stop))!;
            var blocks = stats["blocks"]!;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"  {Hashrate((double)stats["hashrate"]!)} · {stats["workers"]} workers · shares {stats["shares"]!["valid"]} · "
                + $"blocks {blocks["found"]} ({blocks["immature"]} maturing, {blocks["confirmed"]} confirmed, {blocks["orphaned"]} "
                + $"orphaned) · "
                + $"balances {stats["balances"]!["immature"]!["decimal"]} immature, {stats["balances"]!["confirmed"]!["decimal"]} "
                + $"confirmed · "
                + $"paid {stats["paid"]!["decimal"]} {stats["symbol"]} · height {stats["network"]!["height"]}");
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return $"  the backoffice does not answer: {failure.Message}";
        }
    }

    private static string Hashrate(double perSecond)
    {
        string[] units = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s", "ZH/s", "YH/s", "RH/s", "QH/s"];
        var unit = 0;
        for (; perSecond >= 1000 && unit < units.Length - 1; unit++) perSecond /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.##} {units[unit]}");
    }
}
