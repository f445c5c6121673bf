using System.Text.Json;
using Microsoft.Playwright;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.Web;

/// <summary>
/// A browser's window on the dashboard. At its end it fails if the console had an error or a warning, a script threw, or anything but the
/// backoffice was asked.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private const double ShiftMax = 0.02;

    private static readonly Lazy<string> Axe = new(
        () => File.ReadAllText(Path.Combine(SourceTree.Root, "backoffice", "web", "node_modules", "axe-core", "axe.min.js")));

    private readonly List<string> _wrong = [];
    private readonly HashSet<string> _open = [];
    private readonly List<(int Status, string Part)> _allowed = [];
    private readonly IBrowserContext _context;
    private readonly Uri _home;

    private Site(IBrowserContext context, IPage page, Uri home, Look look)
    {
        (_context, Page, _home, Look) = (context, page, home, look);
    }

    /// <summary>The window.</summary>
    public IPage Page { get; }

    /// <summary>Its size and theme.</summary>
    public Look Look { get; }

    /// <summary>Opens a path and waits until its page is there and what it asked for has come.</summary>
    public static async Task<Site> OpenAsync(string path, Look look, Seed? seed = null, RunningBackoffice? at = null)
    {
        var backoffice = at ?? await WebFixture.Get(seed ?? Seed.Standard);
        var context = await WebFixture.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = backoffice.Url,
            ViewportSize = new ViewportSize { Width = look.Width, Height = look.Height },
            HasTouch = look.IsPhone,
            IsMobile = look.IsPhone,
            DeviceScaleFactor = 1,
            ColorScheme = look.Scheme,
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
            TimezoneId = "UTC",
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        await context.AddInitScriptAsync(
            """
            window.shift = 0;
            new PerformanceObserver(list => {
                for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
            }).observe({ type: 'layout-shift', buffered: true });
            """);
        var site = new Site(context, await context.NewPageAsync(), new Uri(backoffice.Url), look);
        site.Listen();
        await site.GoAsync(path);
        return site;
    }

    /// <summary>Answers of this status under this part of a path are meant; the browser's own line about them is no finding.</summary>
    public void Allow(int status, string part) => _allowed.Add((status, part));

    /// <summary>Opens a path by the address bar.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await SettleAsync();
    }

    /// <summary>Waits until the page has its heading and nothing of it is being loaded.</summary>
    public async Task SettleAsync()
    {
        await Page.Locator("main h1").WaitForAsync();
        try
        {
            await Page.WaitForFunctionAsync("() => !document.querySelector('main .bone, main [aria-busy=true]')");
        }
        catch (TimeoutException)
        {
            string[] open;
            lock (_open) open = [.. _open];
            Assert.Fail($"{Page.Url} is still loading: {string.Join(", ", open)}; it shows: {await Page.Locator("main").InnerTextAsync()}");
        }

        await Page.EvaluateAsync("() => document.fonts.ready");
    }

    /// <summary>No finding of axe-core that is serious or critical.</summary>
    public async Task AxeAsync()
    {
        await Page.EvaluateAsync(Axe.Value);
        var found = await Page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
                .filter(v => v.impact === 'serious' || v.impact === 'critical')
                .map(v => `${v.id} (${v.impact}): ${v.help}: `
                    + v.nodes.slice(0, 4).map(n => n.html.slice(0, 160) + ' ' + n.any.map(a => a.message)).join(' | '))
            """);
        Assert.That(found.EnumerateArray().Select(f => f.GetString()), Is.Empty, $"axe-core at {Page.Url}, {Look}");
    }

    /// <summary>What was shown has stayed where it was.</summary>
    public async Task AssertStillAsync()
    {
        var shift = await Page.EvaluateAsync<double>("() => window.shift");
        Assert.That(shift, Is.LessThan(ShiftMax), $"layout shift at {Page.Url}, {Look}");
    }

    /// <summary>Nothing sticks out to the right.</summary>
    public async Task AssertFitsAsync()
    {
        var width = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
        Assert.That(width, Is.LessThanOrEqualTo(Look.Width), $"{Page.Url} is wider than {Look}");
    }

    /// <summary>All that a page must hold at every size and theme.</summary>
    public async Task AssertSoundAsync()
    {
        await AssertFitsAsync();
        await AssertStillAsync();
        await AxeAsync();
    }

    /// <summary>Writes a picture to <c>out/screenshots</c> when these are asked for (<c>./build.sh screenshots</c>).</summary>
    public async Task ShotAsync(string name, bool isWhole = false)
    {
        if (Environment.GetEnvironmentVariable("VIDDHANA_SCREENSHOTS") is not { Length: > 0 } folder) return;
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}-{Look}.png"), FullPage = isWhole });
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        Assert.That(_wrong, Is.Empty, $"{Look}");
    }

    private void Listen()
    {
        Page.PageError += (_, error) => Note($"a script threw: {error}");
        Page.Console += (_, message) =>
        {
            if (message.Type is not ("error" or "warning")) return;
            var isAllowed = _allowed.Exists(a => message.Text.Contains($" {a.Status} ", StringComparison.Ordinal)
                && message.Location.Contains(a.Part, StringComparison.Ordinal));
            if (!isAllowed) Note($"console {message.Type}: {message.Text} ({message.Location})");
        };
        Page.Dialog += (_, dialog) =>
        {
            Note($"a dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        Page.RequestFinished += (_, request) => Close(request);
        Page.RequestFailed += (_, request) => Close(request);
        Page.Request += (_, request) =>
        {
            lock (_open) _open.Add(request.Url);
            var url = new Uri(request.Url);
            if (url.Scheme is "http" or "https" or "ws" or "wss" && url.Authority != _home.Authority)
                Note($"asked another origin: {request.Url}");
        };
    }

    private void Close(IRequest request)
    {
        lock (_open) _open.Remove(request.Url);
    }

    private void Note(string what)
    {
        lock (_wrong) _wrong.Add(what);
    }
}
