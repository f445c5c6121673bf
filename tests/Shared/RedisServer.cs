using System.Net.Sockets;

namespace Viddhana.Tests.Shared;

/// <summary>A real redis-server whose append-only file is written through: killed and started again, it has what it acknowledged.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/redis-server";

    private readonly TemporaryFolder _folder = new();
    private readonly string? _password;
    private RunningProgram? _program;

    private RedisServer(string? password) => _password = password;

    public int Port { get; } = FreePorts.Take(1)[0];

    public string Url => _password is null ? $"redis://127.0.0.1:{Port}" : $"redis://:{_password}@127.0.0.1:{Port}";

    /// <summary>Starts one and waits until it takes connections.</summary>
    public static async Task<RedisServer> Start(string? password = null)
    {
        var server = new RedisServer(password);
        try
        {
            await server.Begin();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again): same data, same port.</summary>
    public async Task Begin()
    {
        string[] login = _password is null ? [] : ["--requirepass", _password];
        _program = RunningProgram.Start(
            Program,
            [
                "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _folder.Path,
                "--save", "", "--appendonly", "yes", "--appendfsync", "always", .. login,
            ],
            howToInstall: "apt-get install redis-server");
        await Eventually.Holds("redis-server takes connections", TakesConnections);
    }

    /// <summary>Takes all data away, as a restart without them would.</summary>
    public async Task Empty()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync("FLUSHALL\r\n"u8.ToArray());
        var answer = new byte[5];
        await stream.ReadExactlyAsync(answer);
        Assert.That(answer, Is.EqualTo("+OK\r\n"u8.ToArray()));
    }

    /// <summary>Kills it; the data stay.</summary>
    public async Task Kill()
    {
        await _program!.Kill();
        await _program.DisposeAsync();
        _program = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null) await _program.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<bool> TakesConnections()
    {
        if (_program!.HasExited) throw new InvalidOperationException($"redis-server ended:\n{_program.Output}");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
