using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>What the pool's staff sees and does.</summary>
public sealed class OperatorPageTests
{
    private static readonly Look[] Sizes = [Look.PhoneDark, Look.DesktopLight];

    private static readonly (string Path, string Text)[] Pages =
    [
        ("/admin", "What the backoffice depends on"), ("/admin/pools", "Freeze payouts"), ("/admin/engines", "Engine 0"),
        ("/admin/nodes", "10.0.0.2:8332"), ("/admin/jobs", "921,401"), ("/admin/shares", "Low difficulty"), ("/admin/miners", "Owed most"),
        ("/admin/bans", "Active"), ("/admin/payouts", "Waiting"), ("/admin/ledger", "The books balance"), ("/admin/logins", "maria"),
        ("/admin/audit?action=scene.made", "scene.made"), ("/admin/settings", "Secrets are never shown"),
    ];

    [Category("Screenshots")]
    [TestCaseSource(nameof(Sizes))]
    public async Task Every_operator_page_is_sound_and_shows_what_it_is_for(Look look)
    {
        await using var site = await Scene.AsStaffAsync(Scene.Admin, "/admin", look);
        foreach (var (path, text) in Pages)
        {
            await site.GoAsync(path);
            await Expect(site.Page.Locator("main").GetByText(text).First).ToBeVisibleAsync();
            // Alerts come and go by themselves: what moves here is news.
            await site.AssertFitsAsync();
            await site.AxeAsync();
            await site.ShotAsync(path.Split('?')[0][1..].Replace('/', '-'), isWhole: true);
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task A_ban_says_what_it_does_needs_a_reason_is_in_the_audit_log_and_is_lifted(Look look)
    {
        var target = look.IsPhone ? "203.0.113.7" : "198.51.100.7";
        await using var site = await Scene.AsStaffAsync(Scene.Operator, "/admin/bans", look);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Ban…" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Who").FillAsync(target);
        var ban = dialog.GetByRole(AriaRole.Button, new() { Name = "Ban", Exact = true });
        await Expect(ban).ToBeDisabledAsync();
        await dialog.GetByLabel("Reason").FillAsync(Seed.HostileNames[1]);
        await Expect(dialog).ToContainTextAsync("They are cut off at once");
        await site.AxeAsync();
        await ban.ClickAsync();
        var row = site.Page.Locator("tbody tr").Filter(new() { HasText = target });
        await Expect(row).ToContainTextAsync(Seed.HostileNames[1]);

        await row.GetByRole(AriaRole.Button, new() { Name = "Lift…" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("may connect again");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Keep as it is" }).ClickAsync();
        await Expect(row).ToBeVisibleAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Lift…" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Lift", Exact = true }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);

        await site.GoAsync("/admin/audit?action=ban.lifted");
        await Expect(site.Page.Locator("tbody tr").First).ToContainTextAsync(Scene.Operator);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Check the chain" }).ClickAsync();
        await Expect(site.Page.GetByText("Whole.")).ToBeVisibleAsync();
        await site.Page.Locator("tbody tr .row-open").First.ClickAsync();
        await Expect(dialog).ToContainTextAsync("ban.lifted");
        await site.AxeAsync();
    }

    [Test]
    public async Task Payouts_of_a_pool_are_frozen_and_released_with_a_reason_that_everyone_sees()
    {
        await using var site = await Scene.AsStaffAsync(Scene.Operator, "/admin/miners", Look.DesktopLight);
        await site.Page.GetByLabel("Address or stratum name").FillAsync(Scene.Address);
        await site.Page.Keyboard.PressAsync("Enter");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Hold payouts…" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        var hold = dialog.GetByRole(AriaRole.Button, new() { Name = "Hold payouts" });
        await Expect(hold).ToBeDisabledAsync();
        await dialog.GetByLabel("Reason").FillAsync("its owner asked by telephone");
        await site.AxeAsync();
        await hold.ClickAsync();
        await Expect(site.Page.GetByText("payouts held")).ToBeVisibleAsync();

        await site.GoAsync($"/miners/{Scene.Address}");
        await Expect(site.Page.GetByText("are held by the pool's operator")).ToBeVisibleAsync();
        await site.GoAsync("/admin/payouts");
        await site.Page.GetByRole(AriaRole.Tab, new() { Name = "Holds" }).ClickAsync();
        await Expect(site.Page.Locator("tbody")).ToContainTextAsync("its owner asked by telephone");

        await site.GoAsync($"/admin/miners?account={Scene.Address}");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Find" }).ClickAsync();
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Release payouts…" }).ClickAsync();
        await dialog.GetByLabel("Reason").FillAsync("asked again");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Release", Exact = true }).ClickAsync();
        await Expect(site.Page.GetByRole(AriaRole.Button, new() { Name = "Hold payouts…" })).ToBeVisibleAsync();
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task All_payouts_of_a_pool_are_frozen_with_a_reason_and_go_on(Look look)
    {
        await using var site = await Scene.AsStaffAsync(Scene.Operator, "/admin/pools", look);
        var pool = site.Page.Locator("main section").Filter(new() { HasText = "btc" }).First;
        await pool.GetByRole(AriaRole.Button, new() { Name = "Freeze payouts…" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        var freeze = dialog.GetByRole(AriaRole.Button, new() { Name = "Freeze payouts", Exact = true });
        await Expect(freeze).ToBeDisabledAsync();
        await dialog.GetByLabel("Reason").FillAsync(Seed.HostileNames[1]);
        await Expect(dialog).ToContainTextAsync("nothing is paid to anybody");
        await site.AxeAsync();
        await freeze.ClickAsync();
        var release = pool.GetByRole(AriaRole.Button, new() { Name = "Release payouts…" });
        await Expect(release).ToBeVisibleAsync();

        await site.GoAsync("/admin/payouts");
        await site.Page.GetByRole(AriaRole.Tab, new() { Name = "Holds" }).ClickAsync();
        await Expect(site.Page.Locator("tbody")).ToContainTextAsync(Seed.HostileNames[1]);
        await site.GoAsync("/admin/pools");
        await release.ClickAsync();
        await dialog.GetByLabel("Reason").FillAsync("looked at");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Release payouts", Exact = true }).ClickAsync();
        await Expect(pool.GetByRole(AriaRole.Button, new() { Name = "Freeze payouts…" })).ToBeVisibleAsync();
        await site.AssertFitsAsync();
    }

    [Test]
    public async Task Support_reads_and_finds_no_button_that_changes_anything()
    {
        await using var site = await Scene.AsStaffAsync(Scene.Support, "/admin/bans", Look.DesktopDark);
        foreach (var path in (string[])["/admin/bans", "/admin/pools", "/admin/payouts", "/admin/logins"])
        {
            await site.GoAsync(path);
            await Expect(site.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
            await Expect(site.Page.Locator("main .button-danger, main .page-actions .button")).ToHaveCountAsync(0);
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task An_admin_makes_a_staff_login_gives_it_a_role_and_locks_it(Look look)
    {
        var name = $"new-{look.Name}";
        await using var site = await Scene.AsStaffAsync(Scene.Admin, "/admin/logins", look);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "New staff login" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog).First;
        await dialog.GetByLabel("Name", new() { Exact = true }).FillAsync(name);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(dialog.Locator(".secret-once code")).Not.ToBeEmptyAsync();
        await site.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "I have stored it" }).ClickAsync();

        await site.Page.GetByLabel("Search logins").FillAsync(name);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();
        await dialog.GetByLabel("Role").SelectOptionAsync("operator");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Change the role…" }).ClickAsync();
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Make it operator" }).ClickAsync();
        var row = site.Page.Locator("tbody tr").Filter(new() { HasText = name });
        await Expect(row).ToContainTextAsync("operator");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Lock…" }).ClickAsync();
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Lock", Exact = true }).ClickAsync();
        await Expect(row).ToContainTextAsync("locked");
    }

    [Test]
    public async Task A_miner_is_told_that_operator_pages_are_not_for_it()
    {
        await using var site = await Scene.AsWalletAsync("/admin/payouts", Look.PhoneDark);
        await Expect(site.Page.GetByText("Not for this login")).ToBeVisibleAsync();
        await Expect(site.Page).ToHaveURLAsync(new Regex("/admin/payouts$"));
        await site.AssertSoundAsync();
    }
}
