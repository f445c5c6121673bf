using Npgsql;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Audit;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Tests.Backoffice.Accounts;

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

    private static readonly Seed Seed = new("own", FillAsync);

    private static readonly Lazy<Task<RunningBackoffice>> Started = new(StartAsync);

    /// <summary>The address of the wallet, which is the account's name.</summary>
    public static string Address => Wallet.P2wpkh;

    /// <summary>The backoffice; ended with the fixture's others.</summary>
    public static Task<RunningBackoffice> Get() => Started.Value;

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
        var backoffice = await WebFixture.Get(Seed);
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
}
