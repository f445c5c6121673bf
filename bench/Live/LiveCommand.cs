using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Viddhana.Bench.Live;

/// <summary>
/// <c>viddhana-bench live</c>: what it costs the backoffice when thousands watch <c>/api/v1/live</c>. The real program, on its own
/// PostgreSQL, with shares that come in; one viewer first, because looking at the database costs the same for one as for all.
/// </summary>
internal static class LiveCommand
{
    private const int WarmUpMs = 30_000;
    private const int SettleMs = 6_000;

    /// <summary>Runs it; 0 if nobody's stream ended.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var viewers = new Option<int>("--viewers") { DefaultValueFactory = _ => 5_000, Description = "Viewers at a time" };
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 30, Description = "Seconds of each measurement" };
        var command = new RootCommand("Watches the live channel with thousands of viewers.") { viewers, seconds };
        command.SetAction((parsed, _) => MeasureAsync(parsed.GetValue(viewers), parsed.GetValue(seconds)));
        return await command.Parse(args).InvokeAsync();
    }

    private static async Task<int> MeasureAsync(int count, int seconds)
    {
        await using var server = await LiveServer.StartAsync(count + 16);
        using var viewers = new LiveViewers(server.Port);
        await viewers.AddAsync(1);
        // The program is compiled while it runs: at first that is most of what it does.
        await Task.Delay(WarmUpMs);
        var one = await WatchAsync(server, viewers, seconds);

        var watch = Stopwatch.StartNew();
        await viewers.AddAsync(count - 1);
        var connecting = watch.Elapsed.TotalSeconds;
        await Task.Delay(SettleMs);
        viewers.Forget();
        var all = await WatchAsync(server, viewers, seconds);
        var spread = viewers.SpreadMs(count);
        Report(new
        {
            viewers = count,
            seconds = all.Seconds,
            cpuPercentOneViewer = 100 * one.Cpu / one.Seconds,
            cpuPercentAllViewers = 100 * all.Cpu / all.Seconds,
            cpuMicrosPerViewerSecond = 1e6 * ((all.Cpu / all.Seconds) - (one.Cpu / one.Seconds)) / (count - 1),
            eventsPerViewerSecond = all.Events / all.Seconds / count,
            bytesPerViewerSecond = all.Bytes / all.Seconds / count,
            residentBytesPerViewer = (double)(all.Resident - one.Resident) / (count - 1),
            connectsPerSecond = (count - 1) / connecting,
            firstToLastViewerMs = spread.Length == 0 ? (double?)null : spread[spread.Length / 2],
            streamsEnded = viewers.Ended,
        });
        return viewers.Ended == 0 ? 0 : 1;
    }

    private static async Task<Watched> WatchAsync(LiveServer server, LiveViewers viewers, int seconds)
    {
        var (cpu, events, bytes, watch) = (server.CpuSeconds, viewers.Received, viewers.Bytes, Stopwatch.StartNew());
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        return new Watched(
            watch.Elapsed.TotalSeconds, server.CpuSeconds - cpu, viewers.Received - events, viewers.Bytes - bytes, server.ResidentBytes);
    }

    private static void Report<T>(T result)
    {
        foreach (var property in typeof(T).GetProperties())
        {
            var value = property.GetValue(result) switch
            {
                double number => number.ToString("#,0.00", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString("#,0", CultureInfo.InvariantCulture),
                _ => "not measured",
            };
            Console.WriteLine($"{property.Name,-26} {value,16}");
        }

        Console.WriteLine(JsonSerializer.Serialize(result));
    }

    private sealed record Watched(double Seconds, double Cpu, long Events, long Bytes, long Resident);
}
