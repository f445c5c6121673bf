using System.Net;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web;

/// <summary>How much the first view costs, and how its files are served.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BudgetTests
{
    private const int BytesMax = 150_000;
    private const int RequestsMax = 30;
    private const int BlockingMax = 3;

    private static readonly string[] Programs =
        ["/api/v1/nothing", "/api/nothing", "/openapi/nothing", "/health/x", "/metrics/x", "/assets/nothing.js", "/users/x", "/pool/x"];

    private static readonly string[] Encodings = ["br", "gzip", "identity"];

    [Test]
    public async Task The_first_view_is_small_and_works_on_a_slow_processor()
    {
        await using var site = await Site.OpenAsync("/about", Look.PhoneDark);
        var session = await site.Page.Context.NewCDPSessionAsync(site.Page);
        await session.SendAsync("Network.enable");
        await session.SendAsync("Network.setCacheDisabled", new() { ["cacheDisabled"] = true });
        await session.SendAsync("Emulation.setCPUThrottlingRate", new() { ["rate"] = 6 });
        var finished = new List<(string Url, double Bytes)>();
        var urls = new Dictionary<string, string>();
        session.Event("Network.requestWillBeSent").OnEvent += (_, e) =>
            urls[e!.Value.GetProperty("requestId").GetString()!] = e.Value.GetProperty("request").GetProperty("url").GetString()!;
        session.Event("Network.loadingFinished").OnEvent += (_, e) =>
        {
            var id = e!.Value.GetProperty("requestId").GetString()!;
            finished.Add((urls.GetValueOrDefault(id, ""), e.Value.GetProperty("encodedDataLength").GetDouble()));
        };
        await site.GoAsync("/");
        await site.Page.Locator("canvas").First.WaitForAsync();
        // It answers to a hand at once, whatever the processor.
        await site.Page.GetByRole(AriaRole.Radio, new() { Name = "1h" }).ClickAsync();
        await Expect(site.Page.GetByRole(AriaRole.Radio, new() { Name = "1h" })).ToBeCheckedAsync();

        var page = finished.Where(f => !f.Url.Contains("/api/", StringComparison.Ordinal)).ToList();
        var list = string.Join('\n', page.Select(f => $"{f.Bytes,8} {f.Url}"));
        TestContext.Out.WriteLine($"{list}\n{page.Sum(f => f.Bytes)} bytes in {page.Count} requests of {finished.Count}");
        Assert.That(page.Sum(f => f.Bytes), Is.InRange(20_000, BytesMax), list);
        Assert.That(finished, Has.Count.LessThanOrEqualTo(RequestsMax), list);
        Assert.That(
            await site.Page.EvaluateAsync<int>("() => document.head.querySelectorAll('link[rel=stylesheet], script[src]').length"),
            Is.LessThanOrEqualTo(BlockingMax), "the head stays short");
    }

    [Test]
    public async Task Files_are_kept_for_ever_compressed_and_named_by_content_and_the_page_is_asked_anew()
    {
        var backoffice = await WebFixture.Get(Seed.Standard);
        using var http = new HttpClient(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.None });
        var page = await GetAsync(http, $"{backoffice.Url}/", "text/html", "identity");
        Assert.That(page.Headers.CacheControl!.NoCache);
        var html = await page.Content.ReadAsStringAsync();
        Assert.That(html, Does.Not.Contain("style=").And.Not.Contain("<style").And.Not.Match("<script>"));
        var main = System.Text.RegularExpressions.Regex.Match(html, "/assets/main-[A-Z0-9]{8}\\.js").Value;

        var sizes = new List<long>();
        foreach (var encoding in Encodings)
        {
            using var answer = await GetAsync(http, backoffice.Url + main, "*/*", encoding);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Headers.CacheControl!.ToString(), Is.EqualTo("public, max-age=31536000, immutable"));
            Assert.That(answer.Content.Headers.ContentEncoding, Is.EqualTo(encoding == "identity" ? [] : new[] { encoding }));
            Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.Not.Contain("unsafe"));
            sizes.Add(answer.Content.Headers.ContentLength!.Value);
        }

        Assert.That(sizes, Is.Ordered);
        using var again = new HttpRequestMessage(HttpMethod.Get, $"{backoffice.Url}/");
        again.Headers.IfNoneMatch.Add(page.Headers.ETag!);
        Assert.That((await http.SendAsync(again)).StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task Every_path_of_a_person_gives_the_page_and_none_of_a_program_does()
    {
        var backoffice = await WebFixture.Get(Seed.Standard);
        using var http = new HttpClient();
        using var person = await GetAsync(http, $"{backoffice.Url}/miners/bc1qxyz.rig?pool=btc", "text/html,*/*", "identity");
        Assert.That(person.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
        using var program = await GetAsync(http, $"{backoffice.Url}/miners/bc1qxyz", "application/json", "identity");
        Assert.That(program.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        foreach (var path in Programs)
        {
            using var answer = await GetAsync(http, backoffice.Url + path, "text/html,*/*", "identity");
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
            Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.Not.EqualTo("text/html"), path);
        }

        using var posted = await http.PostAsync($"{backoffice.Url}/api/v1/pools", null);
        Assert.That(posted.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient http, string url, string accept, string encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue(encoding));
        return http.SendAsync(request);
    }
}
