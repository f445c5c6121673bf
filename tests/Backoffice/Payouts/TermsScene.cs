using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Node;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Payouts;

/// <summary>
/// One pool, accounts that are owed coins, a wallet and a clock. Everything that acts is made anew for each act: what it knows, it knows
/// from the database.
/// </summary>
internal sealed class TermsScene : IAsyncDisposable
{
    public const string Alice = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    public const string Bob = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
    public const string Carol = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6";
    public const string Thief = "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc";
    public const long Coin = 100_000_000;

    public static readonly AuditActor Operator = new(7, "olga", "127.0.0.1");

    private int _causes;

    private TermsScene(NpgsqlDataSource database, PoolBook pools) => (Database, Pools) = (database, pools);

    public NpgsqlDataSource Database { get; }

    public PoolBook Pools { get; }

    public TestClock Clock { get; } = new();

    public FakeWallet Wallet { get; } = new();

    public KnownPool Pool => Pools.All.First();

    public PaidCoin PaidCoin => new([Pool]);

    public static async Task<TermsScene> New(Action<PayoutsConfig>? change = null)
    {
        var config = new PoolConfig
        {
            Id = "main",
            Coin = "bitcoin",
            Network = "regtest",
            Address = Alice,
            Payouts = new PayoutsConfig { Threshold = 1m, Confirmations = 2 },
        };
        change?.Invoke(config.Payouts);
        var database = await TestDatabase.NewAsync();
        return new TermsScene(database, await PoolBook.LoadAsync(database, [config], CancellationToken.None));
    }

    /// <summary>An account that is paid at its name, and owed so much more.</summary>
    public async Task<long> Owe(string name, long amount, string? address = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("INSERT INTO accounts (name) VALUES (@name) ON CONFLICT DO NOTHING", new { name });
        var account = await Account(connection, name);
        await connection.ExecuteAsync(
            """
            INSERT INTO payout_addresses (account_id, coin, network, address) VALUES (@account, 'bitcoin', 'regtest', @address)
            ON CONFLICT DO NOTHING
            """,
            new { account, address = address ?? name });
        LedgerLine[] lines = [new(LedgerKind.BlockReward, null, -amount), new(LedgerKind.UserConfirmed, account, amount)];
        var posting = new LedgerPosting { PoolId = Pool.PoolId, Cause = $"test:{++_causes}", Lines = lines };
        await Ledger.PostAsync(connection, posting, CancellationToken.None);
        await transaction.CommitAsync();
        return account;
    }

    public PayoutRound Round() =>
        new(new PayoutPool(Pool), Store(), NewWallet(), Clock, NullLogger.Instance);

    public Task Pay() => Round().Run(CancellationToken.None);

    /// <summary>Everything that was sent is buried deep; the next round sees it and may pay again.</summary>
    public async Task Settle()
    {
        Wallet.Confirm(2);
        await Pay();
    }

    public PayoutStore Store() => new(Database);

    public AddressChanges Changes() => new(Database, Audit(), Clock, NullLogger<AddressChanges>.Instance);

    public PayoutSettingsBook Settings() => new(Database, Changes(), Audit(), Clock);

    public PayoutHoldBook Holds() => new(Database, Store(), Audit(), Clock);

    public PayoutRequestBook Requests() => new(Database, Clock);

    public AuditLog Audit() => new(Database, Clock);

    public Task<string?> Set(long account, string name, SettingsChange change) =>
        Settings().ChangeAsync(account, name, PaidCoin, change, new AuditActor(1, name, ""), null, CancellationToken.None);

    public Task<string?> MoveTo(long account, string name, string address) => Set(account, name, new SettingsChange { Address = address });

    public Task<bool> Cancel(long account) =>
        Changes().CancelAsync(account, "bitcoin", "regtest", Operator, null, CancellationToken.None);

    public Task<RequestOutcome> Ask(long account, string key) => Requests().AskAsync(Pool, account, key, CancellationToken.None);

    public Task<(Hold? Hold, string? Refusal)> Freeze(HoldSubject subject) =>
        Holds().FreezeAsync(subject, "by the test", Operator, CancellationToken.None);

    public Task<Hold?> Release(HoldSubject subject) => Holds().ReleaseAsync(subject, "by the test", Operator, CancellationToken.None);

    public Task Approve(long account, string name, string address, long upTo) =>
        Holds().ApproveAsync(Pool, account, name, address, upTo, "by the test", Operator, CancellationToken.None);

    /// <summary>What all transactions that ever reached the network pay, by address; change left out.</summary>
    public Dictionary<string, long> Paid() => Wallet.Sent.SelectMany(FakeWallet.Pays).Where(output => output.Key != "change")
        .GroupBy(output => output.Key).ToDictionary(group => group.Key, group => group.Sum(output => output.Value));

    public async Task<long> Owed(string name)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await Ledger.BalanceAsync(
            connection, Pool.PoolId, LedgerKind.UserConfirmed, await Account(connection, name), CancellationToken.None);
    }

    public async Task<Payout?> Newest()
    {
        var id = await Scalar<long?>("SELECT max(payout_id) FROM payouts");
        return id is { } payoutId ? await Store().Find(payoutId) : null;
    }

    public async Task<T?> Scalar<T>(string sql)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql);
    }

    /// <summary>The books balance, and what left the balances is what was sent.</summary>
    public async Task AssertBooks(string when = "")
    {
        var report = await LedgerAudit.RunAsync(Database, CancellationToken.None);
        Assert.That(report.Problems, Is.Empty, when);
        Assert.That(await Scalar<long>("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_lines"), Is.Zero, when);
    }

    public async ValueTask DisposeAsync()
    {
        await Wallet.DisposeAsync();
        await Database.DisposeAsync();
    }

    private Wallet NewWallet()
    {
        var wallet = new WalletConfig { Url = Wallet.Url };
        return new Wallet(NodeRpc.Of(wallet), wallet, 8);
    }

    private static Task<long> Account(NpgsqlConnection connection, string name) =>
        connection.ExecuteScalarAsync<long>("SELECT account_id FROM accounts WHERE name = @name", new { name });
}
