using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;

namespace Viddhana.Tests.Backoffice.Accounts;

/// <summary>
/// Every endpoint of the OpenAPI document, whoever wrote it: as nobody, with broken, expired and revoked tokens, as each role, with keys of
/// each scope, and with strange text in every place that takes text. An endpoint that is new is in it by itself.
/// </summary>
public sealed class AbuseTests
{
    /// <summary>Open to all, and told so here, for an endpoint that forgot its guard to be noticed.</summary>
    private static readonly string[] OpenPrefixes =
    [
        "/api/v1/auth/", "/api/v1/pools", "/api/v1/miners/", "/api/v1/engines", "/api/v1/ledger/audit", "/api/v1/live", "/api/v1/settings",
        "/api/v1/best", "/api/v1/achievements", "/api/v1/connect", "/api/v1/about", "/api/v1/stats",
        // Whoever has the code from the notice may stop a change that is not his.
        "/api/v1/payout-settings/cancel-change",
    ];

    /// <summary>From the field guide (injection), and what parsers choke on.</summary>
    private static readonly string[] Strange =
    [
        "'; DROP TABLE shares;--", "<img src=x onerror=alert(1)>", "{{7*7}}", "\u001b[2J", "a\nb", "../../etc/passwd", "\0", "\u202e\u2066",
        "😀", "%00", "-1", "99999999999999999999", "1e309", "NaN", "${jndi:ldap://x}", new string('a', 3_000),
    ];

    private TestHost _host = null!;
    private List<Operation> _operations = null!;

    private sealed record Operation(string Path, string Method, JsonElement Description)
    {
        public bool IsOpen => !Path.StartsWith("/api/v1/", StringComparison.Ordinal)
            || OpenPrefixes.Any(prefix => Path.StartsWith(prefix, StringComparison.Ordinal));

        public override string ToString() => $"{Method} {Path}";
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        _host = await TestHost.StartAsync();
        var document = (await _host.As().Get("/openapi/v1.json")).Body;
        _operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
               from method in path.Value.EnumerateObject()
               where method.Name is "get" or "post" or "put" or "patch" or "delete"
               select new Operation(path.Name, method.Name.ToUpperInvariant(), method.Value),
        ];
        Assert.That(_operations, Has.Count.GreaterThan(40));
    }

    [OneTimeTearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public void Every_endpoint_of_the_program_is_in_the_document()
    {
        var documented = _operations.Select(o => Plain(o.Path)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => "/" + (endpoint.RoutePattern.RawText ?? "").Trim('/'))
            .Where(path => path.StartsWith("/api/v1/", StringComparison.Ordinal) && !documented.Contains(Plain(path)));
        Assert.That(missing.Distinct(), Is.Empty);

        // Without constraints: {id:long} is {id} in the document.
        static string Plain(string path) => System.Text.RegularExpressions.Regex.Replace(path, @"\{(\w+)[^}]*\}", "{$1}").TrimEnd('/');
    }

    [Test]
    public async Task Nobody_gets_nothing_but_what_is_open_whatever_token_is_shown()
    {
        var expired = await _host.TokenAsync(Role.Admin);
        _host.Clock.Advance(TimeSpan.FromMinutes(15));
        var good = await _host.TokenAsync(Role.Admin);
        var (ended, endedId, _) = await _host.SignInAsync(Role.Admin);
        await _host.As(good).Send(HttpMethod.Delete, $"/api/v1/admin/logins/{endedId}/sessions");
        string?[] tokens =
        [
            null, "", "null", "Bearer", ended, expired, good[..^2] + "xx", good.Split('.')[0] + ".." + good.Split('.')[2],
            "eyJhbGciOiJub25lIn0.eyJzdWIiOjF9.", "vk_" + new string('A', 43), "vk_' OR '1'='1", new string('a', 5_000),
        ];
        foreach (var operation in _operations.Where(o => !o.IsOpen))
        {
            Assert.That(operation.Description.TryGetProperty("security", out _), $"{operation}: the document says that it needs a login");
            foreach (var token in tokens)
            {
                var answer = await SendAsync(operation, token, "x", "{}");
                Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized), $"{operation} with '{token}'");
                Assert.That(answer.Code, Is.EqualTo(token == expired ? "token-expired" : "not-signed-in"), $"{operation} with '{token}'");
                Assert.That(answer.Message.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"), $"{operation}");
                Assert.That(answer.Message.Headers.CacheControl?.NoStore, Is.True, $"{operation}");
            }
        }
    }

    [Test]
    public async Task A_miner_gets_nothing_of_staff_and_nothing_of_another_miner()
    {
        var (_, ownerId, _) = await _host.SignInAsync(Role.Miner);
        await _host.ClaimAsync(ownerId, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080");
        var stranger = await _host.TokenAsync(Role.Miner);
        foreach (var operation in _operations.Where(o => !o.IsOpen))
        {
            var isStaff = operation.Path.StartsWith("/api/v1/admin", StringComparison.Ordinal);
            var answer = await SendAsync(operation, stranger, "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", Body(operation, "x"));
            if (isStaff) Assert.That((answer.Status, answer.Code), Is.EqualTo((HttpStatusCode.Forbidden, "role-too-low")), $"{operation}");
            else if (operation.Path.Contains('{')) Assert.That((int)answer.Status, Is.InRange(400, 499), $"{operation}: {answer.Body}");
            Assert.That((int)answer.Status, Is.LessThan(500), $"{operation}: {answer.Body}");
            if ((int)answer.Status < 300 && !operation.IsOpen)
                Assert.That(answer.Body.ToString(), Does.Not.Contain("bcrt1qw508"), $"{operation} tells of another's account");
        }
    }

    [TestCase(Role.Support)]
    [TestCase(Role.Operator)]
    [TestCase(Role.Admin)]
    public async Task A_role_of_staff_reaches_what_is_its_own_and_nothing_above(Role role)
    {
        // An operator may sign out a miner, not an admin: a miner's number stands in the paths.
        var (_, minerId, _) = await _host.SignInAsync(Role.Miner);
        var token = await _host.TokenAsync(role);
        var staffs = _operations.Where(o => o.Path.StartsWith("/api/v1/admin/", StringComparison.Ordinal)).ToList();
        Assert.That(staffs, Has.Count.GreaterThan(20));
        foreach (var operation in staffs)
        {
            var answer = await SendAsync(operation, token, "x", Body(operation, "x"), number: minerId);
            var isRefused = (answer.Status, answer.Code) == (HttpStatusCode.Forbidden, "role-too-low");
            Assert.That(isRefused, Is.EqualTo(role < NeededFor(operation)), $"{operation} answers {(int)answer.Status} {answer.Code}");
            Assert.That(answer.Status, Is.Not.EqualTo(HttpStatusCode.Unauthorized), $"{operation}");
        }
    }

    /// <summary>Written down a second time, so that a guard which is changed by mistake is noticed.</summary>
    private static Role NeededFor(Operation operation) => (operation.Method, operation.Path) switch
    {
        ("POST", "/api/v1/admin/logins") => Role.Admin,
        ("PATCH", "/api/v1/admin/logins/{id}") => Role.Admin,
        ("DELETE", "/api/v1/admin/logins/{id}/totp") => Role.Admin,
        ("GET", "/api/v1/admin/audit" or "/api/v1/admin/audit/verify" or "/api/v1/admin/channels") => Role.Operator,
        ("GET", _) => Role.Support,
        _ => Role.Operator,
    };

    [Test]
    public async Task What_changes_something_needs_the_right_to_write_and_what_guards_a_login_needs_a_session()
    {
        var admin = _host.As(await _host.TokenAsync(Role.Admin, hasSecondFactor: false));
        var reader = (await admin.Post("/api/v1/me/keys", new { name = "r", scopes = new[] { "read" } }))["key"];
        var writer = (await admin.Post("/api/v1/me/keys", new { name = "w", scopes = new[] { "write" } }))["key"];
        foreach (var operation in _operations.Where(o => !o.IsOpen))
        {
            var isReading = operation.Method == "GET";
            var answer = await SendAsync(operation, isReading ? writer : reader, "1", Body(operation, "x"));
            Assert.That((answer.Status, answer.Code), Is.EqualTo((HttpStatusCode.Forbidden, "scope-missing")).Or
                .EqualTo((HttpStatusCode.Forbidden, "session-needed")), $"{operation}");
        }

        var full = (await admin.Post("/api/v1/me/keys", new { name = "f", scopes = new[] { "read", "write" } }))["key"];
        foreach (var operation in _operations.Where(o => o.Path is "/api/v1/me/password" or "/api/v1/me/totp" or "/api/v1/me/keys"))
            Assert.That((await SendAsync(operation, full, "1", Body(operation, "x"))).Code, Is.EqualTo("session-needed"), $"{operation}");
    }

    [Test]
    public async Task Strange_text_anywhere_is_answered_with_a_plain_refusal_and_harms_nothing()
    {
        var token = await _host.TokenAsync(Role.Admin, hasSecondFactor: false);
        var failures = new List<string>();
        foreach (var operation in _operations.Where(o => o.Path is not ("/api/v1/live" or "/api/v1/me/sessions")))
        {
            foreach (var text in Strange)
            {
                var answer = await SendAsync(operation, token, text, Body(operation, text), Query(operation, text));
                Judge(operation, text, answer, failures);
            }
        }

        Assert.That(failures, Is.Empty, string.Join('\n', failures.Take(40)));
        Assert.That((await _host.As().Get("/api/v1/pools")).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await TablesAsync(), Does.Contain("share_slices").And.Contain("logins"));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("7")]
    [TestCase("\"text\"")]
    [TestCase("{")]
    [TestCase("{\"a\":1e999}")]
    [TestCase("DEEP")]
    [TestCase("TYPES")]
    public async Task A_body_that_is_none_is_answered_with_a_plain_refusal(string body)
    {
        var token = await _host.TokenAsync(Role.Admin, hasSecondFactor: false);
        var failures = new List<string>();
        var deep = string.Concat(Enumerable.Repeat("[", 10_000)) + string.Concat(Enumerable.Repeat("]", 10_000));
        foreach (var operation in _operations.Where(o => o.Method != "GET" && o.Path is not ("/api/v1/me/sessions")))
        {
            var sent = body switch { "DEEP" => deep, "TYPES" => Wrong(operation), _ => body };
            Judge(operation, body, await SendAsync(operation, token, "1", sent), failures);
        }

        Assert.That(failures, Is.Empty, string.Join('\n', failures.Take(40)));
    }

    [Test]
    public async Task Another_kind_of_body_another_method_and_too_much_of_it_are_refused()
    {
        var token = await _host.TokenAsync(Role.Admin, hasSecondFactor: false);
        foreach (var operation in _operations.Where(o => o.Method is "POST" or "PUT" or "PATCH" && Body(o, "x") is not null))
        {
            var form = await SendAsync(operation, token, "1", "a=b", mediaType: "application/x-www-form-urlencoded");
            Assert.That(form.Status, Is.EqualTo(HttpStatusCode.UnsupportedMediaType), $"{operation}: what a page of another site can send");
            var large = await SendAsync(operation, token, "1", $"{{\"a\":\"{new string('a', 70_000)}\"}}");
            Assert.That((int)large.Status, Is.InRange(400, 499), $"{operation}");
        }

        foreach (var path in _operations.Select(o => o.Path).Distinct())
        {
            using var request = new HttpRequestMessage(
                new HttpMethod("PROPFIND"), System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]+\}", "1"));
            Assert.That((int)(await _host.As().SendAsync(request)).StatusCode, Is.InRange(400, 499), path);
        }
    }

    private static void Judge(Operation operation, string sent, Answer answer, List<string> failures)
    {
        var shown = sent.Length <= 40 ? sent : sent[..40];
        // 503: something that this host lacks (mail, a library, the first figures of a pool), said in words.
        var isFine = (int)answer.Status is < 500 or 503;
        if (!isFine) failures.Add($"{operation} answers {(int)answer.Status} to '{shown}'");
        if ((int)answer.Status >= 400 && answer.Code.Length == 0)
            failures.Add($"{operation} answers '{shown}' without a code ({answer.Status})");
        var text = answer.Body.ValueKind == JsonValueKind.Undefined ? "" : answer.Body.ToString();
        foreach (var inside in (string[])["Npgsql", "Exception", " at Viddhana", "SELECT ", "relation \""])
            if (text.Contains(inside, StringComparison.Ordinal)) failures.Add($"{operation} tells of its inside: {inside}");
        if ((int)answer.Status >= 400 && text.Contains('\u001b')) failures.Add($"{operation} sends escape sequences back");
    }

    private async Task<Answer> SendAsync(
        Operation operation, string? token, string text, string? body, string query = "", string mediaType = "application/json",
        long number = 1)
    {
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), Fill(operation, text, number) + query);
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (body is not null && operation.Method != "GET")
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        }

        using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var message = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel.Token);
        var isJson = message.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        var json = isJson ? JsonDocument.Parse(await message.Content.ReadAsStringAsync(cancel.Token)).RootElement : default;
        var code = isJson && json.ValueKind == JsonValueKind.Object && json.TryGetProperty("code", out var found) ? $"{found}" : "";
        return new Answer(message.StatusCode, code, json, message);
    }

    private HttpClient Client => field ??= _host.As();

    /// <summary>The text in every place of the path; a number where only a number leads to the endpoint. The server takes no %00.</summary>
    private static string Fill(Operation operation, string text, long number) => System.Text.RegularExpressions.Regex.Replace(
        operation.Path,
        @"\{([^}]+)\}",
        place => IsNumber(operation, place.Groups[1].Value)
            ? $"{number}"
            : Uri.EscapeDataString(text[..Math.Min(text.Length, 1_000)].Replace("\0", "x", StringComparison.Ordinal)));

    private static bool IsNumber(Operation operation, string parameter) => operation.Description.GetProperty("parameters").EnumerateArray()
        .Any(p => p.GetProperty("name").GetString() == parameter && p.GetProperty("schema").TryGetProperty("format", out var format)
            && format.GetString() is "int64" or "int32");

    /// <summary>Every parameter of the query.</summary>
    private static string Query(Operation operation, string text)
    {
        if (!operation.Description.TryGetProperty("parameters", out var parameters)) return "";
        var names = parameters.EnumerateArray().Where(p => p.GetProperty("in").GetString() == "query").Select(p => p.GetProperty("name"));
        var query = string.Join('&', names.Select(name => $"{name}={Uri.EscapeDataString(text[..Math.Min(text.Length, 1_000)])}"));
        return query.Length == 0 ? "" : "?" + query;
    }

    /// <summary>A body with the text in every field that takes one; null where the operation takes no body.</summary>
    private string? Body(Operation operation, string text) => Schema(operation) is { } schema ? Make(schema, text, isWrong: false) : null;

    /// <summary>A body whose every field is of another type than it should be.</summary>
    private string? Wrong(Operation operation) => Schema(operation) is { } schema ? Make(schema, "x", isWrong: true) : null;

    private JsonElement? Schema(Operation operation)
    {
        if (!operation.Description.TryGetProperty("requestBody", out var body)) return null;
        var schema = body.GetProperty("content").EnumerateObject().First().Value.GetProperty("schema");
        return Resolve(schema);
    }

    private JsonElement Resolve(JsonElement schema)
    {
        while (schema.TryGetProperty("$ref", out var reference))
        {
            var name = reference.GetString()!.Split('/')[^1];
            schema = Document.GetProperty("components").GetProperty("schemas").GetProperty(name);
        }

        if (schema.TryGetProperty("oneOf", out var choices))
            return Resolve(choices.EnumerateArray().First(choice => !choice.TryGetProperty("type", out var t) || t.ToString() != "null"));
        return schema;
    }

    private JsonElement Document => field.ValueKind == JsonValueKind.Undefined
        ? field = JsonDocument.Parse(Client.GetStringAsync("/openapi/v1.json").GetAwaiter().GetResult()).RootElement
        : field;

    private string Make(JsonElement unresolved, string text, bool isWrong)
    {
        var schema = Resolve(unresolved);
        var type = schema.TryGetProperty("type", out var said) ? said.ToString() : "";
        if (schema.TryGetProperty("properties", out var properties))
        {
            var fields = properties.EnumerateObject().Select(p => $"{JsonSerializer.Serialize(p.Name)}:{Make(p.Value, text, isWrong)}");
            return "{" + string.Join(',', fields) + "}";
        }

        if (type.Contains("array", StringComparison.Ordinal))
            return isWrong ? "{}" : schema.TryGetProperty("items", out var item) ? $"[{Make(item, text, isWrong)}]" : "[]";
        if (isWrong) return type.Contains("string", StringComparison.Ordinal) ? "[7]" : "\"x\"";
        if (type.Contains("boolean", StringComparison.Ordinal)) return "true";
        if (type.Contains("string", StringComparison.Ordinal) || type.Length == 0) return JsonSerializer.Serialize(text);
        return type.Contains("integer", StringComparison.Ordinal) || type.Contains("number", StringComparison.Ordinal) ? "-1" : "{}";
    }

    private async Task<List<string>> TablesAsync() => await Viddhana.Backoffice.Storage.Sql.RowsAsync(
        _host.Database, "SELECT tablename::text FROM pg_tables", [], row => row.GetString(0), CancellationToken.None);
}
