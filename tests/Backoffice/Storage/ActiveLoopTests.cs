using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Storage;

/// <summary>Background work: what passes is waited out, what is our fault ends it, and only one backoffice is active.</summary>
public sealed class ActiveLoopTests
{
    private NpgsqlDataSource _database = null!;

    [SetUp]
    public async Task MakeDatabase() => _database = await TestDatabase.NewEmptyAsync();

    [TearDown]
    public ValueTask Close() => _database.DisposeAsync();

    [Test]
    public async Task A_failure_of_the_world_is_shown_and_the_work_begun_anew()
    {
        using var lease = await StartLeaseAsync();
        using var loop = new Loop(lease, round => round == 1 ? new IOException("the disk is full") : null);
        await loop.StartAsync(default);
        await Eventually.True(() => loop.Failure == "the disk is full", "the failure is shown");
        await Eventually.True(() => loop.Failure is null && loop.Rounds > 2, "it works again");
        await loop.StopAsync(default);
        await lease.StopAsync(default);
        Assert.That(loop.ExecuteTask!.IsFaulted, Is.False);
    }

    [Test]
    public async Task A_fault_of_ours_ends_the_loop()
    {
        using var lease = await StartLeaseAsync();
        using var loop = new Loop(lease, round => round == 1 ? new InvalidOperationException("a rule is broken") : null);
        await loop.StartAsync(default);
        await Eventually.True(() => loop.ExecuteTask!.IsFaulted, "the loop has ended");
        Assert.That(loop.Rounds, Is.EqualTo(1));
        await lease.StopAsync(default);
    }

    [Test]
    public async Task A_lost_connection_loses_the_lease_and_another_backoffice_takes_over()
    {
        using var first = await StartLeaseAsync();
        var lost = await first.WaitAsync(default);
        using var second = await StartLeaseAsync();
        Assert.That((first.IsHeld, second.IsHeld), Is.EqualTo((true, false)));

        await using (var cut = _database.CreateCommand(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"))
            await cut.ExecuteNonQueryAsync();
        await Eventually.True(() => lost.IsCancellationRequested, "the first knows that it has lost the lease");
        await Eventually.True(() => first.IsHeld ^ second.IsHeld, "one of the two holds it");
        await first.StopAsync(default);
        await Eventually.True(() => second.IsHeld, "the second holds it when the first has stopped");
        await second.StopAsync(default);
    }

    private async Task<ActiveLease> StartLeaseAsync()
    {
        var lease = new ActiveLease(_database, NullLogger<ActiveLease>.Instance);
        await lease.StartAsync(default);
        return lease;
    }

    private sealed class Loop(ActiveLease lease, Func<int, Exception?> fails) : ActiveLoop(lease, NullLogger.Instance)
    {
        public int Rounds { get; private set; }

        protected override async Task WorkAsync(CancellationToken cancel)
        {
            while (true)
            {
                if (fails(++Rounds) is { } failure) throw failure;
                Succeeded();
                await Task.Delay(10, cancel);
            }
        }
    }
}
