using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>The page of one miner, without a login.</summary>
public sealed partial class MinerPageTests
{
    private static readonly Look[] Sizes = [Look.PhoneDark, Look.DesktopLight];

    [Category("Screenshots")]
    [TestCaseSource(typeof(Look), nameof(Look.All))]
    public async Task A_miner_sees_rate_balance_workers_results_payments_and_achievements(Look look)
    {
        await using var site = await Site.OpenAsync($"/miners/{Seed.Miner}", look);
        var main = site.Page.Locator("main");
        await Expect(main.GetByRole(AriaRole.Definition).Filter(new() { HasTextRegex = RateText() }).First).ToBeVisibleAsync();
        await Expect(main.Locator(".rate-panel canvas").First).ToBeVisibleAsync();
        await Expect(main.Locator(".earnings .balance")).ToContainTextAsync("BTC");
        await Expect(main.Locator(".earnings")).ToContainTextAsync("Next payout");
        await Expect(main.Locator("#workers tbody tr")).ToHaveCountAsync(6);
        await Expect(main.Locator("#workers")).ToContainTextAsync("s21-rack-1");
        await Expect(main.Locator(".results .result")).ToHaveCountAsync(5);
        await Expect(main.Locator(".medal.won").First).ToBeVisibleAsync();
        await Expect(main.GetByRole(AriaRole.Tabpanel).Locator("a.out[href^='https://']").First).ToBeVisibleAsync();
        await site.AssertSoundAsync();
        await site.ShotAsync("miner", isWhole: true);
    }

    [Category("Screenshots")]
    [TestCaseSource(nameof(Sizes))]
    public async Task A_worker_is_found_by_state_and_name_and_opens_with_a_chart_of_its_own(Look look)
    {
        await using var site = await Site.OpenAsync($"/miners/{Seed.Miner}", look);
        var rows = site.Page.Locator("#workers tbody tr");
        await site.Page.Locator("#workers").GetByRole(AriaRole.Radio, new() { Name = "Off" }).ClickAsync();
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.First).ToContainTextAsync("old-s9");
        await site.Page.Locator("#workers").GetByRole(AriaRole.Radio, new() { Name = "All" }).ClickAsync();
        await site.Page.GetByLabel("Search workers by name").FillAsync("BITAXE");
        await Expect(rows).ToHaveCountAsync(1);
        await rows.First.Locator(".row-open").ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("Worker bitaxe-desk");
        await Expect(dialog.Locator("canvas").First).ToBeVisibleAsync();
        await Expect(dialog).ToContainTextAsync("Shares of the last day");
        await Expect(site.Page).ToHaveURLAsync(new Regex("w=%7Ebitaxe-desk"));
        await site.AxeAsync();
        await site.ShotAsync("worker");

        // The link opens the worker, wherever in the list it is.
        await site.GoAsync($"/miners/{Seed.Miner}?w=~");
        await Expect(dialog).ToContainTextAsync("(no name)");
        await site.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(site.Page).ToHaveURLAsync(new Regex($"/miners/{Seed.Miner}$"));
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task An_address_is_found_remembered_and_forgotten_and_an_unknown_one_is_told_what_to_do(Look look)
    {
        await using var site = await Site.OpenAsync("/miners", look);
        site.Allow(404, "/miners/");
        await site.AssertSoundAsync();
        var box = site.Page.GetByLabel("Address or account");
        await box.FillAsync("bc1qnobody");
        await site.Page.Keyboard.PressAsync("Enter");
        await Expect(site.Page.GetByText("has sent a share here yet")).ToBeVisibleAsync();
        await box.FillAsync($"{Seed.Miner}.s21-rack-1");
        await site.Page.Keyboard.PressAsync("Enter");
        await Expect(site.Page).ToHaveURLAsync(new Regex($"/miners/{Seed.Miner}$"));
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Remember" }).ClickAsync();
        await Expect(site.Page.GetByRole(AriaRole.Button, new() { Name = "Remembered" })).ToBeVisibleAsync();

        await site.GoAsync("/miners");
        await site.Page.Locator(".remembered a").ClickAsync();
        await Expect(site.Page).ToHaveURLAsync(new Regex($"/miners/{Seed.Miner}$"));
        await site.GoAsync("/miners");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Forget" }).ClickAsync();
        await Expect(site.Page.GetByText("None yet")).ToBeVisibleAsync();

        await site.GoAsync("/miners/bc1qnobody");
        await Expect(site.Page.GetByText("No share of this address yet")).ToBeVisibleAsync();
        await site.AssertSoundAsync();
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task Ten_thousand_workers_are_paged_searched_and_scrolled_without_filling_the_document(Look look)
    {
        await using var site = await Site.OpenAsync($"/miners/{Seed.BigMiner}", look, Seed.Crowd);
        var rows = site.Page.Locator("#workers tbody tr[data-row]");
        await Expect(site.Page.Locator("#workers")).ToContainTextAsync("10,000 ok");
        await Expect(rows.First).ToContainTextAsync("rig-00000");
        var list = site.Page.Locator(".table-virtual");
        for (var page = 0; page < 3; page++)
        {
            var known = await site.Page.Locator("#workers table").GetAttributeAsync("aria-rowcount");
            await list.EvaluateAsync("box => { box.scrollTop = box.scrollHeight; }");
            await Expect(site.Page.Locator("#workers table")).Not.ToHaveAttributeAsync("aria-rowcount", known!);
        }

        Assert.That(await rows.CountAsync(), Is.InRange(5, 80), "only what is in sight is in the document");
        await site.AssertFitsAsync();
        await site.Page.GetByLabel("Search workers by name").FillAsync("rig-09999");
        await Expect(rows).ToHaveCountAsync(1);
        await Expect(rows.First).ToContainTextAsync("rig-09999");
        await site.AxeAsync();
    }

    [GeneratedRegex(@"[\d.,]+ [kMGTPEZYRQ]?H/s")]
    private static partial Regex RateText();
}
