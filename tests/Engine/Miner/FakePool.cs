using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Viddhana.Tests.Engine.Algorithms;

namespace Viddhana.Tests.Engine.Miner;

/// <summary>A share as the pool saw it, judged from its text alone.</summary>
internal sealed record SeenShare(
    int Connection, string User, string JobId, string Extranonce2, string Ntime, string Nonce, string? VersionBits)
{
    public BigInteger Hash { get; set; }

    public double Difficulty { get; set; }

    public bool IsMet { get; set; }

    public string Key => $"{Connection} {JobId} {Extranonce2} {Ntime} {Nonce} {VersionBits}";
}

/// <summary>
/// A Stratum V1 server that shares no code with the miner: it rebuilds every header with the platform's SHA-256 and judges it against the
/// difficulty that was in force when the job was sent.
/// </summary>
internal sealed class FakePool : IAsyncDisposable
{
    private const string Coinb1 = "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2002c800";
    private const string Coinb2 = "ffffffff0100f2052a010000001976a914000000000000000000000000000000000000000088ac00000000";

    private static readonly string[] Branches = [new('1', 64), "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly X509Certificate2? _certificate;
    private int _connections;
    private int _jobs;

    public FakePool(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string Url => $"{(_certificate is null ? "stratum+tcp" : "stratum+ssl")}://127.0.0.1:{Port}";

    public string Algorithm { get; init; } = "sha256d";

    /// <summary>The number sent in mining.set_difficulty with the first job.</summary>
    public string Difficulty { get; init; } = "0.0000001";

    /// <summary>Network difficulty: bits of the jobs.</summary>
    public string Nbits { get; init; } = "1d00ffff";

    public string? VersionMask { get; init; } = "1fffe000";

    public int Extranonce2Size { get; init; } = 8;

    /// <summary>Answers authorize with an error.</summary>
    public bool RefusesUsers { get; init; }

    /// <summary>What a good share is answered; default: true.</summary>
    public Func<SeenShare, string>? Answer { get; init; }

    /// <summary>Called after each share; may act on the connection.</summary>
    public Func<Peer, SeenShare, Task>? AfterShare { get; init; }

    public List<SeenShare> Seen { get; } = [];

    /// <summary>Shares that were answered, in order.</summary>
    public List<SeenShare> Answered { get; } = [];

    public List<string> Users { get; } = [];

    public List<string> OtherLines { get; } = [];

    public List<Peer> Peers { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        foreach (var peer in Peers.ToArray()) peer.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                serving.Add(Task.Run(() => ServeAsync(client)));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(_certificate);
                stream = tls;
            }

            using var peer = new Peer(this, Interlocked.Increment(ref _connections), client, stream);
            lock (Peers) Peers.Add(peer);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(_stop.Token) is { } line) await peer.OnLine(line);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or ObjectDisposedException or SocketException
            or InvalidOperationException or System.Security.Authentication.AuthenticationException)
        {
            // The miner went away or the test is over; what was seen stays.
        }
    }

    /// <summary>One connection of the miner.</summary>
    internal sealed class Peer(FakePool pool, int number, TcpClient client, Stream stream) : IDisposable
    {
        private readonly Dictionary<string, (uint Ntime, string Extranonce1, double Difficulty)> _jobs = [];
        private string _difficulty = pool.Difficulty;
        private string _extranonce1 = $"{number:x8}";
        private bool _rolls;

        public int Number => number;

        public Task SendDifficulty(string difficulty)
        {
            _difficulty = difficulty;
            return Send($$"""{"id":null,"method":"mining.set_difficulty","params":[{{difficulty}}]}""");
        }

        public Task SendExtranonce(string extranonce1)
        {
            _extranonce1 = extranonce1;
            return Send($$"""{"id":null,"method":"mining.set_extranonce","params":["{{extranonce1}}",{{pool.Extranonce2Size}}]}""");
        }

        public Task SendJob(bool clean)
        {
            var id = $"{Interlocked.Increment(ref pool._jobs):x4}";
            lock (_jobs) _jobs[id] = (0x66000000, _extranonce1, double.Parse(_difficulty, CultureInfo.InvariantCulture));
            var branches = string.Join(',', Branches.Select(b => $"\"{b}\""));
            return Send(
                $$"""{"id":null,"method":"mining.notify","params":["{{id}}","aaaaaaaa{{new string('0', 56)}}","{{Coinb1}}","{{Coinb2}}","""
                + $$"""[{{branches}}],"20000000","{{pool.Nbits}}","66000000",{{(clean ? "true" : "false")}}]}""");
        }

        public async Task Send(string line)
        {
            var bytes = Encoding.UTF8.GetBytes(line + "\n");
            await stream.WriteAsync(bytes);
        }

        public void Dispose() => client.Dispose();

        public async Task OnLine(string line)
        {
            using var document = JsonDocument.Parse(line);
            var message = document.RootElement;
            if (!message.TryGetProperty("method", out var method))
            {
                lock (pool.OtherLines) pool.OtherLines.Add(line);
                return;
            }

            var id = message.GetProperty("id").GetRawText();
            var parameters = message.GetProperty("params");
            switch (method.GetString())
            {
                case "mining.configure":
                    _rolls = pool.VersionMask is not null;
                    var rolling = $$"""{"version-rolling":true,"version-rolling.mask":"{{pool.VersionMask}}"}""";
                    await Reply(id, _rolls ? rolling : """{"version-rolling":false}""");
                    break;
                case "mining.subscribe":
                    await Reply(id, $$"""[[["mining.notify","1"]],"{{_extranonce1}}",{{pool.Extranonce2Size}}]""");
                    break;
                case "mining.authorize":
                    await OnAuthorize(id, parameters[0].GetString()!);
                    break;
                case "mining.submit":
                    await OnSubmit(id, parameters);
                    break;
                default:
                    await Reply(id, "true");
                    break;
            }
        }

        private async Task OnAuthorize(string id, string user)
        {
            if (pool.RefusesUsers)
            {
                await Send($$"""{"id":{{id}},"result":false,"error":[24,"Unknown address",null]}""");
                return;
            }

            lock (pool.Users) pool.Users.Add(user);
            await Reply(id, "true");
            await SendDifficulty(_difficulty);
            await SendJob(clean: true);
        }

        private async Task OnSubmit(string id, JsonElement p)
        {
            var share = new SeenShare(
                number, p[0].GetString()!, p[1].GetString()!, p[2].GetString()!, p[3].GetString()!, p[4].GetString()!,
                p.GetArrayLength() > 5 ? p[5].GetString() : null);
            Judge(share);
            lock (pool.Seen) pool.Seen.Add(share);
            await Reply(id, share.IsMet ? pool.Answer?.Invoke(share) ?? "true" : "null,\"error\":[23,\"Low difficulty\",null]");
            lock (pool.Answered) pool.Answered.Add(share);
            if (pool.AfterShare is { } after) await after(this, share);
        }

        private Task Reply(string id, string result)
        {
            var error = result.Contains("\"error\"", StringComparison.Ordinal) ? "" : ",\"error\":null";
            return Send($$"""{"id":{{id}},"result":{{result}}{{error}}}""");
        }

        private void Judge(SeenShare share)
        {
            (uint Ntime, string Extranonce1, double Difficulty) job;
            lock (_jobs)
            {
                if (!_jobs.TryGetValue(share.JobId, out job)) return;
            }

            if (share.Extranonce2.Length != 2 * pool.Extranonce2Size || share.Nonce.Length != 8 || share.Ntime.Length != 8) return;
            if (_rolls != share.VersionBits is not null) return;

            var version = 0x20000000u;
            if (share.VersionBits is { } bits)
            {
                var mask = Convert.ToUInt32(pool.VersionMask, 16);
                if ((Convert.ToUInt32(bits, 16) & ~mask) != 0) return;
                version = (version & ~mask) | Convert.ToUInt32(bits, 16);
            }

            var root = Twice(Convert.FromHexString(Coinb1 + job.Extranonce1 + share.Extranonce2 + Coinb2));
            foreach (var branch in Branches) root = Twice([.. root, .. Convert.FromHexString(branch)]);
            byte[] previous = [0xaa, 0xaa, 0xaa, 0xaa, .. new byte[28]];
            byte[] header =
            [
                .. LittleEndian($"{version:x8}"), .. previous, .. root, .. LittleEndian(share.Ntime), .. LittleEndian(pool.Nbits),
                .. LittleEndian(share.Nonce),
            ];
            share.Hash = new BigInteger(pool.Algorithm == "scrypt" ? PlainScrypt.Hash(header) : Twice(header), isUnsigned: true);
            share.Difficulty = job.Difficulty;
            var difficulty1 = new BigInteger(0xffff) << (pool.Algorithm == "scrypt" ? 224 : 208);
            share.IsMet = share.Hash <= difficulty1 * 1_000_000_000_000 / new BigInteger(Math.Round(job.Difficulty * 1e12));
        }

        private static byte[] Twice(byte[] bytes) => SHA256.HashData(SHA256.HashData(bytes));

        private static byte[] LittleEndian(string hex) => [.. Convert.FromHexString(hex).Reverse()];
    }
}
