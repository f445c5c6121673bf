using System.Net.Http.Json;
using System.Text.Json;
using Viddhana.Tests.Backoffice.Shares;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Backoffice.Host;

/// <summary>The real program: arguments, start on its private PostgreSQL, endpoints, stop.</summary>
public sealed class ProgramTests
{
    private static readonly string Program = Path.Combine(TestContext.CurrentContext.TestDirectory, "viddhana-backoffice");

    private TemporaryFolder _folder = null!;
    private int _port;

    [SetUp]
    public void Prepare()
    {
        (_folder, _port) = (new TemporaryFolder(), FreePorts.Take(1)[0]);
        // The private PostgreSQL runs as another user when the tests run as root.
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        File.WriteAllText(_folder["viddhana.yaml"], Config());
    }

    [TearDown]
    public void CleanUp() => _folder.Dispose();

    [Test]
    public async Task Wrong_arguments_and_wrong_configuration_end_with_2()
    {
        Assert.That((await RunAsync("--version")).ExitCode, Is.Zero);
        Assert.That((await RunAsync()).ExitCode, Is.EqualTo(2));
        Assert.That((await RunAsync("--config", _folder["missing"])).ExitCode, Is.EqualTo(2));
        Assert.That((await RunAsync("--config", _folder["viddhana.yaml"], "--nonsense")).ExitCode, Is.EqualTo(2));
        Assert.That((await RunAsync("--config", _folder["viddhana.yaml"], "engine", "skip", "0", "xyz", "1")).ExitCode, Is.EqualTo(2));
        Assert.That((await RunAsync("--config", _folder["viddhana.yaml"], "--check-config")).ExitCode, Is.Zero);

        File.WriteAllText(_folder["viddhana.yaml"], Config().Replace("slice_seconds: 10", "slice_second: 10", StringComparison.Ordinal));
        var wrong = await RunAsync("--config", _folder["viddhana.yaml"], "--check-config");
        Assert.That(wrong.ExitCode, Is.EqualTo(2));
        Assert.That(wrong.Output, Does.Contain("slice_second"));
    }

    [Test]
    public async Task It_starts_on_its_own_database_answers_consumes_and_stops_clean()
    {
        var engine = new TestEngine();
        engine.Shares("btc", 1_790_000_000_000, ("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", 10));
        engine.WriteJournal(_folder["journal"]);
        await using var program = Start();
        await program.WaitForLine("Now listening on");

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}"), Timeout = TimeSpan.FromSeconds(30) };
        Assert.That((await http.GetAsync("/health")).IsSuccessStatusCode);
        await Eventually.Holds(
            "the share is counted",
            async () => (await http.GetStringAsync("/metrics")).Contains("\nbackoffice_shares_total 1\n", StringComparison.Ordinal));
        await AssertMinerAsync(http, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
        await AssertMinerAsync(http, "BCRT1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KYGT080");
        var ready = await ReadyAsync(http);
        Assert.That(ready.GetProperty("postgres").GetProperty("ok").GetBoolean());
        Assert.That(ready.GetProperty("postgres").GetProperty("detail").GetString(), Does.Contain("active"));
        Assert.That(ready.GetProperty("shares").GetProperty("ok").GetBoolean());
        await Eventually.Get(
            "the missing node is told",
            async () => (await ReadyAsync(http)).GetProperty("node:btc"),
            node => !node.GetProperty("ok").GetBoolean());

        var release = await RunAsync("--config", _folder["viddhana.yaml"], "--data", _folder.Path, "engine", "release", "0");
        Assert.That(release.ExitCode, Is.Zero, release.Output);
        Assert.That(release.Output, Does.Contain($"released engine 0, epoch {engine.Epoch:x16}"));
        Assert.That((await http.GetAsync("/health")).IsSuccessStatusCode, "the command left the database running");

        await AssertLoginsAsync(http);
        var second = await RunAsync("--config", _folder["viddhana.yaml"], "--data", _folder.Path);
        Assert.That(second.ExitCode, Is.EqualTo(1), second.Output);
        Assert.That(second.Output, Does.Contain("Another backoffice"));

        Assert.That(await program.Terminate(), Is.Zero, program.Output);
        Assert.That(File.Exists(Path.Combine(_folder.Path, "postgres", "data", "postmaster.pid")), Is.False, "PostgreSQL is stopped");
    }

    [Test]
    public async Task Killed_it_leaves_its_database_to_the_next_which_goes_on_where_it_was()
    {
        var engine = new TestEngine();
        engine.Shares("btc", 1_790_000_000_000, ("a", 10));
        engine.WriteJournal(_folder["journal"]);
        var mark = Path.Combine(_folder["committed"], $"0-{engine.Epoch:x16}");
        await using (var killed = Start())
        {
            await Eventually.Holds("the share is committed", () => Task.FromResult(File.Exists(mark) && File.ReadAllText(mark) == "1"));
            await killed.Kill();
        }

        engine.Shares("btc", 1_790_000_000_500, ("a", 10));
        engine.WriteJournal(_folder["journal"]);
        await using var next = Start();
        await Eventually.Holds("the next share is committed", () => Task.FromResult(File.ReadAllText(mark) == "2"));
        Assert.That(await next.Terminate(), Is.Zero, next.Output);
    }

    /// <summary>The first admin's password is in its file, and what helps who is locked out works beside the running program.</summary>
    private async Task AssertLoginsAsync(HttpClient http)
    {
        var first = (await File.ReadAllTextAsync(Path.Combine(_folder.Path, "keys", "admin-password"))).Trim();
        var before = await SignInAsync(http, first);
        var rotated = await CommandAsync("keys", "rotate");
        Assert.That(rotated, Does.Contain("access tokens are signed with key"));
        Assert.That(await StatusAsync(http, before), Is.EqualTo(200), "nobody is signed out");
        Assert.That((await SignInAsync(http, first)).Split('.')[0], Is.Not.EqualTo(before.Split('.')[0]), "the new key signs");

        var second = (await CommandAsync("admin", "reset-password")).Split("new password of admin: ")[1].Split('\n')[0].Trim();
        Assert.That(await StatusAsync(http, before), Is.EqualTo(401), "its devices are signed out");
        Assert.That(await SignInAsync(http, second), Is.Not.Empty);
        Assert.That(await CommandAsync("audit", "verify"), Does.Contain("entries, whole"));
    }

    private async Task<string> CommandAsync(params string[] words)
    {
        var done = await RunAsync(["--config", _folder["viddhana.yaml"], "--data", _folder.Path, .. words]);
        Assert.That(done.ExitCode, Is.Zero, done.Output);
        return done.Output;
    }

    private static async Task<string> SignInAsync(HttpClient http, string password)
    {
        using var answer = await http.PostAsJsonAsync("/api/v1/auth/login", new { name = "admin", password });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString()!;
    }

    private static async Task<int> StatusAsync(HttpClient http, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/admin/audit");
        request.Headers.Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private static async Task<JsonElement> ReadyAsync(HttpClient http)
    {
        using var answer = await http.GetAsync("/ready");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("dependencies");
    }

    private static async Task AssertMinerAsync(HttpClient http, string asked)
    {
        var miner = JsonDocument.Parse(await http.GetStringAsync($"/api/v1/pools/btc/miners/{asked}")).RootElement;
        Assert.That(miner.GetProperty("address").GetString(), Is.EqualTo("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"));
        var workers = JsonDocument.Parse(await http.GetStringAsync($"/api/v1/pools/btc/miners/{asked}/workers")).RootElement;
        Assert.That(workers.GetProperty("items").GetArrayLength(), Is.EqualTo(1));
    }

    private RunningProgram Start() => RunningProgram.Start(Program, ["--config", _folder["viddhana.yaml"], "--data", _folder.Path]);

    private static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) => RunningProgram.Run(Program, arguments);

    private string Config() =>
        $"""
        pools:
          - id: btc
            coin: bitcoin
            network: regtest
            address: bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080
            nodes:
              - url: http://127.0.0.1:{FreePorts.Take(1)[0]}
            ports:
              - port: 3333
        backoffice:
          http:
            listen: 127.0.0.1
            port: {_port}
          slice_seconds: 10
          tracker_ms: 1000
        """;
}
