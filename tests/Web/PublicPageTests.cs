using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web;

/// <summary>What a person does on the public pages, at the size of a phone and of a desk.</summary>
[Parallelizable(ParallelScope.All)]
public sealed partial class PublicPageTests
{
    private static readonly Look[] Sizes = [Look.PhoneDark, Look.DesktopLight];

    [TestCaseSource(nameof(Sizes))]
    public async Task From_the_start_to_a_block_by_its_row_and_back(Look look)
    {
        await using var site = await Site.OpenAsync("/", look);
        await Expect(site.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Bitcoin pool");
        await Expect(site.Page.Locator(".hero-figure")).ToHaveTextAsync(RateText());
        await Expect(site.Page.Locator(".news").First).ToBeVisibleAsync();

        await Nav(site, "Blocks");
        await Expect(site.Page).ToHaveURLAsync(new Regex("/blocks"));
        await Expect(site.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeFocusedAsync();
        await site.Page.GetByRole(AriaRole.Radio, new() { Name = "Orphaned" }).ClickAsync();
        var rows = site.Page.Locator("tbody tr");
        await Expect(rows).ToHaveCountAsync(1);
        await rows.First.Locator(".row-open").ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("another block is there");
        await site.AxeAsync();
        await site.Page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToBeHiddenAsync();
        Assert.That(site.Page.Url, Does.Not.Contain("block="));

        await site.Page.GoBackAsync();
        await Expect(site.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Bitcoin pool");
    }

    [TestCaseSource(nameof(Sizes))]
    [Category("Screenshots")]
    public async Task The_connect_guide_writes_what_to_type_for_each_device_and_refuses_a_wrong_address(Look look)
    {
        await using var site = await Site.OpenAsync("/connect", look);
        var address = site.Page.GetByLabel("Your payout address");
        await address.FillAsync(Seed.Miner[..^1] + (Seed.Miner[^1] == 'q' ? 'p' : 'q'));
        await Expect(site.Page.GetByText("Its checksum is wrong")).ToBeVisibleAsync();
        await address.FillAsync("LZ8YCBwYQJ5Yt8nAQVgRkXs3vx3gBNhM1A");
        await Expect(site.Page.Locator(".field-error")).ToBeVisibleAsync();
        await address.FillAsync(Seed.Miner);
        await Expect(site.Page.GetByText("A valid Bitcoin address")).ToBeVisibleAsync();
        await Expect(site.Page.Locator(".typed")).ToContainTextAsync($"{Seed.Miner}.rig1");
        await Expect(site.Page.Locator("svg.qr")).ToBeVisibleAsync();

        await site.Page.GetByLabel("Device or program").SelectOptionAsync("cpuminer");
        await site.Page.GetByRole(AriaRole.Radio, new() { Name = "Start at" }).ClickAsync();
        await site.Page.GetByLabel("Start at", new() { Exact = true }).Last.FillAsync("4096");
        await Expect(site.Page.Locator(".command pre"))
            .ToHaveTextAsync($"minerd -a sha256d -o stratum+tcp://127.0.0.1:3333 -u {Seed.Miner}.rig1 -p d=4096");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Copy the command" }).ClickAsync();
        Assert.That(await site.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()"), Does.Contain("d=4096"));

        await site.Page.GetByLabel("Port").SelectOptionAsync("3334");
        await Expect(site.Page.Locator(".command pre")).ToContainTextAsync("stratum+tcps://127.0.0.1:3334");
        await site.Page.GetByLabel("Device or program").SelectOptionAsync("nerdminer");
        await Expect(site.Page.Locator(".notice-warn")).ToContainTextAsync("take a plain port");
        await site.AssertFitsAsync();
        await site.AxeAsync();
        await site.ShotAsync("connect-filled");
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task Another_coin_is_chosen_once_and_remembered(Look look)
    {
        await using var site = await Site.OpenAsync("/", look);
        await site.Page.GetByLabel("Pool", new() { Exact = true }).SelectOptionAsync("ltc");
        await Expect(site.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Litecoin pool");
        await site.GoAsync("/blocks");
        await Expect(site.Page.Locator(".lead")).ToContainTextAsync("Litecoin");
        var rows = site.Page.Locator("tbody tr");
        var first = await rows.CountAsync();
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Show more" }).ClickAsync();
        await Expect(rows).Not.ToHaveCountAsync(first);
        Assert.That(
            await rows.EvaluateAllAsync<int>("rows => new Set(rows.map(r => r.querySelector('.row-open').textContent)).size"),
            Is.EqualTo(await rows.CountAsync()), "no block twice");
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task A_chart_is_zoomed_and_read_by_pointer_and_keys_and_is_a_table_too(Look look)
    {
        await using var site = await Site.OpenAsync("/pools/btc", look);
        var stage = site.Page.Locator(".chart-stage");
        await stage.Locator("canvas").WaitForAsync();
        var all = site.Page.GetByRole(AriaRole.Button, new() { Name = "Show all" });
        await Expect(all).ToBeDisabledAsync();
        await stage.FocusAsync();
        await site.Page.Keyboard.PressAsync("ArrowLeft");
        await Expect(stage.Locator(".chart-tip")).ToContainTextAsync("H/s");
        await Expect(site.Page.Locator(".chart [role=status]")).ToContainTextAsync("H/s (");
        await site.Page.Keyboard.PressAsync("+");
        await Expect(all).ToBeEnabledAsync();
        await site.Page.Keyboard.PressAsync("0");
        await Expect(all).ToBeDisabledAsync();

        var box = (await stage.Locator(".u-over").BoundingBoxAsync())!;
        if (!look.IsPhone)
        {
            await site.Page.Mouse.MoveAsync(box.X + (box.Width * 0.3f), box.Y + 40);
            await site.Page.Mouse.DownAsync();
            await site.Page.Mouse.MoveAsync(box.X + (box.Width * 0.6f), box.Y + 60, new() { Steps = 4 });
            await site.Page.Mouse.UpAsync();
            await Expect(all).ToBeEnabledAsync();
            await all.ClickAsync();
        }

        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Table" }).ClickAsync();
        await Expect(site.Page.Locator(".chart-table tbody tr").Nth(20)).ToBeAttachedAsync();
        await site.AxeAsync();
    }

    [Test]
    public async Task The_theme_follows_the_system_until_it_is_chosen_and_is_there_before_the_first_paint()
    {
        await using var site = await Site.OpenAsync("/about", Look.DesktopLight);
        const string Ground = "() => getComputedStyle(document.documentElement).backgroundColor";
        var light = await site.Page.EvaluateAsync<string>(Ground);
        await site.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Theme") }).ClickAsync();
        await Expect(site.Page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        var dark = await site.Page.EvaluateAsync<string>(Ground);
        Assert.That(dark, Is.Not.EqualTo(light));
        await site.GoAsync("/about");
        Assert.That(await site.Page.EvaluateAsync<string>(Ground), Is.EqualTo(dark));
        await site.AxeAsync();
    }

    [Test]
    public async Task Everything_is_reached_by_keys_alone()
    {
        await using var site = await Site.OpenAsync("/", Look.DesktopDark);
        await site.Page.Keyboard.PressAsync("Tab");
        await Expect(site.Page.GetByText("Skip to content")).ToBeFocusedAsync();
        await site.Page.Keyboard.PressAsync("Enter");
        await Expect(site.Page.Locator("main")).ToBeFocusedAsync();
        await site.Page.Keyboard.PressAsync("Tab");
        await Expect(site.Page.GetByLabel("Your miner")).ToBeFocusedAsync();
        await site.Page.Keyboard.TypeAsync($"{Seed.Miner}.rig");
        await site.Page.Keyboard.PressAsync("Enter");
        await Expect(site.Page).ToHaveURLAsync(new Regex($"/miners/{Seed.Miner}"));

        await site.GoAsync("/blocks");
        await site.Page.GetByRole(AriaRole.Radio, new() { Name = "All" }).FocusAsync();
        await site.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(site.Page.GetByRole(AriaRole.Radio, new() { Name = "Maturing" })).ToBeCheckedAsync();
        await Expect(site.Page.Locator("tbody tr")).ToHaveCountAsync(2);
        await site.Page.Keyboard.PressAsync("Tab");
        await site.Page.Keyboard.PressAsync("Enter");
        await Expect(site.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Network difficulty");
    }

    [Test]
    public async Task Pools_without_a_past_say_what_will_be_there()
    {
        await using var site = await Site.OpenAsync("/", Look.PhoneLight, Seed.Empty);
        await Expect(site.Page.GetByText("No block yet. The first one")).ToBeVisibleAsync();
        foreach (var (path, text) in ((string, string)[])
            [("/blocks", "No block yet"), ("/leaderboard", "Nobody has mined"), ("/pools/ltc", "No payout yet"), ("/pools", "none yet")])
        {
            await site.GoAsync(path);
            await Expect(site.Page.Locator("main").GetByText(text).First).ToBeVisibleAsync();
            await site.AssertSoundAsync();
        }
    }

    private static Task Nav(Site site, string name) => site.Page
        .GetByRole(AriaRole.Navigation, new() { Name = site.Look.IsPhone ? "Shortcuts" : "Main" })
        .GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();

    [GeneratedRegex(@"[\d.,]+ [kMGTPEZYRQ]?H/s")]
    private static partial Regex RateText();
}
