using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Engines;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Published;

namespace Viddhana.Tests.Backoffice.Engines;

/// <summary>The real application with an operator signed in, and engines whose documents are in the test's hands.</summary>
internal sealed class OperatorScene : IAsyncDisposable
{
    private OperatorScene(TestHost host, HandStatus status, HttpClient operators, HttpClient support, HttpClient nobody) =>
        (Host, Status, Operator, Support, Nobody) = (host, status, operators, support, nobody);

    public TestHost Host { get; }

    public HandStatus Status { get; }

    public HttpClient Operator { get; }

    public HttpClient Support { get; }

    public HttpClient Nobody { get; }

    public string PublishedPath => Path.Combine(Host.DataDirectory, Streams.CommittedDirectory, Streams.DirectoryDocument);

    public static async Task<OperatorScene> StartAsync(Action<ViddhanaConfig>? change = null)
    {
        var status = new HandStatus();
        var host = await TestHost.StartAsync(change, services => services.AddSingleton<IStatusSource>(status));
        var operators = host.As(await host.TokenAsync(Role.Operator));
        return new OperatorScene(host, status, operators, host.As(await host.TokenAsync(Role.Support)), host.As());
    }

    /// <summary>Has engines tell, and everything look at once.</summary>
    public async Task TellAsync(params JsonObject[] documents)
    {
        foreach (var document in documents) Status.Tell(document);
        await Host.Services.GetRequiredService<EngineBoard>().LookAsync(CancellationToken.None);
    }

    public async Task<JsonElement> GetAsync(string path, HttpClient? client = null)
    {
        using var answer = await (client ?? Support).GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<PublishedDirectory> PublishAsync()
    {
        await Host.Services.GetRequiredService<DirectoryPublisher>().LookAsync(CancellationToken.None);
        var published = DirectoryFormat.Read(await File.ReadAllBytesAsync(PublishedPath), out var error);
        Assert.That(published, Is.Not.Null, error);
        return published!;
    }

    /// <summary>All that the sources find now, before it has lasted.</summary>
    public async Task<List<Finding>> FindAsync()
    {
        var found = new List<Finding>();
        foreach (var source in Host.Services.GetServices<IAlertSource>()) found.AddRange(await source.LookAsync(CancellationToken.None));
        return found;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
