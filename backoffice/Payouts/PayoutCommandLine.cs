using System.CommandLine;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Payouts;

/// <summary><c>viddhana-backoffice payout list | bump ID | release ID</c>.</summary>
internal static class PayoutCommandLine
{
    public static CommandLine AddPayouts(this CommandLine line)
    {
        var list = new Command("list", "Payouts that are not final, and what they wait for");
        list.SetAction(
            (parsed, cancel) => line.WithDatabaseAsync(parsed, (config, database) => ForEach(config, database, c => c.List(), cancel)));

        var bumped = new Argument<long>("ID") { Description = "Number of the payout" };
        var bump = new Command("bump", "Replace an unconfirmed payout by one over the same inputs with a higher fee") { bumped };
        bump.SetAction((parsed, cancel) => line.WithDatabaseAsync(
            parsed, (config, database) =>
                One(config, database, parsed.GetValue(bumped), (commands, payout) => commands.Bump(payout, cancel), cancel)));

        var released = new Argument<long>("ID") { Description = "Number of the payout" };
        var release = new Command("release", "Give a payout up whose transaction can never be mined") { released };
        release.SetAction((parsed, cancel) => line.WithDatabaseAsync(
            parsed, (config, database) =>
                One(config, database, parsed.GetValue(released), (commands, payout) => commands.Release(payout, cancel), cancel)));
        return line.Add(new Command("payout", "Look at payouts and decide about them") { list, bump, release });
    }

    private static async Task ForEach(
        ViddhanaConfig config, NpgsqlDataSource database, Func<PayoutCommands, Task> work, CancellationToken cancel)
    {
        foreach (var pool in (await PoolBook.LoadAsync(database, config.Pools, cancel)).All.Where(p => p.Config.Payouts.Wallet is not null))
            await work(Commands(pool, database));
    }

    private static async Task One(
        ViddhanaConfig config, NpgsqlDataSource database, long id, Func<PayoutCommands, Payout, Task<int>> work, CancellationToken cancel)
    {
        var store = new PayoutStore(database);
        var payout = await store.Find(id) ?? throw new StorageException($"there is no payout {id}");
        var poolId = await store.PoolOf(id);
        var pool = (await PoolBook.LoadAsync(database, config.Pools, cancel)).ById(poolId);
        if (pool?.Config.Payouts.Wallet is null) throw new StorageException(
            $"payout {id} belongs to a pool without a wallet in this configuration");
        if (await work(Commands(pool, database), payout) != 0) throw new StorageException($"payout {id} is as it was");
    }

    private static PayoutCommands Commands(KnownPool pool, NpgsqlDataSource database) =>
        new(new PayoutPool(pool), new PayoutStore(database), PayoutsFeature.WalletOf(pool), Console.Out);
}
