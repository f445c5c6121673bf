using System.Diagnostics;
using System.Globalization;
using System.Text;
using Viddhana.Bench.Ledger;
using Viddhana.Contracts;

namespace Viddhana.Bench.Live;

/// <summary>The real backoffice as a process of its own, with its private PostgreSQL, and an engine's journal that grows.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    private const ulong Epoch = 0x11FE;
    private const double TicksPerSecond = 100;
    private const int EntriesEveryMs = 500;

    private readonly string _folder;
    private readonly Process _process;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _writing;

    private LiveServer(string folder, int port, Process process)
    {
        (_folder, Port, _process) = (folder, port, process);
        _writing = WriteJournalAsync(Path.Combine(folder, "journal"), _end.Token);
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Seconds of processor time of the program so far, without PostgreSQL.</summary>
    public double CpuSeconds
    {
        get
        {
            var text = File.ReadAllText($"/proc/{_process.Id}/stat");
            // The name may hold spaces and ends at the last parenthesis; state is the first field after it.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int at) => long.Parse(fields[at], CultureInfo.InvariantCulture);
            return (Field(11) + Field(12)) / TicksPerSecond;
        }
    }

    /// <summary>Bytes of memory that are its own and in use.</summary>
    public long ResidentBytes => Kilobytes("VmRSS:") * 1_024;

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<LiveServer> StartAsync(int viewersMax)
    {
        var folder = Directory.CreateTempSubdirectory("viddhana-live-").FullName;
        // As root PostgreSQL runs as another user, who has to get there.
        const UnixFileMode Reachable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, Reachable);
        var port = LedgerMachine.FreePort();
        var config = Path.Combine(folder, "viddhana.yaml");
        await File.WriteAllTextAsync(config, Config(port, viewersMax));
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "viddhana-backoffice"), ["--config", config, "--data", folder])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("viddhana-backoffice did not start");
        var words = new StringBuilder();
        process.OutputDataReceived += (_, line) => words.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => words.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new LiveServer(folder, port, process);
        await server.WaitAsync(words);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _end.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task WaitAsync(StringBuilder words)
    {
        using var http = new HttpClient();
        for (var tries = 0; ; tries++)
        {
            if (_process.HasExited || tries > 600) throw new InvalidOperationException($"the backoffice does not serve:\n{words}");
            try
            {
                using var answer = await http.GetAsync($"http://127.0.0.1:{Port}/api/v1/pools/{LedgerLoad.Pool}/stats");
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet: tried again.
                tries++;
            }

            await Task.Delay(100);
        }
    }

    private long Kilobytes(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>Shares twice a second, so that figures change as those of a pool at work.</summary>
    private static async Task WriteJournalAsync(string directory, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        await File.WriteAllTextAsync(Path.Combine(directory, JournalFiles.Identity), $"{Epoch:x16} 0\n", cancel);
        await using var segment = new FileStream(
            JournalFiles.SegmentPath(directory, 1), FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var writer = new EntryWriter();
        var names = Enumerable.Range(0, 50).Select(i => Encoding.ASCII.GetBytes($"{LedgerLoad.AccountOf(i)}.rig")).ToArray();
        for (ulong next = 1; ; await Task.Delay(EntriesEveryMs, cancel))
        {
            writer.Clear();
            var nowMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            writer.BeginShares(new EntryHeader(EntryKind.Shares, LedgerLoad.Pool, 0, Epoch, next, 0, nowMs, 0x1d00ffff, 900_000));
            foreach (var name in names) writer.AddShare(new ShareRecord(0, writer.AddName(name), 4_295_032_833, 0), 5e9);
            next += writer.EndShares();
            await segment.WriteAsync(writer.Written, cancel);
        }
    }

    private static string Config(int port, int viewersMax) =>
        $"""
        common:
          log_level: warning
        pools:
          - id: {LedgerLoad.Pool}
            coin: bitcoin
            network: regtest
            address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080
            nodes:
              - url: http://127.0.0.1:9
        backoffice:
          http:
            listen: 127.0.0.1
            port: {port}
          access:
            requests_per_minute: 0
          live:
            viewers_max: {viewersMax}
            viewers_per_address_max: {viewersMax}
        """;
}
