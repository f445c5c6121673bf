using Microsoft.Playwright;
using Viddhana.Tests.Backoffice.Accounts;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>What the owner of an account sees and does.</summary>
public sealed class AccountPageTests
{
    private static readonly Look[] Sizes = [Look.PhoneDark, Look.DesktopLight];

    private static readonly (string Path, string Text)[] Pages =
    [
        ("/account", "address"), ("/account/workers", "rig-1"), ("/account/payouts", "Confirmed"), ("/account/notifications", "Channels"),
        ("/account/security", "Second factor"), ("/account/keys", "How to use one"),
    ];

    [Category("Screenshots")]
    [TestCaseSource(nameof(Sizes))]
    public async Task Every_page_of_an_account_is_sound_and_shows_what_it_is_for(Look look)
    {
        await using var site = await Scene.AsWalletAsync("/account", look);
        foreach (var (path, text) in Pages)
        {
            await site.GoAsync(path);
            await Expect(site.Page.Locator("main").GetByText(text).First).ToBeVisibleAsync();
            await site.AssertFitsAsync();
            await site.AxeAsync();
            await site.ShotAsync(path[1..].Replace('/', '-'), isWhole: true);
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task Workers_are_labelled_many_at_once_and_found_by_their_label(Look look)
    {
        await using var site = await Scene.AsWalletAsync("/account/workers", look);
        var rows = site.Page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(Scene.Rigs.Length);
        await site.Page.GetByLabel("rig-1", new() { Exact = true }).CheckAsync();
        await site.Page.GetByLabel(Seed.HostileNames[1], new() { Exact = true }).CheckAsync();
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Label 2…" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        var label = $"{Seed.HostileNames[8]} {look.Name}";
        await dialog.GetByRole(AriaRole.Combobox, new() { Name = "Label" }).FillAsync(label);
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Set label" })).ToBeEnabledAsync();
        await site.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Set label" }).ClickAsync();
        await Expect(rows.Filter(new() { HasText = look.Name })).ToHaveCountAsync(2);
        await site.Page.GetByLabel("Label", new() { Exact = true }).SelectOptionAsync(label);
        await Expect(rows).ToHaveCountAsync(2);
        await site.AxeAsync();
    }

    [Category("Screenshots")]
    [Test]
    public async Task A_payout_address_is_changed_by_a_signature_waits_and_is_cancelled()
    {
        var other = new TestWallet(8, Contracts.CoinDefinitions.Get("bitcoin")!.Networks["mainnet"]).P2wpkh;
        await using var site = await Scene.AsWalletAsync("/account/payouts", Look.PhoneLight);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Change settings" }).First.ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog).First;
        await dialog.GetByLabel("Payout address").FillAsync(other);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Look at the change" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync(other);
        var message = await dialog.GetByLabel("Text to sign").TextContentAsync();
        await dialog.GetByLabel("2. Paste the signature").FillAsync(Scene.Wallet.SignBitcoin(message!));
        await site.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Change it" }).ClickAsync();
        await Expect(site.Page.GetByText("The payout address changes")).ToBeVisibleAsync();
        await site.ShotAsync("account-change");

        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the change" }).First.ClickAsync();
        await Expect(site.Page.GetByText("Asking again starts the wait")).ToBeVisibleAsync();
        await site.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel the change" }).ClickAsync();
        await Expect(site.Page.GetByText("The payout address changes")).ToHaveCountAsync(0);
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task A_key_is_shown_once_works_and_is_revoked(Look look)
    {
        await using var site = await Scene.AsWalletAsync("/account/keys", look);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "New key" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        var name = $"{Seed.HostileNames[4]} {look.Name}";
        await dialog.GetByLabel("Name").FillAsync(name);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        var key = await dialog.Locator(".secret-once code").TextContentAsync();
        await site.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "I have stored it" }).ClickAsync();
        var row = site.Page.Locator(".row-item").Filter(new() { HasText = name });
        await Expect(row).ToBeVisibleAsync();
        await Expect(site.Page.Locator("main")).Not.ToContainTextAsync(key!);
        Assert.That(await StatusWith(key!), Is.EqualTo(200));

        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke…" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("refused from now on");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Revoke", Exact = true }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        Assert.That(await StatusWith(key!), Is.EqualTo(401));
    }

    [Test]
    public async Task An_alert_is_refused_with_the_reason_made_and_removed()
    {
        await using var site = await Scene.AsWalletAsync("/account/notifications", Look.DesktopDark);
        await Expect(site.Page.GetByText("No channel yet")).ToBeVisibleAsync();
        var alerts = site.Page.GetByRole(AriaRole.Region, new() { Name = "Alerts" });
        await alerts.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Minutes").FillAsync("3");
        site.Allow(400, "/me/alerts");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("5");
        await dialog.GetByLabel("Minutes").FillAsync("20");
        await site.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(alerts).ToContainTextAsync("A worker sends no share for 20 minutes");
        await alerts.GetByRole(AriaRole.Button, new() { Name = "Remove…" }).ClickAsync();
        await site.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(alerts).ToContainTextAsync("No alert yet");
    }

    private static async Task<int> StatusWith(string key)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return (int)(await http.GetAsync($"{(await Scene.Get()).Url}/api/v1/me")).StatusCode;
    }
}
