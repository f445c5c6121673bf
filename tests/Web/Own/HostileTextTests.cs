using System.Net.Http.Json;
using System.Text.Json;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>
/// Text of others that wants to be markup, a script or a template (the field guide's list), in every place that shows it: read as text.
/// A dialog, a script that runs or a thing that the page's policy refuses would fail the window's end.
/// </summary>
public sealed class HostileTextTests
{
    private const string Agent = "<img src=x onerror=alert(1)>\"><svg onload=alert(1)>";

    private static readonly Lazy<Task> Planted = new(PlantOnceAsync);

    [Test]
    public async Task Names_of_workers_labels_reasons_keys_and_user_agents_are_seen_as_they_are_and_do_nothing()
    {
        await Planted.Value;
        await using var site = await Scene.AsWalletAsync("/account", Look.DesktopDark);
        foreach (var path in (string[])[$"/miners/{Scene.Address}", "/account/workers"])
        {
            await site.GoAsync(path);
            foreach (var name in Seed.HostileNames)
            {
                var seen = name.Replace("\u202E", "\u2039202E\u203A", StringComparison.Ordinal);
                await Expect(site.Page.Locator("tbody").GetByText(seen, new() { Exact = true }).First).ToBeAttachedAsync();
            }

            await AssertHarmlessAsync(site);
        }

        foreach (var name in Seed.HostileNames)
        {
            await site.GoAsync($"/miners/{Scene.Address}?w={Uri.EscapeDataString($"~{name}")}&search={Uri.EscapeDataString(name)}");
            await Expect(site.Page.Locator("dialog[open] h2")).ToContainTextAsync("Worker ");
            await AssertHarmlessAsync(site);
        }

        site.Allow(404, "/miners/");
        await site.GoAsync($"/miners/{Uri.EscapeDataString(Seed.HostileNames[1])}");
        await AssertHarmlessAsync(site);
        await site.GoAsync("/account/security");
        await Expect(site.Page.Locator(".agent").GetByText(Agent).First).ToBeVisibleAsync();
        await AssertHarmlessAsync(site);
        foreach (var path in (string[])["/account/keys", "/account/notifications", "/account/payouts"])
        {
            await site.GoAsync(path);
            await AssertHarmlessAsync(site);
        }
    }

    [Test]
    public async Task Operators_see_them_too_and_nothing_runs()
    {
        await Planted.Value;
        await using var site = await Scene.AsStaffAsync(Scene.Admin, "/admin", Look.PhoneDark);
        string[] paths =
        [
            "/admin", "/admin/pools", "/admin/engines", "/admin/nodes", "/admin/jobs", "/admin/miners", "/admin/bans?state=all",
            "/admin/payouts", "/admin/ledger", "/admin/logins", "/admin/audit", "/admin/settings",
        ];
        foreach (var path in paths)
        {
            await site.GoAsync(path);
            await AssertHarmlessAsync(site);
        }

        await site.GoAsync("/admin/nodes");
        await Expect(site.Page.GetByText(Seed.HostileNames[1])).ToBeVisibleAsync();
        await site.GoAsync("/admin/bans?state=all");
        await Expect(site.Page.Locator("tbody").GetByText($"as asked: {Seed.HostileNames[1]}").First).ToBeVisibleAsync();
        await site.GoAsync("/admin/audit?action=scene");
        await site.Page.Locator("tbody tr .row-open").First.ClickAsync();
        await Expect(site.Page.Locator("dialog[open] pre")).ToContainTextAsync("onload=alert(1)");
        await AssertHarmlessAsync(site);
    }

    /// <summary>Nothing in the document is of their making.</summary>
    private static async Task AssertHarmlessAsync(Site site)
    {
        var found = await site.Page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll(
                'img, iframe, object, embed, script:not([src]), [onload], [onerror], a[href^="javascript:"]')]
                .map(element => element.outerHTML.slice(0, 200))
            """);
        Assert.That(found, Is.Empty, site.Page.Url);
    }

    /// <summary>Once: labels, a key, a session and bans whose texts are theirs, by the API as anyone would.</summary>
    private static async Task PlantOnceAsync()
    {
        using var http = new HttpClient { BaseAddress = new Uri((await Scene.Get()).Url) };
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", Agent);
        var challenge = await SendAsync(http, HttpMethod.Post, "auth/challenge", new { address = Scene.Address, purpose = "login" });
        var signature = Scene.Wallet.SignBitcoin(challenge.GetProperty("message").GetString()!);
        await SignInAsync(http, "auth/wallet", new { challengeId = challenge.GetProperty("challengeId").GetString(), signature });
        // A character that turns the direction of a line is refused here; as a worker's name it is shown as ‹202E›.
        string[] texts = [.. Seed.HostileNames.Where(name => !name.StartsWith('\u202E'))];
        var labels = texts.Select(name => new { workers = new[] { name }, label = name }).ToList();
        await SendAsync(http, HttpMethod.Put, $"me/accounts/{Scene.Address}/workers/labels", new { items = labels });
        var key = new { name = Seed.HostileNames[1], scopes = new[] { "read" }, expiresInDays = 1 };
        await SendAsync(http, HttpMethod.Post, "me/keys", key);

        await SignInAsync(http, "auth/login", new { name = Scene.Operator, password = Scene.Password });
        // Reasons are told to miners in JSON: no quotes.
        string[] reasons = [.. texts.Where(text => text.All(c => c is >= ' ' and <= '~' and not ('"' or '\'' or '\\')))];
        for (var i = 0; i < reasons.Length; i++)
        {
            var ban = new { kind = "address", target = $"192.0.2.{i + 1}", reason = $"as asked: {reasons[i]}" };
            await SendAsync(http, HttpMethod.Post, "admin/bans", ban);
        }

        var worker = $"{Scene.Address}.<svg/onload=alert(1)>";
        await SendAsync(http, HttpMethod.Post, "admin/bans", new { kind = "worker", target = worker, reason = "a name" });
    }

    private static async Task SignInAsync(HttpClient http, string path, object body)
    {
        http.DefaultRequestHeaders.Authorization = null;
        var token = (await SendAsync(http, HttpMethod.Post, path, body)).GetProperty("accessToken").GetString();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
    }

    private static async Task<JsonElement> SendAsync(HttpClient http, HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/{path}") { Content = JsonContent.Create(body) };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, $"{path}: {text}");
        return text.Length > 0 ? JsonDocument.Parse(text).RootElement : default;
    }
}
