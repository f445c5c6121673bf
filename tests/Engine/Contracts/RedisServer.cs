using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Tests.Engine.Contracts;

/// <summary>A real redis-server of a test on a free port, without anything on disk unless asked for.</summary>
internal sealed class RedisServer : IDisposable
{
    private const string Binary = "/usr/bin/redis-server";
    private readonly string _directory = Directory.CreateTempSubdirectory("viddhana-redis-").FullName;
    private readonly string[] _arguments;
    private Process? _process;

    public RedisServer(params string[] arguments)
    {
        if (!File.Exists(Binary)) Assert.Fail($"{Binary} is missing: apt-get install redis-server");
        _arguments = arguments;
        Port = FreePort();
        Start();
    }

    public int Port { get; }

    public string UnixPath => Path.Combine(_directory, "redis.sock");

    public RedisConfig Config => new() { Url = $"redis://127.0.0.1:{Port}" };

    public void Start()
    {
        string[] arguments =
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _directory, "--save", "", "--unixsocket", UnixPath,
            "--loglevel", "warning", .. _arguments,
        ];
        _process = Process.Start(new ProcessStartInfo(Binary, arguments) { RedirectStandardOutput = true })!;
        for (var tries = 0; !IsListening(); tries++)
        {
            if (tries > 600 || _process.HasExited) Assert.Fail("redis-server did not start");
            Thread.Sleep(50);
        }
    }

    /// <summary>Kills it as a crash would.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Stops and continues it: it hangs, its connections stay.</summary>
    public void Signal(string signal) => Process.Start("kill", [$"-{signal}", $"{_process!.Id}"]).WaitForExit();

    public Task<RedisClient> ConnectAsync() => RedisClient.ConnectAsync(Config);

    public void Dispose()
    {
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    private bool IsListening()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
