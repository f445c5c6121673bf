using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Viddhana.Contracts;

namespace Viddhana.Tests.Engine.Net;

/// <summary>A miner that speaks over a real socket and makes shares by guessing (the difficulty is next to nothing).</summary>
internal sealed class TestClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly StreamReader _reader;
    private int _id;

    private TestClient(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
        _reader = new StreamReader(stream, Encoding.ASCII);
    }

    public string Extranonce1 { get; private set; } = "";

    public JsonElement Job { get; private set; }

    public static async Task<TestClient> ConnectAsync(int port, string host = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Parse(host), port);
        return new TestClient(socket, new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>Connects and demands the certificate with this SHA-256 fingerprint (hex digits).</summary>
    /// <param name="port">Where.</param>
    /// <param name="fingerprint">The fingerprint.</param>
    /// <param name="preface">Sent in plain before the handshake.</param>
    public static async Task<TestClient> ConnectTlsAsync(int port, string fingerprint, byte[]? preface = null)
    {
        var client = await ConnectAsync(port);
        if (preface is not null) await client.SendAsync(preface);
        var tls = new SslStream(
            client._stream, false, (_, certificate, _, _) => certificate!.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint);
        await tls.AuthenticateAsClientAsync("localhost");
        return new TestClient(client._socket, tls);
    }

    /// <summary>Subscribes and authorises; with a job there, waits for it.</summary>
    public async Task LoginAsync(bool expectJob = true)
    {
        var subscribed = await CallAsync("mining.subscribe", "\"test/1\"");
        Extranonce1 = subscribed.GetProperty("result")[1].GetString()!;
        var authorized = await CallAsync("mining.authorize", $"\"{TestPool.Address}.rig\",\"x\"");
        Assert.That(authorized.GetProperty("result").GetBoolean(), Is.True, authorized.ToString());
        while (expectJob && Job.ValueKind == JsonValueKind.Undefined) Take(await ReadAsync());
    }

    /// <summary>Reads until a notify with another job than <paramref name="before"/> is there.</summary>
    public async Task<string> NextJobAsync(string before)
    {
        while (Job.ValueKind == JsonValueKind.Undefined || Job[0].GetString() == before) Take(await ReadAsync());
        return Job[0].GetString()!;
    }

    public string JobId => Job[0].GetString()!;

    public async Task<JsonElement> CallAsync(string method, string parameters)
    {
        var id = ++_id;
        await SendAsync($"{{\"id\":{id},\"method\":\"{method}\",\"params\":[{parameters}]}}\n");
        return await AnswerAsync(id);
    }

    public async Task<JsonElement> AnswerAsync(int id)
    {
        while (true)
        {
            var message = await ReadAsync();
            if (message.TryGetProperty("method", out _)) Take(message);
            else if (message.GetProperty("id").GetInt32() == id) return message;
            else Assert.Fail($"answer out of order: waited for {id}, got {message}");
        }
    }

    /// <summary>A submit line that meets the share target. Each number gives other work.</summary>
    public string ShareLine(ulong number, out int id)
    {
        id = ++_id;
        for (var nonce = 0u; ; nonce++)
        {
            var extranonce2 = number.ToString("x16");
            if (!IsShare(extranonce2, nonce)) continue;
            var parameters = $"\"{TestPool.Address}.rig\",\"{JobId}\",\"{extranonce2}\",\"{Job[7].GetString()}\",\"{nonce:x8}\"";
            return $"{{\"id\":{id},\"method\":\"mining.submit\",\"params\":[{parameters}]}}\n";
        }
    }

    public async Task<JsonElement> ShareAsync(ulong number)
    {
        await SendAsync(ShareLine(number, out var id));
        return await AnswerAsync(id);
    }

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>True when the other side closes within the time; what it sends before is read and forgotten.</summary>
    public async Task<bool> IsClosedAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var buffer = new byte[64 << 10];
        try
        {
            while (await _stream.ReadAsync(buffer, limit.Token) > 0)
            {
            }

            return true;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public async Task<JsonElement> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var line = await _reader.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("closed");
        return JsonDocument.Parse(line).RootElement;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private void Take(JsonElement message)
    {
        if (message.GetProperty("method").GetString() == "mining.notify") Job = message.GetProperty("params");
    }

    // Difficulty 1e-10: the target is above 2^254, about two of five hashes will do. The miner looks at the topmost byte alone.
    private bool IsShare(string extranonce2, uint nonce)
    {
        var header = new byte[80];
        Reversed(Job[5].GetString()!).CopyTo(header, 0);
        var prevHash = Convert.FromHexString(Job[1].GetString()!);
        for (var i = 0; i < 32; i++) header[4 + i] = prevHash[i ^ 3];
        byte[] root = Twice(Convert.FromHexString(Job[2].GetString() + Extranonce1 + extranonce2 + Job[3].GetString()));
        foreach (var branch in Job[4].EnumerateArray()) root = Twice([.. root, .. Convert.FromHexString(branch.GetString()!)]);
        root.CopyTo(header, 36);
        Reversed(Job[7].GetString()!).CopyTo(header, 68);
        Reversed(Job[6].GetString()!).CopyTo(header, 72);
        BitConverter.TryWriteBytes(header.AsSpan(76), nonce);
        return Twice(header)[31] < 0x40;
    }

    private static byte[] Twice(byte[] bytes)
    {
        var hash = new byte[32];
        Sha256.HashTwice(bytes, hash);
        return hash;
    }

    private static byte[] Reversed(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Array.Reverse(bytes);
        return bytes;
    }
}
