using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Viddhana.Tests.Shared;

/// <summary>
/// A real program under test: the one place in the tests that starts processes. Its output is kept for failure messages; it is ended, with
/// all that it started, at the latest when disposed.
/// </summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    /// <summary>Bound of every wait; generous, because machines are slow and shared.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private RunningProgram(string name, Process process)
    {
        Name = name;
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>All that it printed so far.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts a program; a missing file fails with the command that makes or installs it.</summary>
    public static RunningProgram Start(
        string file, IEnumerable<string> arguments, string? howToInstall = null, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        if (file.Contains('/') && !File.Exists(file))
            throw new FileNotFoundException($"{file} is not there: {howToInstall ?? "./build.sh publish --dynamic"}");

        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        // Tests look as often as they like; those of the limit itself say so.
        start.Environment.TryAdd("VIDDHANA__BACKOFFICE__ACCESS__REQUESTS_PER_MINUTE", "0");
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        return new RunningProgram(Path.GetFileName(file), Process.Start(start)!);
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> Run(string file, IEnumerable<string> arguments, string? howToInstall = null)
    {
        await using var program = Start(file, arguments, howToInstall);
        program._process.StandardInput.Close();
        return (await program.WaitForExit(), program.Output);
    }

    /// <summary>Gives it text on its standard input.</summary>
    public async Task Type(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for a line of output that matches, and gives the match; fails when the program ends first.</summary>
    public async Task<Match> WaitForLine(string pattern)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < WaitMax;)
        {
            var hasExited = HasExited;
            foreach (var line in _lines)
                if (Regex.Match(line, pattern) is { Success: true } match) return match;
            if (hasExited) throw new InvalidOperationException($"{Name} ended with {ExitCode} before it said /{pattern}/:\n{Output}");
            await Task.Delay(20);
        }

        throw new TimeoutException($"{Name} did not say /{pattern}/ within {WaitMax.TotalSeconds} s:\n{Output}");
    }

    public async Task<int> WaitForExit()
    {
        using var limit = new CancellationTokenSource(WaitMax);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, and waits for the end.</summary>
    public async Task<int> Terminate()
    {
        Signal(15);
        return await WaitForExit();
    }

    /// <summary>SIGKILL, and waits for the end.</summary>
    public async Task Kill()
    {
        Signal(9);
        await WaitForExit();
    }

    public void Signal(int signal)
    {
        if (!HasExited && SendSignal(_process.Id, signal) != 0 && !HasExited)
            throw new InvalidOperationException($"kill({_process.Id}, {signal}) failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null) _lines.Enqueue(line);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
