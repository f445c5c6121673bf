using Npgsql;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Storage;

/// <summary>The schema comes by itself, forward only.</summary>
public sealed class MigratorTests
{
    [Test]
    public async Task Migrations_run_once_however_often_they_are_asked_for()
    {
        await using var database = await TestDatabase.NewEmptyAsync();
        var first = await Migrator.RunAsync(database, CancellationToken.None);
        var second = await Migrator.RunAsync(database, CancellationToken.None);
        Assert.That(first, Is.Not.Empty);
        Assert.That(second, Is.Empty);
    }

    [Test]
    public async Task Programs_that_start_together_migrate_once()
    {
        await using var database = await TestDatabase.NewEmptyAsync();
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Migrator.RunAsync(database, CancellationToken.None)));
        Assert.That(runs.Count(applied => applied.Count > 0), Is.EqualTo(1));
    }

    [Test]
    public async Task A_database_of_a_newer_program_is_refused()
    {
        await using var database = await TestDatabase.NewAsync();
        await using var newer = database.CreateCommand(
            "INSERT INTO schema_migrations (version, name, sha256) VALUES (9999, '9999_later.sql', '')");
        await newer.ExecuteNonQueryAsync();
        Assert.That(
            () => Migrator.RunAsync(database, CancellationToken.None), Throws.TypeOf<StorageException>().With.Message.Contains("9999"));
    }

    [Test]
    public async Task A_migration_that_was_changed_afterwards_is_refused()
    {
        await using var database = await TestDatabase.NewAsync();
        await using var change = database.CreateCommand("UPDATE schema_migrations SET sha256 = 'x' WHERE version = 3");
        await change.ExecuteNonQueryAsync();
        Assert.That(
            () =>
                Migrator.RunAsync(database, CancellationToken.None), Throws.TypeOf<StorageException>().With.Message.Contains("003_money"));
    }

    [Test]
    public async Task A_failing_migration_leaves_nothing_behind()
    {
        await using var database = await TestDatabase.NewEmptyAsync();
        await using var inTheWay = database.CreateCommand("CREATE TABLE ledger_lines ()");
        await inTheWay.ExecuteNonQueryAsync();
        Assert.That(() => Migrator.RunAsync(database, CancellationToken.None), Throws.InstanceOf<PostgresException>());

        await using var look = database.CreateCommand("SELECT count(*) FROM pg_tables WHERE tablename IN ('ledger_accounts', 'sources')");
        Assert.That(await look.ExecuteScalarAsync(), Is.EqualTo(1L), "002 stands, 003 is undone as a whole");
    }
}
