namespace Viddhana.Backoffice.Storage;

/// <summary>What <c>postmaster.pid</c> in a PostgreSQL data directory says.</summary>
internal sealed record PostmasterPid(int ProcessId, bool IsReady)
{
    private const int StatusLine = 7;

    public static string PathIn(string data) => Path.Combine(data, "postmaster.pid");

    /// <summary>The file's content, or null if there is none.</summary>
    public static PostmasterPid? Read(string data)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(PathIn(data));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        return lines.Length > 0 && int.TryParse(lines[0], out var id) && id > 0
            ? new PostmasterPid(id, lines.Length > StatusLine && lines[StatusLine].Trim() == "ready")
            : new PostmasterPid(0, false);
    }

    /// <summary>True if that process is a PostgreSQL of this data directory, and not another one that got its number.</summary>
    public bool IsAlive(string data)
    {
        if (ProcessId == 0) return false;
        // A postmaster's working directory is its data directory.
        var directory = new FileInfo($"/proc/{ProcessId}/cwd").LinkTarget;
        return directory is not null && Path.GetFullPath(directory) == RealPath(data);
    }

    private static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var parts = full.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var real = "/";
        foreach (var part in parts)
        {
            real = Path.Combine(real, part);
            real = new DirectoryInfo(real).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? real;
        }

        return real;
    }
}
