using System.Security.Cryptography;
using Npgsql;

namespace Viddhana.Backoffice.Storage;

/// <summary>
/// A private PostgreSQL under the data directory, of the distribution's programs: unix socket only, directories 0700, scram with a
/// generated password. As root it belongs to and runs as <c>postgres</c>. It survives a killed backoffice and is adopted by the next one.
/// </summary>
public sealed class EmbeddedPostgres
{
    /// <summary>A socket's path must fit into <c>sockaddr_un</c>: 108 bytes, of which ".s.PGSQL.5432" takes 14.</summary>
    private const int SocketDirectoryMax = 86;

    private const string Superuser = "viddhana";
    private const int StopSeconds = 3;

    private readonly PostgresInstallation _installation;
    private readonly PostgresFiles _files;
    private readonly bool _isForTests;

    private EmbeddedPostgres(PostgresInstallation installation, PostgresFiles files, bool isForTests)
    {
        (_installation, _files, _isForTests) = (installation, files, isForTests);
    }

    /// <summary>True if it was running already: left by a killed backoffice, or another command's.</summary>
    public bool IsAdopted { get; private set; }

    /// <summary>Process id of the postmaster.</summary>
    public int ProcessId { get; private set; }

    /// <summary>For Npgsql. Holds the password: never log it.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = _files.SocketDirectory,
        Port = PostgresFiles.Port,
        Database = "postgres",
        Username = Superuser,
        Password = _files.ReadPassword(),
        MaxPoolSize = 50,
    }.ConnectionString;

    /// <summary>
    /// Makes the instance if need be, adopts it if it runs, else starts it, and returns when it takes connections. After a crash this
    /// waits for PostgreSQL's recovery.
    /// </summary>
    /// <param name="dataDirectory">The backoffice's data directory; the instance is <c>postgres</c> in it.</param>
    /// <param name="isForTests">Without fsync: only for data that may be lost.</param>
    /// <exception cref="StorageException">It cannot run; the message says what to do.</exception>
    public static EmbeddedPostgres Start(string dataDirectory, bool isForTests = false)
    {
        if (OperatingSystem.IsWindows())
            throw new StorageException("The private PostgreSQL needs Linux: set backoffice.postgres.url to a server.");

        var files = PostgresFiles.Under(dataDirectory, SocketDirectoryMax);
        var installation = ChooseInstallation(files);
        var postgres = new EmbeddedPostgres(installation, files, isForTests);
        if (postgres.TryAdopt()) return postgres;

        if (files.Major is null) postgres.Initialize();
        postgres.StartServer();
        return postgres;
    }

    /// <summary>True if the instance of this data directory runs, whoever started it.</summary>
    public static bool IsRunning(string dataDirectory)
    {
        var data = PostgresFiles.Under(dataDirectory, SocketDirectoryMax).Data;
        return PostmasterPid.Read(data)?.IsAlive(data) == true;
    }

    /// <summary>Stops it: running queries are cancelled, everything committed is on disk. Bounded by some seconds.</summary>
    public void Stop()
    {
        var stopped = RunAsOwner("pg_ctl", ["stop", "-D", _files.Data, "-m", "fast", "-w", "-t", $"{StopSeconds}"]);
        // Immediate is as safe as a crash: the next start recovers from the write-ahead log.
        if (stopped.ExitCode != 0 && PostmasterPid.Read(_files.Data) is not null)
            RunAsOwner("pg_ctl", ["stop", "-D", _files.Data, "-m", "immediate", "-w", "-t", "1"]);
        _files.RemoveFarSocketDirectory();
    }

    private static PostgresInstallation ChooseInstallation(PostgresFiles files)
    {
        if (files.Major is not { } major) return PostgresInstallation.Newest();
        if (PostgresInstallation.OfMajor(major) is { } same) return same;

        var newest = PostgresInstallation.Newest();
        throw new StorageException(
            $"The data in {files.Data} is of PostgreSQL {major}, installed is {newest.Major}. Install postgresql-{major}, or "
            + $"upgrade: make a new cluster with {newest.Program("initdb")} -U {Superuser}, then "
            + $"{newest.Program("pg_upgrade")} -U {Superuser} -b /usr/lib/postgresql/{major}/bin -B {newest.Directory} "
            + $"-d {files.Data} -D NEW, and put NEW in its place.");
    }

    /// <summary>An own running instance is used as it is; a file left by a dead one is removed.</summary>
    private bool TryAdopt()
    {
        if (PostmasterPid.Read(_files.Data) is not { } running) return false;
        if (!running.IsAlive(_files.Data))
        {
            File.Delete(PostmasterPid.PathIn(_files.Data));
            return false;
        }

        (IsAdopted, ProcessId) = (true, running.ProcessId);
        WaitUntilReady();
        return true;
    }

    private void Initialize()
    {
        _files.Create();
        var forOwner = _files.WritePasswordForOwner(RandomNumberGenerator.GetHexString(48, lowercase: true));
        try
        {
            string[] arguments =
            [
                "-D", _files.Data, "-U", Superuser, "-A", "scram-sha-256", $"--pwfile={forOwner}", "--locale=C", "-E", "UTF8",
                "--data-checksums",
                .. _isForTests ? new[] { "--no-sync" } : [],
            ];
            RunAsOwner("initdb", arguments).OrThrow("initdb");
        }
        finally
        {
            File.Delete(forOwner);
        }
    }

    private void StartServer()
    {
        _files.CreateSocketDirectory();
        var durability = _isForTests ? "off" : "on";
        (string Name, string Value)[] settings =
        [
            ("listen_addresses", "''"),
            ("port", $"{PostgresFiles.Port}"),
            ("unix_socket_directories", $"'{_files.SocketDirectory.Replace("'", "''", StringComparison.Ordinal)}'"),
            ("unix_socket_permissions", "0700"),
            ("fsync", durability), ("full_page_writes", durability), ("synchronous_commit", durability),
            ("max_connections", "60"), ("shared_buffers", "'256MB'"), ("max_wal_size", "'4GB'"), ("jit", "off"), ("timezone", "'UTC'"),
            ("logging_collector", "on"), ("log_filename", "'postgres-%a.log'"),
            ("log_truncate_on_rotation", "on"), ("log_rotation_age", "'1d'"),
        ];
        _files.WriteSettings(settings);
        var log = Path.Combine(_files.Data, "start.log");
        var started = RunAsOwner("pg_ctl", ["start", "-D", _files.Data, "-l", log, "-w", "-t", "3600"]);
        if (started.ExitCode != 0) throw new StorageException($"PostgreSQL did not start: {started.Output.Trim()} {_files.LastWords(log)}");

        ProcessId = PostmasterPid.Read(_files.Data)?.ProcessId ?? throw new StorageException("PostgreSQL stopped right after its start");
    }

    /// <summary>An adopted instance may still be recovering.</summary>
    private void WaitUntilReady()
    {
        while (PostmasterPid.Read(_files.Data) is { IsReady: false } running && running.IsAlive(_files.Data)) Thread.Sleep(100);
    }

    private ProgramResult RunAsOwner(string program, IEnumerable<string> arguments)
    {
        var path = _installation.Program(program);
        if (!PostgresFiles.IsRoot) return Programs.Run(path, arguments, _files.Root);
        return Programs.Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments], _files.Root);
    }
}
