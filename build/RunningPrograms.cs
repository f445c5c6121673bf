using System.Diagnostics;
using System.Globalization;

namespace Viddhana.Build;

/// <summary>The programs that <c>up</c> started. Their output goes to log files; they are stopped in reverse order.</summary>
internal sealed class RunningPrograms(string data) : IAsyncDisposable
{
    private const int StopTimeoutMs = 15_000;
    private static readonly HttpClient Client = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<(string Name, Process Process, Task Copying)> _started = [];

    /// <summary>The log file of a program.</summary>
    public string Log(string name) => Path.Combine(data, "log", name + ".log");

    /// <summary>Starts a program in a session of its own, so that Ctrl-C reaches it only through us, in the right order.</summary>
    public void Start(string name, string program, params string[] arguments)
    {
        Directory.CreateDirectory(Path.Combine(data, "log"));
        var start = new ProcessStartInfo("setsid", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        _started.Add((name, process, CopyOutput(process, Log(name))));
        Console.WriteLine($"  {name,-10} started");
    }

    /// <summary>Waits until a URL answers 200.</summary>
    public Task Answers(string name, string url, CancellationToken stop) => Until(
        name,
        async () =>
        {
            using var response = await Client.GetAsync(url, stop);
            return response.IsSuccessStatusCode;
        },
        stop);

    /// <summary>Waits until something holds; fails when the program ends first.</summary>
    public async Task Until(string name, Func<Task<bool>> holds, CancellationToken stop)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            ThrowIfEnded();
            try
            {
                if (await holds()) return;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
            {
                // Not up yet: asked again below, and bounded by the number of tries.
            }

            await Task.Delay(200, stop);
        }

        throw new BuildFailedException($"{name} is not ready after two minutes; its log: {Log(name)}");
    }

    /// <summary>Throws with the end of its log when a program has ended by itself.</summary>
    public void ThrowIfEnded()
    {
        foreach (var (name, process, _) in _started)
        {
            if (!process.HasExited) continue;
            var lines = File.Exists(Log(name)) ? File.ReadAllLines(Log(name)).TakeLast(15) : [];
            throw new BuildFailedException(
                $"{name} ended with {process.ExitCode}. The end of {Log(name)}:\n  {string.Join("\n  ", lines)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (name, process, copying) in Enumerable.Reverse(_started))
        {
            if (!process.HasExited) await Terminate(process);
            using var limit = new CancellationTokenSource(StopTimeoutMs);
            try
            {
                await process.WaitForExitAsync(limit.Token);
                await copying;
                Console.WriteLine($"  {name,-10} stopped");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                Console.WriteLine($"  {name,-10} did not stop in time and was killed");
            }

            process.Dispose();
        }
    }

    // The shell's own kill: a small system has no program of that name.
    private static async Task Terminate(Process process) =>
        await Shell.Capture("/bin/sh", "-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {process.Id}"));

    private static async Task CopyOutput(Process process, string file)
    {
        await using var log = new StreamWriter(file, append: true) { AutoFlush = true };
        var gate = new SemaphoreSlim(1);
        async Task Copy(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                await gate.WaitAsync();
                await log.WriteLineAsync(line);
                gate.Release();
            }
        }

        await Task.WhenAll(Copy(process.StandardOutput), Copy(process.StandardError));
    }
}
