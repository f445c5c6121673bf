using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Viddhana.Tests.EndToEnd;

/// <summary>
/// A small Stratum V1 client of the tests' own: it shares no code with the engine or the miner, so that they cannot share a mistake. Speaks
/// line by line and builds the header from what it was sent.
/// </summary>
internal sealed class StratumClient : IDisposable
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(60);
    private readonly TcpClient _tcp;
    private readonly StreamReader _reader;
    private readonly Stream _stream;
    private int _nextId = 1;
    private ulong _nextExtranonce2;

    private StratumClient(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
        _reader = new StreamReader(_stream, Encoding.ASCII);
    }

    /// <summary>The newest job, or null.</summary>
    public StratumJob? Job { get; private set; }

    /// <summary>The difficulty announced last; it counts from the next job.</summary>
    public string Difficulty { get; private set; } = "1";

    private byte[] Extranonce1 { get; set; } = [];

    private int Extranonce2Size { get; set; }

    public static async Task<StratumClient> Connect(int port, params string[] workers)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", port);
        var client = new StratumClient(tcp);
        var subscribed = await client.Call("mining.subscribe", "end-to-end/1.0");
        client.Extranonce1 = Convert.FromHexString(subscribed.GetProperty("result")[1].GetString()!);
        client.Extranonce2Size = subscribed.GetProperty("result")[2].GetInt32();
        foreach (var worker in workers)
        {
            var answer = await client.Call("mining.authorize", worker, "x");
            Assert.That(answer.GetProperty("result").ValueKind, Is.EqualTo(JsonValueKind.True), $"{worker}: {answer}");
        }

        return client;
    }

    /// <summary>Reads lines until there is a job that <paramref name="fits"/>.</summary>
    public async Task<StratumJob> WaitForJob(Func<StratumJob, bool> fits)
    {
        while (Job is null || !fits(Job)) Take(await ReadLine());
        return Job;
    }

    /// <summary>A header for the job with a fresh extranonce2; the nonce is left to the caller.</summary>
    public (byte[] Header, string Extranonce2) MakeHeader(StratumJob job)
    {
        var extranonce2 = new byte[Extranonce2Size];
        var counter = _nextExtranonce2++;
        for (var i = 0; i < Extranonce2Size; i++) extranonce2[i] = (byte)(counter >> (8 * i));
        var header = StratumHeader.Build(job, [.. Extranonce1, .. extranonce2], job.Version, job.Ntime);
        return (header, Convert.ToHexStringLower(extranonce2));
    }

    /// <summary>Submits a share and gives the engine's answer: null for accepted, else the error text.</summary>
    public async Task<string?> Submit(string worker, StratumJob job, string extranonce2, uint nonce)
    {
        var answer = await Call(
            "mining.submit", worker, job.Id, extranonce2, job.Ntime, nonce.ToString("x8", CultureInfo.InvariantCulture));
        return answer.GetProperty("result").ValueKind == JsonValueKind.True ? null : answer.GetProperty("error").ToString();
    }

    /// <summary>Authorises a worker: null where it is let in, else the answer.</summary>
    public async Task<string?> Authorize(string worker)
    {
        var answer = await Call("mining.authorize", worker, "x");
        return answer.GetProperty("result").ValueKind == JsonValueKind.True ? null : answer.ToString();
    }

    /// <summary>Reads until the engine closes the connection.</summary>
    public async Task WaitForEnd()
    {
        using var limit = new CancellationTokenSource(AnswerMax);
        try
        {
            while (await _reader.ReadLineAsync(limit.Token) is not null) limit.Token.ThrowIfCancellationRequested();
        }
        catch (IOException)
        {
            // Reset: closed all the same.
        }
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<JsonElement> Call(string method, params string[] parameters)
    {
        var id = _nextId++;
        var line = JsonSerializer.Serialize(new { id, method, @params = parameters }) + "\n";
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(line));
        while (true)
        {
            var message = await ReadLine();
            if (message.TryGetProperty("method", out _)) Take(message);
            else if (message.GetProperty("id").GetInt32() == id) return message;
            else Assert.Fail($"an answer to nothing that was asked: {message}");
        }
    }

    private async Task<JsonElement> ReadLine()
    {
        using var limit = new CancellationTokenSource(AnswerMax);
        var line = await _reader.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException("the engine closed the connection");
        return JsonDocument.Parse(line).RootElement;
    }

    private void Take(JsonElement message)
    {
        if (!message.TryGetProperty("method", out var method)) return;
        var parameters = message.GetProperty("params");
        if (method.GetString() == "mining.set_difficulty") Difficulty = parameters[0].GetRawText();
        if (method.GetString() == "mining.notify") Job = StratumJob.Parse(parameters, Difficulty);
    }
}

/// <summary>One mining.notify, with the difficulty in force for it.</summary>
internal sealed record StratumJob(
    string Id, string PrevHash, string Coinbase1, string Coinbase2, string[] Branches, string Version, string Nbits, string Ntime,
        bool Clean,
    string Difficulty)
{
    public static StratumJob Parse(JsonElement p, string difficulty)
    {
        Assert.That(p.GetArrayLength(), Is.EqualTo(9), p.ToString());
        return new StratumJob(
            p[0].GetString()!, p[1].GetString()!, p[2].GetString()!, p[3].GetString()!,
                [.. p[4].EnumerateArray().Select(b => b.GetString()!)],
            p[5].GetString()!, p[6].GetString()!, p[7].GetString()!, p[8].GetBoolean(), difficulty);
    }
}
