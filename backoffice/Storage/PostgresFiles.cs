using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

#pragma warning disable CA1416 // EmbeddedPostgres.Start refuses Windows before it comes here

namespace Viddhana.Backoffice.Storage;

/// <summary>Where the private instance keeps its things, who owns them and how they are protected.</summary>
internal sealed partial record PostgresFiles
{
    /// <summary>Names the socket file only: nothing listens on TCP.</summary>
    public const int Port = 5432;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerReads = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public required string Root { get; init; }

    public required string SocketDirectory { get; init; }

    public string Data => Path.Combine(Root, "data");

    private string PasswordFile => Path.Combine(Root, "password");

    public static bool IsRoot => Environment.UserName == "root" || GetEffectiveUserId() == 0;

    /// <summary>Major version of the data; null if there is none yet.</summary>
    public int? Major
    {
        get
        {
            var file = Path.Combine(Data, "PG_VERSION");
            return File.Exists(file) ? int.Parse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture) : null;
        }
    }

    public static PostgresFiles Under(string dataDirectory, int socketDirectoryMax)
    {
        var root = Path.Combine(Path.GetFullPath(dataDirectory), "postgres");
        var socket = Path.Combine(root, "run");
        if (Encoding.UTF8.GetByteCount(socket) > socketDirectoryMax)
        {
            // Found again from the path alone, and 0700 like the rest.
            var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)).AsSpan(0, 8));
            socket = Path.Combine("/tmp", $"viddhana-{name}");
        }

        return new PostgresFiles { Root = root, SocketDirectory = socket };
    }

    public string ReadPassword() => File.ReadAllText(PasswordFile).Trim();

    /// <summary>Makes the directories; as root they become postgres's, which must be able to reach them.</summary>
    public void Create()
    {
        Directory.CreateDirectory(Root);
        // A directory without a finished cluster is what an interrupted initdb left behind.
        if (Directory.Exists(Data)) Directory.Delete(Data, recursive: true);
        Directory.CreateDirectory(Data, OwnerOnly);
        GiveToOwner(Root);
        GiveToOwner(Data);
        CheckReachable();
    }

    public void CreateSocketDirectory()
    {
        if (!Directory.Exists(SocketDirectory)) Directory.CreateDirectory(SocketDirectory, OwnerOnly);
        if (new DirectoryInfo(SocketDirectory).LinkTarget is not null)
            throw new StorageException($"{SocketDirectory} is a link: remove it");
        File.SetUnixFileMode(SocketDirectory, OwnerOnly);
        GiveToOwner(SocketDirectory);
    }

    /// <summary>A socket directory outside of our own is not left lying about.</summary>
    public void RemoveFarSocketDirectory()
    {
        if (SocketDirectory.StartsWith(Root, StringComparison.Ordinal) || !Directory.Exists(SocketDirectory)) return;
        Directory.Delete(SocketDirectory, recursive: true);
    }

    /// <summary>Keeps the password for us and returns a second file that initdb may read, to be deleted after it.</summary>
    public string WritePasswordForOwner(string password)
    {
        WritePrivate(PasswordFile, password);
        var copy = Path.Combine(Root, "initdb-password");
        WritePrivate(copy, password);
        GiveToOwner(copy);
        return copy;
    }

    /// <summary>Our settings come last in postgresql.conf, by an include that is written anew at each start.</summary>
    public void WriteSettings(IEnumerable<(string Name, string Value)> settings)
    {
        var file = Path.Combine(Data, "viddhana.conf");
        WritePrivate(file, string.Concat(settings.Select(s => $"{s.Name} = {s.Value}\n")));
        GiveToOwner(file);

        const string Include = "include 'viddhana.conf'";
        var main = Path.Combine(Data, "postgresql.conf");
        if (!File.ReadLines(main).Contains(Include)) File.AppendAllText(main, $"\n{Include}\n");
    }

    /// <summary>The end of the log, where the reason stands.</summary>
    public string LastWords(string startLog)
    {
        var logs = Directory.Exists(Path.Combine(Data, "log")) ? Directory.GetFiles(Path.Combine(Data, "log")) : [];
        var newest = logs.Append(startLog).Where(File.Exists).MaxBy(File.GetLastWriteTimeUtc);
        return newest is null ? "" : string.Join(" | ", File.ReadLines(newest).TakeLast(5));
    }

    private static void WritePrivate(string path, string text)
    {
        File.Delete(path);
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerReads,
        });
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    private static void GiveToOwner(string path)
    {
        if (IsRoot) Programs.Run("chown", ["postgres:postgres", path]).OrThrow($"chown postgres {path}");
    }

    private void CheckReachable()
    {
        if (!IsRoot) return;
        var reached = Programs.Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "test", "-w", Data]);
        if (reached.ExitCode != 0)
            throw new StorageException(
                $"User postgres, which PostgreSQL runs as, cannot reach {Data}: "
                + "use --data with a directory below /var/lib, or run as another user.");
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
