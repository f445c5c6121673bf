namespace Viddhana.Backoffice.Storage;

/// <summary>A directory with PostgreSQL's programs.</summary>
/// <param name="Directory">Where <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c> are.</param>
/// <param name="Major">Major version: 15.</param>
internal sealed record PostgresInstallation(string Directory, int Major)
{
    private const string DebianRoot = "/usr/lib/postgresql";

    public string Program(string name) => Path.Combine(Directory, name);

    /// <summary>The installation of this major version, or null.</summary>
    public static PostgresInstallation? OfMajor(int major) => All().FirstOrDefault(installation => installation.Major == major);

    /// <summary>The newest installation.</summary>
    /// <exception cref="StorageException">There is none; says what to install.</exception>
    public static PostgresInstallation Newest() =>
        All().MaxBy(installation => installation.Major) ?? throw new StorageException(
            "PostgreSQL's programs are missing. Install them (Debian: mkdir -p /etc/postgresql-common && "
            + "echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf && apt-get install postgresql), "
            + "or set backoffice.postgres.url to a server.");

    private static IEnumerable<PostgresInstallation> All()
    {
        var debian = System.IO.Directory.Exists(DebianRoot) ? System.IO.Directory.GetDirectories(DebianRoot) : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var directories = debian.Select(root => Path.Combine(root, "bin")).Concat(path.Select(RealDirectory));
        return directories.Distinct().Select(Probe).OfType<PostgresInstallation>();
    }

    /// <summary>Links on the PATH lead to the directory where the other programs are too.</summary>
    private static string RealDirectory(string directory)
    {
        var program = Path.Combine(directory, "postgres");
        if (!File.Exists(program)) return directory;
        return Path.GetDirectoryName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program) ?? directory;
    }

    private static PostgresInstallation? Probe(string directory)
    {
        if (!new[] { "postgres", "initdb", "pg_ctl" }.All(name => File.Exists(Path.Combine(directory, name)))) return null;

        var version = Programs.Run(Path.Combine(directory, "postgres"), ["--version"]);
        var words = version.Output.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var number = words.FirstOrDefault(word => char.IsAsciiDigit(word[0]))?.TakeWhile(char.IsAsciiDigit);
        return number is not null && int.TryParse(string.Concat(number), out var major) ? new PostgresInstallation(directory, major) : null;
    }
}
