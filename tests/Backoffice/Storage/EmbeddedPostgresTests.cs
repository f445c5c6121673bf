using System.Diagnostics;
using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Storage;

/// <summary>The private instance: made, stopped, adopted, protected.</summary>
public sealed class EmbeddedPostgresTests
{
    private readonly List<EmbeddedPostgres> _started = [];
    private string _directory = "";

    [SetUp]
    public void MakeDirectory()
    {
        _directory = Directory.CreateTempSubdirectory("viddhana-embedded-").FullName;
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
    }

    [TearDown]
    public void StopAll()
    {
        foreach (var postgres in _started) postgres.Stop();
        _started.Clear();
        Directory.Delete(_directory, recursive: true);
    }

    [Test]
    public async Task Data_survives_a_stop_and_a_running_instance_is_adopted()
    {
        var first = Start();
        Assert.That(first.IsAdopted, Is.False);
        await ExecuteAsync(first, "CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)");

        var second = Start();
        Assert.That((second.IsAdopted, second.ProcessId), Is.EqualTo((true, first.ProcessId)));
        second.Stop();
        Assert.That(File.Exists(PidFile), Is.False);

        var third = Start();
        Assert.That(third.IsAdopted, Is.False);
        Assert.That(await ExecuteAsync(third, "SELECT x FROM kept"), Is.EqualTo(7));
    }

    [Test]
    public async Task What_was_committed_survives_a_kill_and_the_stale_file_is_removed()
    {
        var killed = Start();
        await ExecuteAsync(killed, "CREATE TABLE kept (x int); INSERT INTO kept VALUES (7)");
        using (var process = Process.GetProcessById(killed.ProcessId))
        {
            process.Kill();
            Assert.That(process.WaitForExit(30_000));
        }

        Assert.That(File.Exists(PidFile), "a kill leaves the file");
        var next = Start();
        Assert.That(next.IsAdopted, Is.False);
        Assert.That(await ExecuteAsync(next, "SELECT x FROM kept"), Is.EqualTo(7));
    }

    [Test]
    public void A_pid_file_that_names_someone_elses_process_is_stale()
    {
        Start().Stop();
        File.WriteAllText(PidFile, $"{Environment.ProcessId}\n{Path.Combine(_directory, "postgres", "data")}\n0\n5432\n/tmp\n\n0\nready\n");
        Assert.That(Start().IsAdopted, Is.False);
    }

    [Test]
    public void Only_the_owner_gets_in_and_nothing_listens_on_tcp()
    {
        var postgres = Start();
        var root = Path.Combine(_directory, "postgres");
        const UnixFileMode Others = (UnixFileMode)0b000_111_111;
        Assert.That(File.GetUnixFileMode(Path.Combine(root, "data")) & Others, Is.EqualTo(UnixFileMode.None));
        Assert.That(File.GetUnixFileMode(Path.Combine(root, "run")) & Others, Is.EqualTo(UnixFileMode.None));
        Assert.That(File.GetUnixFileMode(Path.Combine(root, "password")) & Others, Is.EqualTo(UnixFileMode.None));
        Assert.That(Directory.GetFiles(root), Is.EqualTo(new[] { Path.Combine(root, "password") }), "no second copy of the password");

        var wrong = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "wrong", Pooling = false };
        using var connection = new NpgsqlConnection(wrong.ConnectionString);
        Assert.That(connection.Open, Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo("28P01"));

        using var settings = NpgsqlDataSource.Create(postgres.ConnectionString);
        using var command = settings.CreateCommand(
            """
            SELECT string_agg(current_setting(s), ',' ORDER BY s)
            FROM unnest(ARRAY['fsync','full_page_writes','listen_addresses','synchronous_commit']) s
            """);
        Assert.That(command.ExecuteScalar(), Is.EqualTo("on,on,,on"));
    }

    [Test]
    public void Data_of_a_version_that_is_not_installed_is_refused_with_the_way_out()
    {
        Start().Stop();
        File.WriteAllText(Path.Combine(_directory, "postgres", "data", "PG_VERSION"), "9\n");
        Assert.That(() => EmbeddedPostgres.Start(_directory), Throws.TypeOf<StorageException>().With.Message.Contains("pg_upgrade"));
    }

    [Test]
    public async Task A_data_directory_with_a_long_path_gets_a_short_socket()
    {
        _directory = Path.Combine(_directory, new string('x', 100));
        Directory.CreateDirectory(_directory);
        Assert.That(await ExecuteAsync(Start(), "SELECT 1"), Is.EqualTo(1));
        _started[^1].Stop();
        _directory = Path.GetDirectoryName(_directory)!;
    }

    private string PidFile => Path.Combine(_directory, "postgres", "data", "postmaster.pid");

    private EmbeddedPostgres Start()
    {
        var postgres = EmbeddedPostgres.Start(_directory);
        _started.Add(postgres);
        return postgres;
    }

    private static async Task<object?> ExecuteAsync(EmbeddedPostgres postgres, string sql)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
