using System.Diagnostics;

namespace Viddhana.Backoffice.Storage;

/// <summary>What a program said and returned.</summary>
internal readonly record struct ProgramResult(int ExitCode, string Output)
{
    /// <summary>Throws <see cref="StorageException"/> with the program's words unless it returned 0.</summary>
    public void OrThrow(string what)
    {
        if (ExitCode != 0) throw new StorageException($"{what} failed ({ExitCode}): {Output.Trim()}");
    }
}

/// <summary>Runs PostgreSQL's own programs to their end.</summary>
internal static class Programs
{
    /// <summary>
    /// Runs a program and gathers its output. What it leaves running in the background must not hold the pipes: pg_ctl gets a log file.
    /// </summary>
    public static ProgramResult Run(string program, IEnumerable<string> arguments, string? workingDirectory = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? "/",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment.Remove("PGDATA");
        using var process = Process.Start(start) ?? throw new StorageException($"{program} did not start");
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        return new ProgramResult(process.ExitCode, output);
    }
}
