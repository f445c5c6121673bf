using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Tests.Backoffice.Accounts;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Web.Own;

/// <summary>
/// A pool in which a wallet of the tests mines, with rigs of hostile names, and a login of each role. Shared by the tests of what needs a
/// login; each changes only what it looks at.
/// </summary>
internal static class Scene
{
    /// <summary>Of every staff login.</summary>
    public const string Password = "correct horse battery staple";

    /// <summary>Admin of the scene.</summary>
    public const string Admin = "root";

    /// <summary>May ban, hold and approve.</summary>
    public const string Operator = "maria";

    /// <summary>May only read.</summary>
    public const string Support = "sam";

    /// <summary>What each rig of the wallet is called; '' has no name, the rest wants to be read as something else.</summary>
    public static readonly string[] Rigs = ["rig-1", "rig-2", "rig-3", "", .. Seed.HostileNames];

    /// <summary>Owns the account.</summary>
    public static readonly TestWallet Wallet = new(7, CoinDefinitions.Get("bitcoin")!.Networks["mainnet"]);

    private static readonly TemporaryFolder Journal = new();

    private static readonly Lazy<Task<RunningBackoffice>> Started = new(StartAsync);

    /// <summary>The address of the wallet, which is the account's name.</summary>
    public static string Address => Wallet.P2wpkh;

    /// <summary>The backoffice, started by whoever asks first.</summary>
    public static Task<RunningBackoffice> Get() => Started.Value;

    /// <summary>Ends it, if anyone has asked.</summary>
    public static async Task StopAsync()
    {
        if (Started.IsValueCreated) await (await Started.Value).DisposeAsync();
        Journal.Dispose();
    }

    /// <summary>A window of a staff login on a path.</summary>
    public static async Task<Site> AsStaffAsync(string name, string path, Look look)
    {
        var site = await Site.OpenAsync("/sign-in", look, at: await Get());
        await AskAsync(site, "login", $"{{\"name\":\"{name}\",\"password\":\"{Password}\"}}");
        await site.GoAsync(path);
        return site;
    }

    /// <summary>A window of the wallet's owner on a path.</summary>
    public static async Task<Site> AsWalletAsync(string path, Look look)
    {
        var site = await Site.OpenAsync("/sign-in", look, at: await Get());
        var challenge = await AskAsync(site, "challenge", $"{{\"address\":\"{Address}\",\"purpose\":\"login\"}}");
        var signature = Wallet.SignBitcoin(challenge.GetProperty("message").GetString()!);
        await AskAsync(site, "wallet", $"{{\"challengeId\":\"{challenge.GetProperty("challengeId")}\",\"signature\":\"{signature}\"}}");
        await site.GoAsync(path);
        return site;
    }

    /// <summary>Signs in as the page would, but for the forms, which have tests of their own.</summary>
    private static Task<System.Text.Json.JsonElement> AskAsync(Site site, string what, string body) =>
        site.Page.EvaluateAsync<System.Text.Json.JsonElement>(
            """
            async ([what, body]) => {
                const headers = { 'content-type': 'application/json' };
                const answer = await fetch(`/api/v1/auth/${what}`, { method: 'POST', headers, body });
                if (!answer.ok) throw new Error(await answer.text());
                localStorage.setItem('viddhana-session', '1');
                return await answer.json();
            }
            """,
            new[] { what, body });

    private static async Task<RunningBackoffice> StartAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(Journal.Path, JournalFiles.Status), Status());
        var backoffice = await WebFixture.NewAsync(
            new Seed("own", FillAsync), config =>
            {
                config.Backoffice.JournalDirectories.Add(Journal.Path);
                config.Backoffice.Access.RequestsPerMinuteSignedIn = 0;
                config.Backoffice.Notices.Webhook.AllowPrivate = true;
                // So low that every payout is asked about.
                config.Pools.Single(pool => pool.Id == "btc").Payouts.ApprovalAbove = 0.00001m;
            });
        await using var connection = await backoffice.Database.Source.OpenConnectionAsync();
        var hash = new Passwords().Hash(Password);
        var logins = new LoginStore(TimeProvider.System);
        foreach (var (name, role) in ((string, Role)[])[(Admin, Role.Admin), (Operator, Role.Operator), (Support, Role.Support)])
            await logins.MakeAsync(connection, LoginStore.Staff, name, role, hash, isConfirmed: true, CancellationToken.None);
        await new AuditLog(backoffice.Database.Source, TimeProvider.System)
            .AppendAsync(null, AuditActor.Program("tests"), "scene.made", Seed.HostileNames[1], new { reason = Seed.HostileNames[8] });
        return backoffice;
    }

    private static async Task FillAsync(NpgsqlDataSource database, PoolBook pools, long nowMs)
    {
        SeedRig[] rigs = [.. Rigs.Select((name, i) => new SeedRig(Address, name, (i + 1) * 1e14, 40, i == 2 ? 9 : 0))];
        const uint Bits = 0x1a_2816aa;
        await new SeedPool(database, pools, nowMs).MakeAsync(
            new SeedPlan(pools.ByName("btc")!, Bits, Seed.WorkOf(Bits), 312_500_000, 921_400, rigs, 6, 99), 0x0B2);
    }

    /// <summary>What an engine told: one node of two is away, with a text that wants to be markup.</summary>
    private static string Status()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var hostile = System.Text.Json.JsonSerializer.Serialize(Seed.HostileNames[1]);
        return $$$"""
            {"format":1,"engine":0,"epoch":"00000000000000e0","processStart":3,"number":1,
            "state":"running","at":{{{now}}},"intervalMs":2000,"version":"1.0","host":"rack1",
            "startedAt":{{{now - 60_000}}},"uptimeSeconds":60,
            "threads":2,"loopSilentMs":3,"memoryBytes":1,"cpuSeconds":1.5,"connections":2,"connectionsMax":100,
            "listeners":[{"pool":"btc","address":"0.0.0.0","port":3333,"tls":"off","hasBalancers":false,
              "plain":2,"encrypted":0,"sessions":1,"trouble":null}],
            "pools":[{"id":"btc","coin":"bitcoin","network":"mainnet","hashrate":1000.5,"blocksFound":2,"blocksWaiting":0,
              "shares":{"valid":980,"stale":11,"duplicate":1,"lowdiff":2,"invalid":0,"unauthorized":0,"unavailable":0},
              "sharesPerSecond":{"valid":0.5,"stale":0,"duplicate":0,"lowdiff":0,"invalid":0,"unauthorized":0,"unavailable":0},
              "jobs":{"newTips":4,"refreshes":9,"refused":0,"lastRefusal":null,"lastRefusalAt":0,"templateError":null,
                "templateAgeSeconds":5,"job":13,"height":921401,"ageSeconds":5,"transactions":3100,"reason":"newtip"},
              "nodes":[{"name":"10.0.0.1:8332","rank":0,"state":"up","active":true,"lags":false,"height":921400,"latencyMs":1.5,
                "templateMs":20,"detail":"block 921400","lastError":null,"lastErrorAt":0},
                {"name":"10.0.0.2:8332","rank":1,"state":"down","active":false,"lags":false,"height":921390,"latencyMs":1.5,
                "templateMs":20,"detail":"","lastError":{{{hostile}}},"lastErrorAt":{{{now}}}}]}],
            "journal":{"bytes":10,"bytesMax":1000,"sequence":12,"synced":12,"committed":12,"fsyncMs":1,"fsyncWorstMs":2,"trouble":null},
            "redis":null,"limits":{"refused_full":0,"closed_fault":0},"tls":null,
            "directory":{"version":"","toldAt":0,"names":0,"bans":0,"trouble":null}}
            """;
    }
}

/// <summary>Ends the scene after the last of its tests.</summary>
[SetUpFixture]
public sealed class SceneEnd
{
    [OneTimeTearDown]
    public Task Stop() => Scene.StopAsync();
}
