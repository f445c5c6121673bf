using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;
using Viddhana.Backoffice.Health;
using Viddhana.Backoffice.Notices;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Notices;

/// <summary>Lines of a log.</summary>
internal sealed class LineLog<T> : ILogger<T>
{
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Lines) Lines.Add(formatter(state, exception));
    }
}

/// <summary>A login that owns an account with rigs, and a server where its notices go. What acts is made anew for each act.</summary>
internal sealed class NoticeScene : IAsyncDisposable
{
    public const string Account = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

    private NoticeScene(NpgsqlDataSource database, PoolBook pools) => (Database, Pools) = (database, pools);

    public NpgsqlDataSource Database { get; }

    public PoolBook Pools { get; }

    public TestClock Clock { get; } = new();

    public HookServer Server { get; } = new();

    public LineLog<NoticeOutbox> Log { get; } = new();

    public Metrics Metrics { get; } = new();

    public long LoginId { get; private set; }

    public long AccountId { get; private set; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    public static async Task<NoticeScene> New()
    {
        var database = await TestDatabase.NewAsync();
        var pool = new PoolConfig { Id = "main", Coin = "bitcoin", Network = "regtest", Address = Account };
        var scene = new NoticeScene(database, await PoolBook.LoadAsync(database, [pool], CancellationToken.None));
        await new Partitions(database).EnsureAsync([scene.Now.ToUnixTimeMilliseconds()], CancellationToken.None);
        scene.LoginId = await scene.Scalar<long>(
            "INSERT INTO logins (kind, name, password_hash, confirmed_at, created_at) VALUES ('email', 'a@example.org', '-', @Now, @Now) "
            + "RETURNING login_id");
        scene.AccountId = await scene.Scalar<long>($"INSERT INTO accounts (name) VALUES ('{Account}') RETURNING account_id");
        await scene.Run(
            "INSERT INTO claims (login_id, account_id, how, claimed_at) VALUES (@LoginId, @AccountId, 'signature', @Now)");
        return scene;
    }

    /// <summary>A webhook channel that has been proven.</summary>
    public Task<long> Channel(string path = "/hook", int digestMinutes = 0, string kind = "webhook") => Scalar<long>(
        $"""
        INSERT INTO notice_channels (login_id, kind, name, target, secret, digest_minutes, verified_at, created_at)
        VALUES (@LoginId, '{kind}', 'n', '{(kind == "webhook" ? Server.Url + path : path)}', 's', {digestMinutes}, @Now, @Now)
        RETURNING channel_id
        """);

    public Task<long> Rule(string kind, int minutes = 10, int percent = 50, string label = "NULL") => Scalar<long>(
        $"""
        INSERT INTO alert_rules (login_id, account_id, kind, minutes, percent, label, since)
        VALUES (@LoginId, @AccountId, '{kind}', {minutes}, {percent}, {label}, @Now) RETURNING rule_id
        """);

    public Task<int> Tell(string key, bool isSecurity = false, string title = "Something")
    {
        var kind = isSecurity ? "address-change" : "test";
        var draft = new NoticeDraft(AccountId, kind, key, title, ["line"]) { IsSecurity = isSecurity };
        return InTransaction(connection => NoticeBook.AddAsync(connection, draft, Now));
    }

    /// <summary>A look for what is due, by a sender that knows nothing of earlier ones.</summary>
    public async Task Send()
    {
        using var senders = new NoticeSenders(SenderTests.Config(Server, allowPrivate: true), Clock);
        while (await new NoticeOutbox(Database, senders, Clock, Metrics, Log).SendDue(CancellationToken.None)) continue;
    }

    public Task Look()
    {
        var config = new ViddhanaConfig();
        return new Alerts(Database, Pools, config, Clock, Metrics).Look(CancellationToken.None);
    }

    /// <summary>Titles of all notices so far, oldest first.</summary>
    public async Task<List<string>> Titles()
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QueryAsync<string>("SELECT title FROM notice_events ORDER BY event_id")).AsList();
    }

    public async Task<T?> Scalar<T>(string sql)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, new { LoginId, AccountId, Now, NowMs = Now.ToUnixTimeMilliseconds() });
    }

    public Task Run(string sql) => Scalar<object>(sql);

    public async Task<T> InTransaction<T>(Func<NpgsqlConnection, Task<T>> work) =>
        await Database.InTransactionAsync(work, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Database.DisposeAsync();
    }
}
