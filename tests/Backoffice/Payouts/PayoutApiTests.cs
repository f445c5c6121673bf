using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Money;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Tests.Backoffice.Payouts;

/// <summary>The endpoints of owners and operators: who may what, and what they answer.</summary>
public sealed class PayoutApiTests
{
    private const string Bob = TermsScene.Bob;
    private const string Password = "correct horse battery";
    private const long Coin = TermsScene.Coin;

    private TestHost _host = null!;
    private HttpClient _owner = null!;
    private HttpClient _operator = null!;
    private long _accountId;
    private byte[] _totp = [];
    private int _causes;

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await TestHost.StartAsync(config =>
        {
            config.Pools[0].Payouts.Threshold = 1m;
            config.Pools[0].Payouts.ApprovalAbove = 5m;
            config.Pools[0].Payouts.Wallet = new WalletConfig { Url = "http://127.0.0.1:1" };
        });
        var (token, loginId, _) = await _host.SignInAsync(Role.Miner, hasSecondFactor: false);
        _owner = _host.As(token);
        _operator = _host.As(await _host.TokenAsync(Role.Operator));
        _accountId = await _host.ClaimAsync(loginId, "farm", isMade: true);
        await using var connection = await _host.Database.OpenConnectionAsync();
        var hash = _host.Services.GetRequiredService<Passwords>().Hash(Password);
        await connection.RunAsync("UPDATE logins SET password_hash = $1 WHERE login_id = $2", [hash, loginId], CancellationToken.None);
        var second = _host.Services.GetRequiredService<SecondFactor>();
        _totp = await second.OfferAsync(connection, loginId, CancellationToken.None);
        await second.EnableAsync(connection, loginId, Code(), CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _owner.Dispose();
        _operator.Dispose();
        await _host.DisposeAsync();
    }

    [Test]
    public async Task Settings_are_changed_by_proof_alone_and_a_new_address_waits()
    {
        await Owe(2 * Coin);
        var body = new Dictionary<string, object> { ["coin"] = "BTC", ["threshold"] = "1.5", ["schedule"] = "weekly" };
        await Refused(403, "proof-missing", await Put(body));
        await Refused(403, "proof-refused", await Put(body, new { password = "wrong", code = Code() }));
        var settings = await Json(await Put(body, Proof()));
        Assert.That(Decimal(settings, "threshold"), Is.EqualTo("1.50000000"));
        Assert.That(settings.GetProperty("schedule").GetString(), Is.EqualTo("weekly"));

        await Refused(400, "threshold-out-of-bounds", await Put(new() { ["threshold"] = "0.0000001" }, Proof()));
        await Refused(400, "threshold-out-of-bounds", await Put(new() { ["threshold"] = "1e-1" }, Proof()));
        await Refused(400, "address-invalid", await Put(new() { ["address"] = "bc1qnonsense" }, Proof()));
        await Refused(400, "schedule-unknown", await Put(new() { ["schedule"] = "hourly" }, Proof()));
        await Refused(400, "nothing-to-change", await Put([], Proof()));
        await Refused(404, "no-coin", await Put(new() { ["coin"] = "doge", ["paused"] = true }, Proof()));

        var preview = await Json(await _owner.PostAsJsonAsync("/api/v1/payout-settings/preview", new { address = Bob }));
        Assert.That(preview.GetProperty("detail").GetString(), Is.EqualTo($"bitcoin regtest: pay to {Bob}"));
        var changed = await Json(await Put(new() { ["address"] = Bob }, Proof()));
        Assert.That(changed.GetProperty("address").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(changed.GetProperty("change").GetProperty("to").GetString(), Is.EqualTo(Bob));
        await Refused(409, "change-waits", await Put(new() { ["address"] = TermsScene.Carol }, Proof()));

        var state = await Json(await _host.As().GetAsync("/api/v1/pools/btc/miners/farm/payout-state"));
        Assert.That(state.GetProperty("change").GetProperty("to").GetString(), Is.EqualTo("mipcBb…ZJRfn"[..7] + Bob[^4..]));
        Assert.That(state.GetProperty("state").GetString(), Is.EqualTo("no-address"));
        await Refused(404, "no-change", await _host.As().PostAsJsonAsync("/api/v1/payout-settings/cancel-change", new { code = "x" }));
        var nobody = await _host.As().PostAsJsonAsync("/api/v1/payout-settings/cancel-change", new { coin = "BTC" });
        await Refused(401, "login-needed", nobody);
        Assert.That((await _owner.PostAsJsonAsync("/api/v1/payout-settings/cancel-change", new { })).IsSuccessStatusCode);
    }

    [Test]
    public async Task Another_login_can_neither_see_nor_change_nor_ask_anything()
    {
        var other = _host.As(await _host.TokenAsync(Role.Miner));
        foreach (var path in (string[])["payout-settings", "payouts", "payout", "balance/BTC"])
            await Refused(404, "no-account", await other.GetAsync($"/api/v1/{path}?account=farm"));
        await Refused(404, "no-account", await other.PutAsJsonAsync("/api/v1/payout-settings", new { account = "farm", paused = true }));
        await Refused(404, "no-account", await other.PostAsJsonAsync("/api/v1/payout-settings/cancel-change", new { account = "farm" }));
        using var ask = Ask("k");
        await Refused(404, "no-account", await other.SendAsync(ask));
        Assert.That((await _host.As().GetAsync("/api/v1/payouts")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            (await other.PostAsJsonAsync("/api/v1/admin/accounts/farm/freeze", new { reason = "because" })).StatusCode,
            Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task A_payout_is_asked_for_with_a_key_and_the_key_gives_the_same_answer_again()
    {
        await Owe(2 * Coin);
        await Refused(400, "idempotency-key-missing", await _owner.PostAsJsonAsync("/api/v1/payout", new { pool = "btc" }));
        using var strange = Ask("a b");
        await Refused(400, "idempotency-key-invalid", await _owner.SendAsync(strange));

        await SetAddress(Bob);
        using var first = Ask("k1");
        var made = await _owner.SendAsync(first);
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        var request = await Json(made);
        using var second = Ask("k1");
        var again = await _owner.SendAsync(second);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await Json(again)).GetProperty("id").GetInt64(), Is.EqualTo(request.GetProperty("id").GetInt64()));
        using var third = Ask("k2");
        await Refused(409, "request-waits", await _owner.SendAsync(third));
        var withdrawn = await _owner.DeleteAsync($"/api/v1/payout/{request.GetProperty("id").GetInt64()}");
        Assert.That(withdrawn.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await SetAddress(null);
    }

    [Test]
    public async Task An_operator_freezes_approves_and_releases_with_a_reason_and_everybody_sees_the_state()
    {
        await Owe(20 * Coin);
        await SetAddress(Bob);
        const string Admin = "/api/v1/admin";
        var turned = new { reason = "\u202e no" };
        await Refused(400, "reason-missing", await _operator.PostAsJsonAsync($"{Admin}/accounts/farm/freeze", turned));
        Assert.That(await Why(), Is.EqualTo("approval"));
        await Json(await _operator.PostAsJsonAsync($"{Admin}/accounts/farm/freeze", new { reason = "court order" }));
        Assert.That(await Why(), Is.EqualTo("frozen"));
        await Refused(409, "already-frozen", await _operator.PostAsJsonAsync($"{Admin}/accounts/farm/freeze", new { reason = "again" }));
        var holds = await Json(await _operator.GetAsync($"{Admin}/holds"));
        Assert.That(holds.GetProperty("items")[0].GetProperty("reason").GetString(), Is.EqualTo("court order"));
        await Json(await _operator.PostAsJsonAsync($"{Admin}/accounts/farm/release", new { reason = "order lifted" }));
        await Refused(409, "not-frozen", await _operator.PostAsJsonAsync($"{Admin}/accounts/farm/release", new { reason = "again" }));

        var approval = new { pool = "btc", account = "farm", amount = "7", reason = "known customer" };
        var approved = await Json(await _operator.PostAsJsonAsync($"{Admin}/payouts/approve", approval));
        Assert.That(Decimal(approved, "amount"), Is.EqualTo("7.00000000"));
        Assert.That(await Why(), Is.EqualTo("next-round"));
        await Json(await _operator.PostAsJsonAsync($"{Admin}/pools/btc/payouts/freeze", new { reason = "wallet upgrade" }));
        Assert.That(await Why(), Is.EqualTo("pool-frozen").Or.EqualTo("next-round"));
        await Json(await _operator.PostAsJsonAsync($"{Admin}/pools/btc/payouts/release", new { reason = "done now" }));
        await Refused(404, "no-payout", await _operator.PostAsJsonAsync($"{Admin}/payouts/99/freeze", new { reason = "why not" }));
        await SetAddress(null);
    }

    [Test]
    public async Task A_balance_tells_what_is_owed_in_flight_and_paid()
    {
        var before = await Json(await _owner.GetAsync("/api/v1/balance/btc"));
        await Owe(Coin);
        var after = await Json(await _owner.GetAsync("/api/v1/balance/bitcoin"));
        Assert.That(
            Units(after, "confirmed") - Units(before, "confirmed"), Is.EqualTo(Coin));
        Assert.That(after.GetProperty("pools")[0].GetProperty("pool").GetString(), Is.EqualTo("btc"));
        await Refused(404, "no-coin", await _owner.GetAsync("/api/v1/balance/%27%3B--"));
        Assert.That((await Json(await _owner.GetAsync("/api/v1/payouts"))).GetProperty("items").GetArrayLength(), Is.Zero);
    }

    private async Task<string?> Why()
    {
        var waiting = await Json(await _operator.GetAsync("/api/v1/admin/payouts/waiting?pool=btc"));
        return waiting.GetProperty("items")[0].GetProperty("why").GetString();
    }

    private static HttpRequestMessage Ask(string key) => new(HttpMethod.Post, "/api/v1/payout")
    {
        Headers = { { "Idempotency-Key", key } },
        Content = JsonContent.Create(new { pool = "btc", account = "farm" }),
    };

    private Task<HttpResponseMessage> Put(Dictionary<string, object> body, object? proof = null)
    {
        var all = new Dictionary<string, object?>(body.ToDictionary(pair => pair.Key, pair => (object?)pair.Value)) { ["proof"] = proof };
        return _owner.PutAsJsonAsync("/api/v1/payout-settings", all);
    }

    /// <summary>A code is good once: time goes on before the next.</summary>
    private object Proof()
    {
        _host.Clock.Advance(TimeSpan.FromSeconds(31));
        return new { password = Password, code = Code() };
    }

    private string Code() => Totp.Code(_totp, Totp.Step(_host.Clock.GetUtcNow()));

    private async Task Owe(long amount)
    {
        await using var connection = await _host.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        LedgerLine[] lines = [new(LedgerKind.BlockReward, null, -amount), new(LedgerKind.UserConfirmed, _accountId, amount)];
        var posting = new LedgerPosting { PoolId = _host.Pools.All.First().PoolId, Cause = $"test:{++_causes}", Lines = lines };
        await Ledger.PostAsync(connection, posting, CancellationToken.None);
        await transaction.CommitAsync();
    }

    private async Task SetAddress(string? address)
    {
        await using var connection = await _host.Database.OpenConnectionAsync();
        await connection.RunAsync("DELETE FROM payout_addresses WHERE account_id = $1", [_accountId], CancellationToken.None);
        if (address is not null)
            await AddressChanges.SetAsync(connection, _accountId, "bitcoin", "regtest", address, _host.Clock.GetUtcNow());
    }

    private static async Task Refused(int status, string code, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("code").GetString(), Is.EqualTo(code));
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, $"{answer.RequestMessage?.RequestUri}: {(int)answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static string? Decimal(JsonElement answer, string name) => answer.GetProperty(name).GetProperty("decimal").GetString();

    private static long Units(JsonElement answer, string name) => long.Parse(answer.GetProperty(name).GetProperty("amount").GetString()!);
}
