using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Viddhana.Tests.Backoffice.Notices;
using Viddhana.Tests.Shared;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>By which channels an owner hears of things.</summary>
public sealed class ChannelPageTests
{
    private static readonly Look[] Sizes = [Look.PhoneDark, Look.DesktopLight];

    [TestCaseSource(nameof(Sizes))]
    public async Task A_channel_is_used_once_the_code_that_came_by_it_was_typed_and_is_removed(Look look)
    {
        var name = $"{Seed.HostileNames[1]} {look.Name}";
        await using var hook = new HookServer();
        await using var site = await Scene.AsWalletAsync("/account/notifications", look);
        var channels = site.Page.GetByRole(AriaRole.Region, new() { Name = "Channels" });
        await channels.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Kind").SelectOptionAsync("webhook");
        await dialog.GetByLabel("URL").FillAsync($"{hook.Url}/told");
        await dialog.GetByLabel("Name").FillAsync(name);
        await site.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(dialog.Locator(".secret-once code")).Not.ToBeEmptyAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "I have stored it" }).ClickAsync();

        await Eventually.Holds("the code has come", () => Task.FromResult(!hook.Requests.IsEmpty));
        var code = Regex.Match(hook.Requests.Last().Body, "Code: ([0-9]{8})").Groups[1].Value;
        site.Allow(400, "/verify");
        await dialog.GetByLabel("Code").FillAsync(code == "00000000" ? "00000001" : "00000000");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Expect(dialog.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await site.AxeAsync();
        await dialog.GetByLabel("Code").FillAsync(code);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        var row = channels.Locator(".row-item").Filter(new() { HasText = name });
        await Expect(row).ToContainTextAsync("ok");
        await site.AxeAsync();

        await row.GetByRole(AriaRole.Button, new() { Name = "Remove…" }).ClickAsync();
        await Expect(dialog).ToContainTextAsync("for seven days");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);
        await site.AssertFitsAsync();
    }
}
