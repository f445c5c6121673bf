using System.Text.Json;
using Viddhana.Tests.EndToEnd.Harness;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd;

/// <summary>
/// What an operator sees and decides, with the real programs: engines tell how they are, a ban closes and keeps out, a name lets in; with
/// files on one machine, with Redis for two engines.
/// </summary>
public sealed class OperatorTests
{
    private const string Bits = "1e0346dc";

    [Test]
    public async Task On_one_machine_a_banned_worker_is_closed_and_kept_out_also_while_the_backoffice_is_away()
    {
        await using var chain = await SimulatedChain.Start(Bits);
        await using var pool = await RunningPool.Start(await Setup(chain, null));
        using var admin = await Staff.SignIn(pool);
        var account = await chain.NewAddress("miners");
        using var bad = await StratumClient.Connect(pool.Setup.StratumPort, account + ".bad");
        using var good = await StratumClient.Connect(pool.Setup.StratumPort, account + ".good");
        await AssertSeen(admin, chain, sessions: 2);

        var ban = await admin.Post("/api/v1/admin/bans", new { kind = "worker", target = account + ".bad", reason = "answers nobody" });
        await bad.WaitForEnd();
        Assert.That(await Refusal(pool.Setup.StratumPort, account + ".bad"), Does.Contain("[24,\"Banned: answers nobody\",null]"));
        await good.WaitForJob(_ => true);
        Assert.That(await Refusal(pool.Setup.StratumPort, account + ".other"), Is.Null, "nobody else is touched");

        await pool.Backoffice!.Terminate();
        File.Delete(Path.Combine(pool.Data, "committed", "directory"));
        await pool.Engine!.Terminate();
        await pool.StartEngine();
        Assert.That(await Refusal(pool.Setup.StratumPort, account + ".bad"), Does.Contain("Banned"), "the engine has a copy of its own");

        await pool.StartBackoffice();
        await admin.Again();
        await admin.Delete($"/api/v1/admin/bans/{ban.GetProperty("id").GetInt64()}");
        await Eventually.Holds("the ban is lifted", async () => await Refusal(pool.Setup.StratumPort, account + ".bad") is null);
        var audited = (await admin.Get("/api/v1/admin/audit")).GetProperty("items").EnumerateArray()
            .Select(entry => entry.GetProperty("action").GetString()).ToList();
        Assert.That(audited, Does.Contain("ban.added").And.Contain("ban.lifted"));
        await AssertSettings(admin, pool);

        await pool.Engine!.Terminate();
        await Eventually.Get("the engine has said that it stopped", () => EngineState(admin, 0), state => state == "stopped");
    }

    [Test]
    public async Task With_Redis_a_ban_and_a_name_reach_two_engines_and_an_empty_Redis_takes_neither_away()
    {
        await using var chain = await SimulatedChain.Start(Bits);
        await using var redis = await RedisServer.Start();
        await using var pool = await RunningPool.Start(await Setup(chain, redis.Url));
        using var folder = new TemporaryFolder();
        var setup = (await Setup(chain, redis.Url)) with { ExtraEngine = "  instance_id: 1" };
        await File.WriteAllTextAsync(folder["second.yaml"], setup.Yaml(folder["data"]));
        await using var second = RunningProgram.Start(Programs.Engine, ["--config", folder["second.yaml"]]);
        using var admin = await Staff.SignIn(pool);
        foreach (var engine in (int[])[0, 1])
            await Eventually.Get($"engine {engine} is there", () => EngineState(admin, engine), state => state == "ok");

        int[] ports = [pool.Setup.StratumPort, setup.StratumPort];
        var account = await chain.NewAddress("miners");
        var clients = await Task.WhenAll(ports.Select(port => StratumClient.Connect(port, account + ".rig")));
        var order = new { kind = "account", target = account.ToUpperInvariant(), reason = "floods", seconds = 3_600 };
        var ban = await admin.Post("/api/v1/admin/bans", order);
        Assert.That(ban.GetProperty("target").GetString(), Is.EqualTo(account));
        foreach (var client in clients)
        {
            await client.WaitForEnd();
            client.Dispose();
        }

        await MakeName(pool, "alice");
        foreach (var port in ports)
        {
            Assert.That(await Refusal(port, account), Does.Contain("Banned until").And.Contain("floods"));
            await Eventually.Holds("alice may log in", async () => await Refusal(port, "alice.rig") is null);
            Assert.That(await Refusal(port, "nobody.rig"), Does.Contain("Unknown account"));
        }

        await redis.Empty();
        await second.Kill();
        Assert.That(await Refusal(ports[0], account), Does.Contain("Banned"));
        Assert.That(await Refusal(ports[0], "alice.rig"), Is.Null);

        await using var again = RunningProgram.Start(Programs.Engine, ["--config", folder["second.yaml"]]);
        await again.WaitForLine("listening");
        Assert.That(await Refusal(ports[1], account), Does.Contain("Banned"), "from its own copy, or from what was put back");
        Assert.That(await Refusal(ports[1], "alice.rig"), Is.Null);
        await Eventually.Get("the second engine is seen again", () => EngineState(admin, 1), state => state == "ok");
    }

    private static async Task<PoolSetup> Setup(SimulatedChain chain, string? redis) => new()
    {
        Address = await chain.NewAddress("pool"),
        Nodes = [chain.Url],
        RedisUrl = redis,
    };

    private static async Task AssertSeen(Staff admin, SimulatedChain chain, int sessions)
    {
        var engine = await Eventually.Get(
            "the engine tells of both sessions",
            async () => (await admin.Get("/api/v1/admin/engines")).GetProperty("items").EnumerateArray().FirstOrDefault(),
            seen => seen.ValueKind == JsonValueKind.Object
                && seen.GetProperty("status") is { ValueKind: JsonValueKind.Object } status
                && status.GetProperty("listeners")[0].GetProperty("sessions").GetInt32() == sessions);
        Assert.That(engine.GetProperty("state").GetString(), Is.EqualTo("ok"));
        Assert.That(engine.ToString(), Does.Not.Contain("password"), "no credentials");
        var node = (await admin.Get("/api/v1/admin/nodes")).GetProperty("items")[0];
        Assert.That(node.GetProperty("state").GetString(), Is.EqualTo("up"));
        Assert.That(node.GetProperty("name").GetString(), Is.EqualTo(new Uri(chain.Url).Authority));
        var job = (await admin.Get("/api/v1/admin/jobs")).GetProperty("items")[0];
        Assert.That(job.GetProperty("height").GetInt64(), Is.EqualTo(1));
        Assert.That(job.GetProperty("transactions").GetInt32(), Is.Positive);
    }

    private static async Task AssertSettings(Staff admin, RunningPool pool)
    {
        var place = (await pool.Api("/api/v1/settings")).GetProperty("stratum")[0];
        Assert.That(place.GetProperty("port").GetInt32(), Is.EqualTo(pool.Setup.StratumPort));
        var settings = (await admin.Get("/api/v1/admin/settings")).GetProperty("items").EnumerateArray()
            .ToDictionary(one => one.GetProperty("key").GetString()!, one => one.GetProperty("value").GetString()!);
        Assert.That(settings["pools[0].ports[0].port"], Is.EqualTo($"{pool.Setup.StratumPort}"));
        Assert.That(settings["pools[0].nodes[0].url"], Does.Contain("user:***@"));
    }

    private static async Task<string> EngineState(Staff admin, int engine)
    {
        var engines = (await admin.Get("/api/v1/admin/engines")).GetProperty("items").EnumerateArray();
        return engines.Where(one => one.GetProperty("id").GetInt32() == engine).Select(one => one.GetProperty("state").GetString()!)
            .FirstOrDefault() ?? "not there";
    }

    /// <summary>What a login under this name is answered; null where it is let in.</summary>
    private static async Task<string?> Refusal(int port, string user)
    {
        using var client = await StratumClient.Connect(port);
        return await client.Authorize(user);
    }

    // As a login by e-mail makes one.
    private static async Task MakeName(RunningPool pool, string name) => await new Books(pool).Scalar<long>(
        """
        WITH login AS (
            INSERT INTO logins (kind, name, role, password_hash, confirmed_at, created_at)
            VALUES ('email', 'alice@example.com', 'miner', '-', now(), now()) RETURNING login_id),
        account AS (INSERT INTO accounts (name) VALUES (@name) RETURNING account_id)
        INSERT INTO claims (login_id, account_id, how, claimed_at)
        SELECT login_id, account_id, 'made', now() FROM login, account RETURNING account_id
        """,
        new { name });
}
