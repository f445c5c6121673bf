using Npgsql;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Storage;

namespace Viddhana.Tests.Backoffice.Money;

/// <summary>The rules of the ledger hold in the program and, if that fails, in the database.</summary>
public sealed class LedgerTests
{
    private NpgsqlDataSource _database = null!;
    private int _pool;
    private long _alice;

    [SetUp]
    public async Task MakeDatabase()
    {
        _database = await TestDatabase.NewAsync();
        await using var connection = await _database.OpenConnectionAsync();
        _pool = await connection.ScalarAsync<int>("INSERT INTO pools (name) VALUES ('p') RETURNING pool_id", [], default);
        _alice = await connection.ScalarAsync<long>("INSERT INTO accounts (name) VALUES ('alice') RETURNING account_id", [], default);
    }

    [TearDown]
    public ValueTask Close() => _database.DisposeAsync();

    [Test]
    public async Task A_cause_is_posted_once()
    {
        Assert.That(await PostAsync("c", 100), Is.True);
        Assert.That(await PostAsync("c", 100), Is.False);
        await using var connection = await _database.OpenConnectionAsync();
        Assert.That(await Ledger.BalanceAsync(connection, _pool, LedgerKind.UserConfirmed, _alice, default), Is.EqualTo(100));
        Assert.That(await Ledger.BalanceAsync(connection, _pool, LedgerKind.BlockReward, null, default), Is.EqualTo(-100));
        Assert.That((await LedgerAudit.RunAsync(_database, default)).IsOk);
    }

    [Test]
    public void Lines_that_do_not_sum_to_zero_are_refused_by_the_program()
    {
        LedgerLine[] lines = [new(LedgerKind.BlockReward, null, -100), new(LedgerKind.PoolFee, null, 99)];
        Assert.That(() => PostAsync("c", lines), Throws.TypeOf<LedgerException>());
    }

    [Test]
    public void A_kind_with_or_without_an_account_where_it_must_not_is_refused()
    {
        LedgerLine[] with = [new(LedgerKind.BlockReward, _alice, -1), new(LedgerKind.PoolFee, null, 1)];
        LedgerLine[] without = [new(LedgerKind.BlockReward, null, -1), new(LedgerKind.UserConfirmed, null, 1)];
        Assert.That(() => PostAsync("c", with), Throws.TypeOf<LedgerException>());
        Assert.That(() => PostAsync("d", without), Throws.TypeOf<LedgerException>());
    }

    [Test]
    public async Task Lines_of_one_account_are_added_up_and_zeros_left_out()
    {
        await PostAsync("c", [new(LedgerKind.BlockReward, null, -5), new(LedgerKind.BlockReward, null, -5),
            new(LedgerKind.PoolFee, null, 10),
            new(LedgerKind.UserConfirmed, _alice, 3), new(LedgerKind.UserConfirmed, _alice, -3)]);
        await using var connection = await _database.OpenConnectionAsync();
        Assert.That(await connection.ScalarAsync<long>("SELECT count(*) FROM ledger_lines", [], default), Is.EqualTo(2));
    }

    [TestCase("UPDATE ledger_lines SET amount = amount + 1")]
    [TestCase("DELETE FROM ledger_lines")]
    [TestCase("TRUNCATE ledger_lines")]
    [TestCase("UPDATE ledger_transactions SET cause = 'x'")]
    [TestCase("DELETE FROM ledger_transactions")]
    [TestCase("""
        INSERT INTO ledger_lines (transaction_id, ledger_account_id, amount)
        SELECT transaction_id, ledger_account_id, 1 FROM ledger_lines LIMIT 1
        """)]
    [TestCase("INSERT INTO ledger_transactions (pool_id, cause) SELECT pool_id, 'empty' FROM pools")]
    [TestCase("""
        WITH t AS (INSERT INTO ledger_transactions (pool_id, cause) SELECT pool_id, 'unbalanced' FROM pools RETURNING transaction_id)
        SELECT 1 FROM t
        """)]
    public async Task The_database_refuses_what_breaks_the_ledger(string sql)
    {
        await PostAsync("c", 100);
        await using var command = _database.CreateCommand(sql);
        Assert.That(() => command.ExecuteNonQueryAsync(), Throws.InstanceOf<PostgresException>());
        Assert.That((await LedgerAudit.RunAsync(_database, default)).IsOk);
    }

    [Test]
    public async Task The_database_refuses_lines_added_later_even_if_they_balance()
    {
        await PostAsync("c", 100);
        await using var connection = await _database.OpenConnectionAsync();
        var carol = await connection.ScalarAsync<long>("INSERT INTO accounts (name) VALUES ('carol') RETURNING account_id", [], default);
        var sql =
            $"""
            WITH a AS (INSERT INTO ledger_accounts (pool_id, kind, account_id)
                       VALUES ({_pool}, 'user_confirmed', {carol}), ({_pool}, 'paid', NULL)
                       RETURNING ledger_account_id)
            INSERT INTO ledger_lines (transaction_id, ledger_account_id, amount)
            SELECT (SELECT min(transaction_id) FROM ledger_transactions), ledger_account_id,
                   CASE WHEN row_number() OVER () = 1 THEN 5 ELSE -5 END FROM a
            """;
        Assert.That(() => connection.RunAsync(sql, [], default), Throws.InstanceOf<PostgresException>().With.Message.Contains("added"));
    }

    [Test]
    public async Task The_audit_finds_a_balance_that_its_lines_do_not_explain()
    {
        await PostAsync("c", 100);
        await using (var tamper = _database.CreateCommand("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'user_confirmed'"))
            await tamper.ExecuteNonQueryAsync();
        var audit = await LedgerAudit.RunAsync(_database, default);
        Assert.That(audit.IsOk, Is.False);
        Assert.That(audit.Problems.Single(), Does.Contain("balance 101, lines 100"));
    }

    /// <summary>A ledger of years takes longer to read than a command may take by default.</summary>
    [Test]
    public async Task The_audit_is_not_cut_off_by_the_time_out_of_commands()
    {
        await PostAsync("c", 100);
        await using var hasty = TestDatabase.Open(_database, commandTimeoutSeconds: 1);
        await using var blocker = await _database.OpenConnectionAsync();
        await using var transaction = await blocker.BeginTransactionAsync();
        await blocker.RunAsync("LOCK TABLE ledger_accounts IN ACCESS EXCLUSIVE MODE", [], default);
        var audit = LedgerAudit.RunAsync(hasty, default);
        await using var impatient = await hasty.OpenConnectionAsync();
        for (var i = 0; i < 2; i++)
            Assert.That(() => impatient.RunAsync("TABLE ledger_accounts", [], default), Throws.InstanceOf<NpgsqlException>());

        await transaction.CommitAsync();
        Assert.That((await audit).IsOk);
    }

    [Test]
    public async Task Postings_at_the_same_time_do_not_lose_each_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => PostAsync($"c{i}", i + 1)));
        await using var connection = await _database.OpenConnectionAsync();
        Assert.That(await Ledger.BalanceAsync(connection, _pool, LedgerKind.UserConfirmed, _alice, default), Is.EqualTo(820));
        Assert.That((await LedgerAudit.RunAsync(_database, default)).IsOk);
    }

    [TestCase("0.00001234", 8, 1_234)]
    [TestCase("1e-8", 8, 1)]
    [TestCase("-0.5", 8, -50_000_000)]
    [TestCase("21000000.00000000", 8, 21_000_000_00000000)]
    [TestCase("90071992.54740993", 8, 9_007_199_254_740_993)]
    public void Amounts_are_exact(string text, int decimals, long units) => Assert.That(Amounts.Parse(text, decimals), Is.EqualTo(units));

    [TestCase("0.000000001")]
    [TestCase("1e30")]
    [TestCase("")]
    [TestCase("0x10")]
    [TestCase("NaN")]
    public void Amounts_that_are_none_are_refused(string text) =>
        Assert.That(() => Amounts.Parse(text, 8), Throws.TypeOf<FormatException>());

    private Task<bool> PostAsync(string cause, long amount) =>
        PostAsync(cause, [new(LedgerKind.BlockReward, null, -amount), new(LedgerKind.UserConfirmed, _alice, amount)]);

    private Task<bool> PostAsync(string cause, LedgerLine[] lines) => _database.InTransactionAsync(
        connection => Ledger.PostAsync(connection, new LedgerPosting { PoolId = _pool, Cause = cause, Lines = lines }, default), default);
}
