using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;

namespace Viddhana.Tests.Backoffice.Pools;

/// <summary>The OpenAPI document says what the program does: no endpoint is missing, and answers are as their schemas say.</summary>
public sealed class OpenApiTests
{
    private const long MinuteMs = 60_000;

    /// <summary>What needs a login, and what never ends.</summary>
    private static readonly string[] NotForAll = ["/api/v1/admin/", "/api/v1/me", "/api/v1/live"];

    private ApiScene _scene = null!;
    private JsonElement _document;
    private string _hash = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _scene = await ApiScene.StartAsync();
        for (var minute = 30; minute >= 1; minute--)
            await _scene.MineAsync("btc", _scene.NowMs - (minute * MinuteMs), 60_000, ($"{ApiScene.Alice}.rig", 2));
        _hash = await _scene.FindAsync("btc", _scene.NowMs - (20 * MinuteMs), $"{ApiScene.Alice}.rig", "immature", 3);
        await _scene.RunAsync(
            """
            INSERT INTO block_credits (block_id, account_id, work, amount)
            SELECT b.block_id, a.account_id, 1, 700 FROM blocks b, accounts a WHERE a.name = $1
            """,
            ApiScene.Alice);
        await _scene.OweAsync("btc", ApiScene.Alice, "user_immature", 700);
        await _scene.RunAsync(
            """
            WITH p AS (INSERT INTO payouts (pool_id, state, marker, fee_from, total)
                       SELECT pool_id, 'prepared', 'm', 'pool', 50000 FROM pools WHERE name = 'btc' RETURNING payout_id)
            INSERT INTO payout_lines (payout_id, account_id, address, amount)
            SELECT p.payout_id, a.account_id, a.name, 50000 FROM p, accounts a WHERE a.name = $1
            """,
            ApiScene.Alice);
        _document = await _scene.GetAsync("/openapi/v1.json");
    }

    [OneTimeTearDown]
    public async Task Stop() => await _scene.DisposeAsync();

    [Test]
    public void Every_endpoint_of_the_API_is_described_with_a_summary_a_tag_and_an_answer()
    {
        var wrong = new List<string>();
        var paths = _document.GetProperty("paths");
        foreach (var (method, path) in Endpoints())
        {
            if (!paths.TryGetProperty(path, out var item) || !item.TryGetProperty(method, out var operation))
            {
                wrong.Add($"{method} {path} is not described");
                continue;
            }

            if (!operation.TryGetProperty("summary", out _)) wrong.Add($"{method} {path} has no summary");
            if (!operation.TryGetProperty("tags", out _)) wrong.Add($"{method} {path} has no tag");
            if (!operation.GetProperty("responses").EnumerateObject().Any(IsAnswer)) wrong.Add($"{method} {path} has no answer");
        }

        Assert.That(wrong, Is.Empty);

        // Without a body: 204, 202 and the stream; all others have a schema.
        static bool IsAnswer(JsonProperty response) =>
            response.Name is "204" or "202" || (response.Name is ['2', ..] && response.Value.TryGetProperty("content", out var content)
                && content.EnumerateObject().Any(type => type.Name == "text/event-stream" || type.Value.TryGetProperty("schema", out _)));
    }

    [Test]
    public void Nothing_is_described_that_is_not_there()
    {
        var there = Endpoints().ToHashSet();
        var described = from path in _document.GetProperty("paths").EnumerateObject()
                        from operation in path.Value.EnumerateObject()
                        where operation.Name != "parameters"
                        select (operation.Name, path.Name);
        Assert.That(described.Where(one => !there.Contains(one)), Is.Empty);
    }

    [Test]
    public async Task Answers_for_everybody_are_as_the_document_says()
    {
        var seen = 0;
        foreach (var path in _document.GetProperty("paths").EnumerateObject())
        {
            if (!path.Value.TryGetProperty("get", out var operation)) continue;
            if (NotForAll.Any(part => path.Name.StartsWith(part, StringComparison.Ordinal))) continue;
            var (status, body) = await _scene.AskAsync(Filled(path.Name));
            if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) continue;
            Assert.That(status, Is.EqualTo(HttpStatusCode.OK), $"{path.Name}: {body}");
            AssertFits(operation, body, path.Name);
            seen++;
        }

        Assert.That(seen, Is.GreaterThanOrEqualTo(24));
    }

    [Test]
    public async Task Answers_for_operators_are_as_the_document_says()
    {
        using var admin = _scene.Host.As(await _scene.Host.TokenAsync(Role.Admin));
        foreach (var path in _document.GetProperty("paths").EnumerateObject())
        {
            var isTheirs = path.Name.StartsWith("/api/v1/admin/", StringComparison.Ordinal);
            if (!isTheirs || path.Name.Contains('{', StringComparison.Ordinal)) continue;
            if (!path.Value.TryGetProperty("get", out var operation)) continue;
            using var answer = await admin.GetAsync(path.Name);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), $"{path.Name}: {text}");
            AssertFits(operation, JsonDocument.Parse(text).RootElement, path.Name);
        }
    }

    private string Filled(string path) => path
        .Replace("{id}", "btc", StringComparison.Ordinal)
        .Replace("{address}", ApiScene.Alice, StringComparison.Ordinal)
        .Replace("{hash}", _hash, StringComparison.Ordinal)
        .Replace("{coin}", "bitcoin", StringComparison.Ordinal);

    private void AssertFits(JsonElement operation, JsonElement body, string path)
    {
        var schema = operation.GetProperty("responses").GetProperty("200").GetProperty("content")
            .GetProperty("application/json").GetProperty("schema");
        var problems = new List<string>();
        Fit(schema, body, path, problems);
        Assert.That(problems, Is.Empty);
    }

    /// <summary>Compares a value with a schema: types, properties that must be there, and properties that nobody has heard of.</summary>
    private void Fit(JsonElement schema, JsonElement value, string at, List<string> problems)
    {
        if (schema.TryGetProperty("$ref", out var reference)) schema = Resolve(reference.GetString()!);
        if (schema.TryGetProperty("oneOf", out var choices) || schema.TryGetProperty("anyOf", out choices))
        {
            if (!choices.EnumerateArray().Any(choice => Fits(choice, value, at))) problems.Add($"{at}: fits none of its choices");
            return;
        }

        if (schema.TryGetProperty("type", out var type) && !IsOfType(type, value)) problems.Add($"{at} is {value.ValueKind}, not {type}");
        if (value.ValueKind == JsonValueKind.Object) FitObject(schema, value, at, problems);
        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
            foreach (var item in value.EnumerateArray()) Fit(items, item, $"{at}[]", problems);
    }

    private void FitObject(JsonElement schema, JsonElement value, string at, List<string> problems)
    {
        var hasNames = schema.TryGetProperty("properties", out var properties);
        var hasOthers = schema.TryGetProperty("additionalProperties", out var others);
        foreach (var property in value.EnumerateObject())
        {
            var inside = $"{at}.{property.Name}";
            if (hasNames && properties.TryGetProperty(property.Name, out var known)) Fit(known, property.Value, inside, problems);
            else if (hasOthers && others.ValueKind == JsonValueKind.Object) Fit(others, property.Value, inside, problems);
            else if (hasNames) problems.Add($"{inside} is not described");
        }

        if (!schema.TryGetProperty("required", out var required)) return;
        foreach (var name in required.EnumerateArray())
            if (!value.TryGetProperty(name.GetString()!, out _)) problems.Add($"{at}.{name.GetString()} is missing");
    }

    private bool Fits(JsonElement schema, JsonElement value, string at)
    {
        var problems = new List<string>();
        Fit(schema, value, at, problems);
        return problems.Count == 0;
    }

    private JsonElement Resolve(string reference) =>
        reference.Split('/').Skip(1).Aggregate(_document, (at, name) => at.GetProperty(name));

    private static bool IsOfType(JsonElement type, JsonElement value)
    {
        if (type.ValueKind == JsonValueKind.Array) return type.EnumerateArray().Any(one => IsOfType(one, value));
        return type.GetString() switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "string" => value.ValueKind == JsonValueKind.String,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "number" => value.ValueKind == JsonValueKind.Number,
            "array" => value.ValueKind == JsonValueKind.Array,
            "object" => value.ValueKind == JsonValueKind.Object,
            _ => false,
        };
    }

    /// <summary>What the program answers under /api/v1, from its own routes.</summary>
    private List<(string Method, string Path)> Endpoints()
    {
        var found = new List<(string Method, string Path)>();
        foreach (var endpoint in _scene.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var path = "/" + endpoint.RoutePattern.RawText!.Trim('/').Replace(":long", "", StringComparison.Ordinal)
                .Replace(":int", "", StringComparison.Ordinal);
            if (!path.StartsWith("/api/v1/", StringComparison.Ordinal) || path.Contains('*', StringComparison.Ordinal)) continue;
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                found.Add((method.ToLowerInvariant(), path));
        }

        Assert.That(found, Has.Count.GreaterThan(40));
        return found;
    }
}
