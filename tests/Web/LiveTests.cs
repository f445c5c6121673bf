using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web;

/// <summary>Figures that arrive by themselves, and what happens where they cannot.</summary>
public sealed class LiveTests
{
    private static readonly LocatorAssertionsToContainTextOptions Patient = new() { Timeout = 30_000 };

    [Test]
    public async Task A_block_that_is_found_while_one_looks_shows_up_by_itself()
    {
        await using var backoffice = await WebFixture.NewAsync(Seed.Empty);
        await using var site = await Site.OpenAsync("/", Look.DesktopDark, at: backoffice);
        await Expect(site.Page.Locator(".live-word")).ToHaveTextAsync("Live");
        await Expect(site.Page.GetByText("No block yet. The first one")).ToBeVisibleAsync();
        await Seed.FindBlockAsync(backoffice);
        await Expect(site.Page.Locator(".feed")).ToContainTextAsync("Block 921,", Patient);
        await Expect(site.Page.Locator(".latest tbody")).ToContainTextAsync("921,", Patient);
        await Expect(site.Page.Locator(".hero-figure")).Not.ToContainTextAsync("0 H/s", Patient);
        await site.AssertStillAsync();
    }

    [Test]
    public async Task Without_the_live_channel_the_page_says_so_and_asks_instead()
    {
        await using var site = await Site.OpenAsync("/about", Look.DesktopDark);
        site.Allow(503, "/api/v1/live");
        await site.Page.RouteAsync("**/api/v1/live", route => route.FulfillAsync(new() { Status = 503, Body = "" }));
        await site.Page.Clock.InstallAsync();
        await site.GoAsync("/");
        await Expect(site.Page.Locator(".live-word")).ToHaveTextAsync("Polling");
        await site.Page.RunAndWaitForResponseAsync(
            () => site.Page.Clock.RunForAsync(20_000), answer => answer.Url.EndsWith("/stats", StringComparison.Ordinal));
        await Expect(site.Page.Locator(".hero-figure")).ToContainTextAsync("H/s");
    }

    [Test]
    public async Task A_failure_is_said_with_another_try_and_old_figures_stay()
    {
        await using var site = await Site.OpenAsync("/about", Look.PhoneDark);
        site.Allow(503, "/blocks");
        var isDown = true;
        await site.Page.RouteAsync("**/api/v1/pools/btc/blocks?*", route => isDown
            ? route.FulfillAsync(new()
            {
                Status = 503,
                ContentType = "application/problem+json",
                Body = """{"status":503,"detail":"the database does not answer; try again","code":"database-away"}""",
            })
            : route.ContinueAsync());
        await site.GoAsync("/blocks");
        await Expect(site.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("the database does not answer");
        isDown = false;
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        await Expect(site.Page.Locator("tbody tr").First).ToContainTextAsync("921,");

        isDown = true;
        await site.Page.GetByRole(AriaRole.Radio, new() { Name = "Orphaned" }).ClickAsync();
        await Expect(site.Page.Locator(".outdated")).ToContainTextAsync("Not up to date");
        await Expect(site.Page.Locator("tbody tr").First).ToContainTextAsync("921,");
    }
}
