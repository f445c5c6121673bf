using System.CommandLine;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Payouts;

/// <summary><c>viddhana-backoffice payout list | bump ID | release ID</c>.</summary>
internal static class PayoutCommandLine
{
    /// <summary>Decides about one payout; 0 if it was done.</summary>
    private delegate Task<int> Decide(PayoutCommands commands, Payout payout, CancellationToken cancel);

    public static CommandLine AddPayouts(this CommandLine line)
    {
        var list = new Command("list", "Payouts that are not final, and what they wait for");
        list.SetAction((parsed, cancel) => line.WithDatabaseAsync(parsed, (config, database) => List(config, database, cancel)));
        return line.Add(new Command("payout", "Look at payouts and decide about them")
        {
            list,
            AboutOne(
                line,
                "bump",
                "Replace an unconfirmed payout by one over the same inputs with a higher fee",
                (commands, payout, cancel) => commands.Bump(payout, cancel)),
            AboutOne(
                line,
                "release",
                "Give a payout up whose transaction can never be mined",
                (commands, payout, cancel) => commands.Release(payout, cancel)),
        });
    }

    private static Command AboutOne(CommandLine line, string name, string description, Decide decide)
    {
        var id = new Argument<long>("ID") { Description = "Number of the payout" };
        var command = new Command(name, description) { id };
        command.SetAction((parsed, cancel) => line.WithDatabaseAsync(
            parsed, (config, database) => One(config, database, parsed.GetValue(id), decide, cancel)));
        return command;
    }

    private static async Task List(ViddhanaConfig config, NpgsqlDataSource database, CancellationToken cancel)
    {
        var pools = await PoolBook.LoadAsync(database, config.Pools, cancel);
        foreach (var pool in pools.All.Where(pool => pool.Config.Payouts.Wallet is not null)) await Commands(pool, database).List();
    }

    private static async Task One(ViddhanaConfig config, NpgsqlDataSource database, long id, Decide decide, CancellationToken cancel)
    {
        var store = new PayoutStore(database);
        var payout = await store.Find(id) ?? throw new StorageException($"there is no payout {id}");
        var poolId = await store.PoolOf(id);
        var pool = (await PoolBook.LoadAsync(database, config.Pools, cancel)).ById(poolId);
        if (pool?.Config.Payouts.Wallet is null)
            throw new StorageException($"payout {id} belongs to a pool without a wallet in this configuration");

        if (await decide(Commands(pool, database), payout, cancel) != 0) throw new StorageException($"payout {id} is as it was");
    }

    private static PayoutCommands Commands(KnownPool pool, NpgsqlDataSource database) =>
        new(new PayoutPool(pool), new PayoutStore(database), PayoutsFeature.WalletOf(pool), Console.Out);
}
