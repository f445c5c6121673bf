using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Node;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Payouts;

/// <summary>P7: a payout is never sent twice, whatever fails and whenever it is begun anew.</summary>
public sealed class PayoutRoundTests
{
    private const string Alice = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
    private const string Bob = "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn";
    private const long AliceOwed = 300_000_000;
    private const long BobOwed = 100_000_000;

    [Test]
    public async Task A_payout_pays_each_address_what_it_is_owed_and_the_books_balance()
    {
        await using var scene = await Scene.New();
        await scene.Run();
        scene.Wallet.Confirm(1);
        await scene.Run();
        Assert.That(await scene.State(), Is.EqualTo("broadcast"), "two confirmations are asked for");

        scene.Wallet.Confirm(2);
        await scene.Run();
        Assert.That(await scene.State(), Is.EqualTo("confirmed"));
        await scene.AssertPaidOnce();
        Assert.That(await scene.Balance("network_fees"), Is.EqualTo(1_000));
        Assert.That(await scene.Balance("pool_fee"), Is.EqualTo(-1_000));
    }

    [Test]
    public async Task Miners_bear_the_fee_to_the_base_unit_where_they_are_asked_to()
    {
        await using var scene = await Scene.New(p => p.FeeFrom = "miners");
        await scene.Run();
        scene.Wallet.Confirm(2);
        await scene.Run();
        var paid = FakeWallet.Pays(scene.Wallet.Sent.Single());
        Assert.That(paid[Alice] + paid[Bob], Is.EqualTo(AliceOwed + BobOwed - 1_000));
        Assert.That(await scene.Balance("paid"), Is.EqualTo(AliceOwed + BobOwed - 1_000));
        Assert.That(await scene.Balance("pool_fee"), Is.Zero);
        await scene.AssertBalanced();
    }

    /// <summary>
    /// Every call of a whole payout, refused or carried out and never answered; then everything is begun anew, as after a crash.
    /// </summary>
    [Test]
    public async Task Whatever_call_fails_exactly_one_transaction_is_ever_sent([Values] bool isAnswerLost)
    {
        for (var number = 1; ; number++)
        {
            await using var scene = await Scene.New();
            if (isAnswerLost) scene.Wallet.LoseAnswerOf = number;
            else scene.Wallet.RefuseCall = number;
            await scene.Run();
            var wasReached = scene.Wallet.Calls >= number;
            (scene.Wallet.LoseAnswerOf, scene.Wallet.RefuseCall) = (0, 0);
            await scene.Run();
            scene.Wallet.Confirm(2);
            await scene.Run();
            Assert.That(await scene.State(), Is.EqualTo("confirmed"), $"call {number}");
            await scene.AssertPaidOnce($"call {number}");
            if (!wasReached) break;
        }
    }

    [Test]
    public async Task One_line_that_cannot_be_paid_does_not_hold_up_the_others()
    {
        await using var scene = await Scene.New();
        scene.Wallet.InvalidAddresses.Add(Bob);
        await scene.Run();
        var paid = FakeWallet.Pays(scene.Wallet.Sent.Single());
        Assert.That(paid.ContainsKey(Bob), Is.False);
        Assert.That(paid[Alice], Is.EqualTo(AliceOwed));
    }

    [Test]
    public async Task No_second_payout_is_made_while_one_is_unconfirmed()
    {
        await using var scene = await Scene.New();
        await scene.Run();
        await scene.Owe(Alice, AliceOwed, "another block");
        await scene.Run();
        await scene.Run();
        Assert.That(scene.Wallet.Sent, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_payout_that_a_reorganisation_took_back_is_sent_again_as_the_same_bytes()
    {
        await using var scene = await Scene.New();
        await scene.Run();
        scene.Wallet.Confirm(2);
        await scene.Run();
        scene.Wallet.Confirm(0);
        await scene.Run();
        Assert.That(await scene.State(), Is.Not.EqualTo("confirmed"));
        await scene.AssertBalanced();

        scene.Wallet.Confirm(3);
        await scene.Run();
        await scene.Run();
        Assert.That(await scene.State(), Is.EqualTo("confirmed"));
        await scene.AssertPaidOnce();
    }

    [Test]
    public async Task A_payout_that_was_only_prepared_can_be_given_back()
    {
        await using var scene = await Scene.New();
        scene.Wallet.RefuseCall = scene.CallsBefore("fundrawtransaction");
        await scene.Run();
        Assert.That(await scene.State(), Is.EqualTo("prepared"));
        Assert.That(await scene.Release(), Is.Zero);
        Assert.That(await scene.State(), Is.EqualTo("failed"));
        Assert.That(await scene.Owed(Alice), Is.EqualTo(AliceOwed));
        await scene.AssertBalanced();
    }

    [Test]
    public async Task A_signed_payout_is_not_given_back_while_it_could_still_be_mined()
    {
        await using var scene = await Scene.New();
        await scene.Run();
        Assert.That(await scene.Release(), Is.EqualTo(1));
        Assert.That(await scene.State(), Is.EqualTo("broadcast"));
    }

    [Test]
    public async Task A_bumped_payout_spends_the_same_inputs_and_pays_the_same_amounts()
    {
        await using var scene = await Scene.New();
        await scene.Run();
        Assert.That(await scene.Bump(), Is.Zero);
        await scene.Run();
        Assert.That(scene.Wallet.Sent, Has.Count.EqualTo(2));
        Assert.That(scene.Wallet.Sent.Select(hex => FakeWallet.Pays(hex)[Alice]), Is.All.EqualTo(AliceOwed));
        Assert.That(scene.Wallet.Sent.Select(hex => FakeWallet.Pays(hex)["change"]).Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_wallet_that_its_node_has_forgotten_is_loaded_and_the_payout_goes_on()
    {
        await using var scene = await Scene.New(walletName: "pool");
        await scene.Run();
        scene.Wallet.IsLoaded = false;
        scene.Wallet.Confirm(2);
        await scene.Run();
        Assert.That(await scene.State(), Is.EqualTo("confirmed"));
        await scene.AssertPaidOnce();
    }

    [Test]
    public async Task A_wallet_that_cannot_be_loaded_is_waited_for()
    {
        await using var scene = await Scene.New(walletName: "pool");
        scene.CalledWallet = "another";
        await scene.Run();
        Assert.That(await scene.State(), Is.EqualTo("prepared"));
        Assert.That(scene.Wallet.Sent, Is.Empty);

        scene.CalledWallet = "pool";
        await scene.Run();
        scene.Wallet.Confirm(2);
        await scene.Run();
        await scene.AssertPaidOnce();
    }

    /// <summary>A pool with two accounts that are owed coins, a wallet, and rounds that know nothing of earlier ones.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly NpgsqlDataSource _source;
        private readonly PoolConfig _config;
        private int _poolId;

        private Scene(NpgsqlDataSource source, PoolConfig config, string? walletName)
        {
            (_source, _config) = (source, config);
            (Wallet, CalledWallet) = (new FakeWallet { Name = walletName }, walletName);
        }

        public FakeWallet Wallet { get; }

        /// <summary>Name by which the pool knows its wallet; null for the node's default.</summary>
        public string? CalledWallet { get; set; }

        public static async Task<Scene> New(Action<PayoutsConfig>? change = null, string? walletName = null)
        {
            var config = new PoolConfig
            {
                Id = "main",
                Coin = "bitcoin",
                Network = "regtest",
                Address = Alice,
                Payouts = new PayoutsConfig { Threshold = 0.01m, Confirmations = 2 },
            };
            change?.Invoke(config.Payouts);
            var scene = new Scene(await TestDatabase.NewAsync(), config, walletName);
            await using var connection = await scene._source.OpenConnectionAsync();
            scene._poolId = await connection.ExecuteScalarAsync<int>(
                "INSERT INTO pools (name, coin, network) VALUES ('main', 'bitcoin', 'regtest') RETURNING pool_id");
            await scene.Owe(Alice, AliceOwed, "first");
            await scene.Owe(Bob, BobOwed, "first");
            return scene;
        }

        public async Task Owe(string name, long amount, string cause)
        {
            await using var connection = await _source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await connection.ExecuteAsync("INSERT INTO accounts (name) VALUES (@name) ON CONFLICT DO NOTHING", new { name });
            var account = await connection.ExecuteScalarAsync<long>("SELECT account_id FROM accounts WHERE name = @name", new { name });
            await connection.ExecuteAsync(
                """
                INSERT INTO payout_addresses (account_id, coin, network, address) VALUES (@account, 'bitcoin', 'regtest', @name)
                ON CONFLICT DO NOTHING
                """,
                new { account, name });
            LedgerLine[] lines =
            [
                new(LedgerKind.BlockReward, null, -amount),
                new(LedgerKind.UserConfirmed, account, amount),
            ];
            await Ledger.PostAsync(
                connection, new LedgerPosting { PoolId = _poolId, Cause = $"test:{name}:{cause}", Lines = lines }, CancellationToken.None);
            await transaction.CommitAsync();
        }

        /// <summary>A round by objects that were made just now: whatever it knows, it knows from the database.</summary>
        public Task Run() =>
            new PayoutRound(Pool(), new PayoutStore(_source), RpcWallet(), TimeProvider.System, NullLogger.Instance)
                .Run(CancellationToken.None);

        /// <summary>Number of the first call of a method in an undisturbed payout of two lines.</summary>
        public int CallsBefore(string method) => method == "fundrawtransaction" ? 4 : throw new ArgumentException(method);

        public async Task<int> Release() => await Commands().Release(await Newest(), CancellationToken.None);

        public async Task<int> Bump() => await Commands().Bump(await Newest(), CancellationToken.None);

        public async Task<string> State() => (await Newest()).State;

        public async Task<long> Owed(string name)
        {
            await using var connection = await _source.OpenConnectionAsync();
            return await connection.ExecuteScalarAsync<long>(
                "SELECT balance FROM ledger_accounts JOIN accounts USING (account_id) WHERE kind = 'user_confirmed' AND name = @name",
                    new { name });
        }

        public async Task<long> Balance(string kind)
        {
            await using var connection = await _source.OpenConnectionAsync();
            return await connection.ExecuteScalarAsync<long>(
                "SELECT coalesce(sum(balance), 0)::bigint FROM ledger_accounts WHERE kind = @kind", new { kind });
        }

        public async Task AssertPaidOnce(string when = "")
        {
            Assert.That(Wallet.Sent, Has.Count.EqualTo(1), when);
            var paid = FakeWallet.Pays(Wallet.Sent.Single());
            Assert.That(paid[Alice], Is.EqualTo(AliceOwed), when);
            Assert.That(paid[Bob], Is.EqualTo(BobOwed), when);
            Assert.That(await Balance("paid"), Is.EqualTo(AliceOwed + BobOwed), when);
            Assert.That(await Owed(Alice), Is.Zero, when);
            Assert.That(await Balance("in_flight"), Is.Zero, when);
            await AssertBalanced();
        }

        public async Task AssertBalanced()
        {
            await using var connection = await _source.OpenConnectionAsync();
            Assert.That(await connection.ExecuteScalarAsync<long>("SELECT coalesce(sum(amount), 0)::bigint FROM ledger_lines"), Is.Zero);
        }

        public async ValueTask DisposeAsync()
        {
            await Wallet.DisposeAsync();
            await _source.DisposeAsync();
        }

        private PayoutPool Pool() => new(new KnownPool(_poolId, _config, CoinDefinitions.Get("bitcoin")!));

        private Wallet RpcWallet()
        {
            var wallet = new WalletConfig { Url = Wallet.Url, Name = CalledWallet };
            return new Wallet(NodeRpc.Of(wallet), wallet, 8);
        }

        private PayoutCommands Commands() => new(Pool(), new PayoutStore(_source), RpcWallet(), TestContext.Out);

        private async Task<Payout> Newest()
        {
            await using var connection = await _source.OpenConnectionAsync();
            var id = await connection.ExecuteScalarAsync<long>("SELECT max(payout_id) FROM payouts");
            return (await new PayoutStore(_source).Find(id))!;
        }
    }
}
