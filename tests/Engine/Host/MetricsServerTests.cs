using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Viddhana.Engine;
using Viddhana.Engine.Metrics;

namespace Viddhana.Tests.Engine.Host;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MetricsServerTests
{
    private readonly MetricsRegistry _metrics = new();
    private readonly HealthBoard _health = new("1.2.3");
    private MetricsServer _server = null!;

    [SetUp]
    public void Start() => _server = MetricsServer.Start(new IPEndPoint(IPAddress.Loopback, 0), _metrics, _health, Log.Nowhere);

    [TearDown]
    public void Stop() => _server.Dispose();

    [Test]
    public async Task Metrics_are_served_as_text()
    {
        _metrics.Counter("things_total", "Things.").Add(7);
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://{_server.EndPoint}/metrics"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Content.Headers.ContentType!.ToString(), Does.StartWith("text/plain; version=0.0.4"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("things_total 7\n"));
    }

    [Test]
    public async Task Ready_is_503_while_something_required_fails_and_health_only_for_ourselves()
    {
        var isUp = false;
        var isAlive = true;
        _health.Add(() => [new HealthEntry("journal", isUp, "disk full"), new HealthEntry("redis", false, "away") { IsRequired = false }]);
        _health.AddOurs(() => [new HealthEntry("loop 0", isAlive, "")]);

        Assert.That(await StatusAsync("/ready"), Is.EqualTo(503));
        Assert.That(await StatusAsync("/health"), Is.EqualTo(200));
        isUp = true;
        Assert.That(await StatusAsync("/ready"), Is.EqualTo(200), "Redis alone does not make it unready");
        isAlive = false;
        Assert.That(await StatusAsync("/health"), Is.EqualTo(503));
    }

    [Test]
    public async Task Each_dependency_has_an_entry()
    {
        _health.Add(() => [new HealthEntry("node a:1", false, "said \"no\"")]);
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://{_server.EndPoint}/ready"));
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        var entry = json.RootElement.GetProperty("entries")[0];
        Assert.That(entry.GetProperty("name").GetString(), Is.EqualTo("node a:1"));
        Assert.That(entry.GetProperty("ok").GetBoolean(), Is.False);
        Assert.That(entry.GetProperty("detail").GetString(), Is.EqualTo("said \"no\""));
        Assert.That(json.RootElement.GetProperty("version").GetString(), Is.EqualTo("1.2.3"));
    }

    [TestCase("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405")]
    [TestCase("GET /other HTTP/1.1\r\n\r\n", "HTTP/1.1 404")]
    [TestCase("GET /metrics", "")]
    [TestCase("GET \r\n\r\n", "HTTP/1.1 404")]
    [TestCase("HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200")]
    public async Task Odd_requests_are_answered_or_dropped(string request, string answer)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.EndPoint);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);

        Assert.That(await reader.ReadToEndAsync(), answer.Length == 0 ? Is.Empty : Does.StartWith(answer));
        Assert.That(await StatusAsync("/health"), Is.EqualTo(200));
    }

    [Test]
    public async Task Clients_that_say_nothing_do_not_lock_others_out()
    {
        var mute = new List<TcpClient>();
        for (var i = 0; i < 20; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(_server.EndPoint);
            mute.Add(client);
        }

        Assert.That(await StatusAsync("/health"), Is.EqualTo(200));
        mute.ForEach(client => client.Dispose());
    }

    private async Task<int> StatusAsync(string path)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(new Uri($"http://{_server.EndPoint}{path}"));
        return (int)answer.StatusCode;
    }
}
