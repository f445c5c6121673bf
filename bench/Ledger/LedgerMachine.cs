using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Bench.Ledger;

/// <summary>What the consumer needs around it, of its own: a directory, PostgreSQL with fsync, and Redis where it is asked for.</summary>
internal sealed class LedgerMachine : IAsyncDisposable
{
    private const double TicksPerSecond = 100;

    private readonly Process? _redis;

    private LedgerMachine(string folder, EmbeddedPostgres postgres, Process? redis, int port)
    {
        (Folder, Postgres, _redis) = (folder, postgres, redis);
        RedisConfig = new RedisConfig { Url = $"redis://127.0.0.1:{port}" };
    }

    /// <summary>Everything is below it; it is deleted in the end.</summary>
    public string Folder { get; }

    /// <summary>The database as a pool runs it: fsync, full_page_writes and synchronous_commit are on.</summary>
    public EmbeddedPostgres Postgres { get; private set; }

    /// <summary>Where Redis is, if it was asked for.</summary>
    public RedisConfig RedisConfig { get; }

    /// <summary>Starts it.</summary>
    public static async Task<LedgerMachine> StartAsync(bool withRedis)
    {
        var folder = Directory.CreateTempSubdirectory("viddhana-ledger-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // As root PostgreSQL runs as another user, who has to get there.
            const UnixFileMode Reachable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(folder, Reachable);
        }

        var postgres = EmbeddedPostgres.Start(folder);
        var port = FreePort();
        var machine = new LedgerMachine(folder, postgres, withRedis ? StartRedis(folder, port) : null, port);
        if (withRedis) await machine.WaitForRedisAsync();
        return machine;
    }

    /// <summary>Starts PostgreSQL again after it was stopped.</summary>
    public void RestartPostgres() => Postgres = EmbeddedPostgres.Start(Folder);

    /// <summary>Seconds of processor time by program, so far.</summary>
    public (double Backoffice, double Postgres, double Redis) Cpu()
    {
        using var self = Process.GetCurrentProcess();
        _redis?.Refresh();
        return (self.TotalProcessorTime.TotalSeconds, PostgresSeconds(), _redis?.TotalProcessorTime.TotalSeconds ?? 0);
    }

    public async ValueTask DisposeAsync()
    {
        Postgres.Stop();
        if (_redis is not null)
        {
            _redis.Kill();
            await _redis.WaitForExitAsync();
            _redis.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Of the postmaster, of its children, and of those that have ended.</summary>
    private double PostgresSeconds()
    {
        var ticks = 0L;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            if (Stat(id) is not { } stat) continue;
            if (id == Postgres.ProcessId) ticks += stat.Own + stat.OfEndedChildren;
            else if (stat.Parent == Postgres.ProcessId) ticks += stat.Own;
        }

        return ticks / TicksPerSecond;
    }

    private static (int Parent, long Own, long OfEndedChildren)? Stat(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            // The name may hold spaces and ends at the last parenthesis; state is the first field after it.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int at) => long.Parse(fields[at], CultureInfo.InvariantCulture);
            return ((int)Field(1), Field(11) + Field(12), Field(13) + Field(14));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static Process StartRedis(string folder, int port) => Process.Start(new ProcessStartInfo(
        "redis-server",
        ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"])
    { RedirectStandardOutput = true }) ?? throw new InvalidOperationException("redis-server did not start");

    private async Task WaitForRedisAsync()
    {
        for (var i = 0; ; i++)
        {
            try
            {
                await using var redis = await RedisClient.ConnectAsync(RedisConfig);
                return;
            }
            catch (RedisException) when (i < 100)
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>A port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
