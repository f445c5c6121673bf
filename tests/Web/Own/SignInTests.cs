using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Viddhana.Backoffice.Accounts;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>Coming in and going out.</summary>
public sealed class SignInTests
{
    private static readonly Look[] Sizes = [Look.PhoneDark, Look.DesktopLight];

    [Category("Screenshots")]
    [TestCaseSource(nameof(Sizes))]
    public async Task A_wallet_signs_the_text_that_is_shown_and_is_in(Look look)
    {
        await using var site = await Site.OpenAsync("/account/payouts", look, at: await Scene.Get());
        await Expect(site.Page.GetByText("Sign in to see this page")).ToBeVisibleAsync();
        await site.AssertSoundAsync();
        await site.Page.Locator("main").GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await site.Page.GetByLabel("Address that you mine to").FillAsync(Scene.Address);
        await site.AxeAsync();
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Get the text to sign" }).ClickAsync();
        var text = site.Page.GetByLabel("Text to sign");
        await Expect(text).ToContainTextAsync(Scene.Address);
        await site.Page.GetByText("How to sign in your wallet").ClickAsync();
        await site.Page.GetByRole(AriaRole.Tab, new() { Name = "Core" }).ClickAsync();
        await Expect(site.Page.GetByLabel("Command")).ToContainTextAsync($"bitcoin-cli signmessage '{Scene.Address}' '");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Copy the text" }).ClickAsync();
        var message = await site.Page.EvaluateAsync<string>("() => navigator.clipboard.readText()");
        Assert.That(message, Is.EqualTo(await text.TextContentAsync()));
        await site.AssertFitsAsync();
        await site.AxeAsync();
        await site.ShotAsync("sign-in-wallet");

        site.Allow(401, "/auth/wallet");
        var signature = site.Page.GetByLabel("2. Paste the signature");
        await signature.FillAsync(Scene.Wallet.SignBitcoin(message + "!"));
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(site.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await signature.FillAsync(Scene.Wallet.SignBitcoin(message));
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Expect(site.Page).ToHaveURLAsync(new Regex("/account/payouts$"));
        await Expect(site.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Payouts");

        // A reload asks for a new token by the cookie; signing out ends it.
        await site.GoAsync("/account");
        await Expect(site.Page.Locator(".card")).ToContainTextAsync("BTC");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(site.Page.GetByText("Sign in to see this page")).ToBeVisibleAsync();
        await site.GoAsync("/account");
        await Expect(site.Page.GetByText("Sign in to see this page")).ToBeVisibleAsync();
    }

    [TestCaseSource(nameof(Sizes))]
    public async Task A_second_factor_is_set_up_by_its_secret_and_asked_for_at_the_next_sign_in(Look look)
    {
        var name = $"two-{look.Name}";
        await MakeStaffAsync(name);
        await using var site = await Scene.AsStaffAsync(name, "/account/security", look);
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Set it up" }).ClickAsync();
        var dialog = site.Page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Your password").FillAsync(Scene.Password);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Expect(dialog.Locator("svg.qr")).ToBeVisibleAsync();
        await site.AxeAsync();
        var secret = (await dialog.Locator(".secret-once code").TextContentAsync())!.Replace(" ", "", StringComparison.Ordinal);
        await dialog.GetByLabel("Code that the app shows now").FillAsync(CodeOf(secret, -1));
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Switch it on" }).ClickAsync();
        await Expect(dialog.Locator(".codes li")).ToHaveCountAsync(10);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "I have stored them" }).ClickAsync();
        await Expect(site.Page.GetByText("10 backup codes are left")).ToBeVisibleAsync();

        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).First.ClickAsync();
        await site.GoAsync("/sign-in?by=email&back=//example.com");
        site.Allow(401, "/auth/login");
        await site.Page.GetByRole(AriaRole.Textbox, new() { Name = "E-mail" }).FillAsync(name);
        await site.Page.GetByLabel("Password", new() { Exact = true }).FillAsync("not the password");
        var enter = site.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true });
        await enter.ClickAsync();
        await Expect(site.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await site.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Scene.Password);
        await enter.ClickAsync();
        await site.Page.GetByLabel("Code of your second factor").FillAsync(CodeOf(secret, 0));
        await enter.ClickAsync();
        await Expect(site.Page).ToHaveURLAsync(new Regex("/account$"), new() { Timeout = 15_000 });
    }

    [Test]
    public async Task Links_of_mails_open_their_page_with_a_secret_that_no_server_sees()
    {
        await using var site = await Site.OpenAsync("/#/reset?token=abc", Look.PhoneLight, at: await Scene.Get());
        await Expect(site.Page).ToHaveURLAsync(new Regex("/reset#token=abc$"));
        site.Allow(400, "/auth/");
        await site.Page.GetByLabel("New password").FillAsync("six words that nobody would guess");
        await site.Page.GetByRole(AriaRole.Button, new() { Name = "Set the password" }).ClickAsync();
        await Expect(site.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        foreach (var path in (string[])["/register", "/reset", "/sign-in?by=email", "/cancel-change#code=x", "/confirm"])
        {
            await site.GoAsync(path);
            await site.AssertSoundAsync();
        }
    }

    [Test]
    public async Task A_visitor_without_a_login_loads_nothing_of_these_pages_and_asks_for_no_token()
    {
        await using var site = await Site.OpenAsync("/about", Look.DesktopDark, at: await Scene.Get());
        var asked = new List<string>();
        site.Page.Request += (_, request) => asked.Add(request.Url);
        await site.GoAsync("/");
        Assert.That(asked, Has.None.Contain("/auth/"));
        Assert.That(asked, Has.Some.Match("/assets/home-"));
        Assert.That(asked, Has.None.Match("/assets/(miner|accounts|security|overview|sign-in|payouts|logins|bans)-"));
    }

    private static string CodeOf(string secret, int steps)
    {
        var bytes = new List<byte>();
        var (bits, count) = (0, 0);
        foreach (var c in secret)
        {
            bits = (bits << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal);
            count += 5;
            if (count < 8) continue;
            count -= 8;
            bytes.Add((byte)(bits >> count));
            bits &= (1 << count) - 1;
        }

        return Totp.Code(bytes.ToArray(), Totp.Step(DateTimeOffset.UtcNow) + steps);
    }

    private static async Task MakeStaffAsync(string name)
    {
        await using var connection = await (await Scene.Get()).Database.Source.OpenConnectionAsync();
        await new LoginStore(TimeProvider.System).MakeAsync(
            connection, LoginStore.Staff, name, Role.Miner, new Passwords().Hash(Scene.Password), isConfirmed: true, default);
    }
}
