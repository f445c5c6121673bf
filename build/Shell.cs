using System.Diagnostics;
using System.Text;

namespace Viddhana.Build;

/// <summary>Runs other programs.</summary>
internal static class Shell
{
    /// <summary>Runs a program with our own console; throws when it fails.</summary>
    public static async Task Run(string program, params string[] arguments)
    {
        var code = await Code(program, arguments);
        if (code != 0) throw new BuildFailedException($"'{program} {string.Join(' ', arguments)}' ended with {code}");
    }

    /// <summary>Runs a program with our own console; gives its exit code.</summary>
    public static async Task<int> Code(string program, params string[] arguments)
    {
        using var process = Start(program, arguments, capture: false);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Runs a program silently and shows what it printed only when it fails.</summary>
    public static async Task Quiet(string what, string program, params string[] arguments)
    {
        var (code, output) = await Capture(program, arguments);
        if (code == 0) return;
        Console.Error.WriteLine(output);
        throw new BuildFailedException($"{what} failed: '{program} {string.Join(' ', arguments)}' ended with {code}");
    }

    /// <summary>Runs a program; gives exit code and all that it printed.</summary>
    public static async Task<(int Code, string Output)> Capture(string program, params string[] arguments)
    {
        using var process = Start(program, arguments, capture: true);
        var output = new StringBuilder();
        DataReceivedEventHandler add = (_, line) =>
        {
            if (line.Data is null) return;
            lock (output) output.AppendLine(line.Data);
        };
        process.OutputDataReceived += add;
        process.ErrorDataReceived += add;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync();
        lock (output) return (process.ExitCode, output.ToString());
    }

    /// <summary>The full path of a program on PATH, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    private static Process Start(string program, string[] arguments, bool capture)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = capture,
            RedirectStandardError = capture,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new BuildFailedException($"cannot start '{program}': {failure.Message}");
        }
    }
}
