using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Viddhana.Build.Bench;

/// <summary>A program that runs for a measurement: started afresh for each, stopped after it.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private const int StopMs = 10_000;
    private readonly Process _process;
    private readonly Task _output;
    private readonly List<string> _lines = [];

    private BenchServer(Process process)
    {
        _process = process;
        _output = Task.WhenAll(Read(process.StandardOutput), Read(process.StandardError));
    }

    public int Pid => _process.Id;

    /// <summary>Starts a program. Its output is kept, to be shown when it does not do what it should.</summary>
    public static BenchServer Start(string folder, (string Name, string Value)[] environment, string program, params string[] arguments)
    {
        if (program.StartsWith('/') && !File.Exists(program))
            throw new BuildFailedException($"{program} is not there: leave out --skip-build, or run ./build.sh publish --dynamic");

        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new BenchServer(Process.Start(start)!);
    }

    /// <summary>A port that is free now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The first line of output that a pattern is in.</summary>
    public async Task<string> Line(string part)
    {
        for (var tries = 0; tries < 400; tries++)
        {
            lock (_lines)
            {
                if (_lines.Find(line => line.Contains(part, StringComparison.Ordinal)) is { } found) return found;
            }

            ThrowIfEnded();
            await Task.Delay(50);
        }

        throw new BuildFailedException($"no line with '{part}' from pid {Pid}:\n{Tail()}");
    }

    /// <summary>Waits until it takes connections; returns the time since its start.</summary>
    public async Task<TimeSpan> Listens(int port, int secondsMax = 60)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed.TotalSeconds < secondsMax)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return DateTime.Now - _process.StartTime;
            }
            catch (SocketException)
            {
                ThrowIfEnded();
                await Task.Delay(1);
            }
        }

        throw new BuildFailedException($"pid {Pid} does not listen on {port}:\n{Tail()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await Shell.Capture("kill", "-TERM", $"{Pid}");
        using var limit = new CancellationTokenSource(StopMs);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _output;
        _process.Dispose();
    }

    private void ThrowIfEnded()
    {
        if (_process.HasExited) throw new BuildFailedException($"a server ended with {_process.ExitCode}:\n{Tail()}");
    }

    private string Tail()
    {
        lock (_lines) return string.Join('\n', _lines.TakeLast(15));
    }

    private async Task Read(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
                if (_lines.Count > 1_000) _lines.RemoveRange(0, 500);
            }
        }
    }
}
