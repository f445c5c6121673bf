using System.Buffers.Binary;
using System.Text.Json;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>
/// A client as strict as XMRig 6.26 (src/base/net/stratum/Client.cpp, Job.cpp), over lines instead of a socket. It closes the connection
/// where XMRig does.
/// </summary>
internal sealed class XmrigModel
{
    private const int LineMin = 22;
    private const int BlobMin = 43;
    private const int BlobMax = 407;
    private const int NonceAt = 39;

    private readonly Dictionary<long, string?> _answers = [];
    private string? _rpcId;
    private string _job = "";
    private long _sequence = 1;

    /// <summary>Why it closed the connection, or null.</summary>
    public string? Closed { get; private set; }

    /// <summary>It splits nonces with a proxy: what a blob with a nonce that is not zero makes of it.</summary>
    public bool IsNicehash { get; private set; }

    /// <summary>Jobs received, the first with the login.</summary>
    public int Jobs { get; private set; }

    public string JobId { get; private set; } = "";

    public string TargetText { get; private set; } = "";

    public byte[] Blob { get; private set; } = [];

    public byte[] SeedHash { get; private set; } = [];

    public int Height { get; private set; }

    public IReadOnlyList<string> Extensions { get; private set; } = [];

    /// <summary>The message of each refused share by its id, null for accepted ones.</summary>
    public IReadOnlyDictionary<long, string?> Answers => _answers;

    public bool IsLoggedIn => _rpcId is not null;

    public static string LoginLine(
        string login, string pass = "x", string? rig = "rig1", string algorithms = "\"rx/0\",\"test/0\",\"cn/r\"")
    {
        var rigid = rig is null ? "" : $"\"rigid\":\"{rig}\",";
        return $"{{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{{\"login\":\"{login}\",\"pass\":\"{pass}\","
            + $"\"agent\":\"XMRig/6.26.0 (Linux x86_64) libuv/1.44.2 gcc/12.2.0\",{rigid}\"algo\":[{algorithms}]}}}}\n";
    }

    public string Login(string login = BlobRig.Wallet)
    {
        _sequence = 2;
        return LoginLine(login);
    }

    public string KeepAlive() =>
        $"{{\"id\":{_sequence++},\"jsonrpc\":\"2.0\",\"method\":\"keepalived\",\"params\":{{\"id\":\"{_rpcId}\"}}}}\n";

    /// <summary>Searches from a nonce on, and gives the line that submits what it finds.</summary>
    public string Mine(ref uint nonce, out long id)
    {
        Span<byte> hash = stackalloc byte[32];
        while (true)
        {
            Hash(++nonce, hash);
            if (BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]) < Target(TargetText)) return Submit(nonce, hash, out id);
        }
    }

    /// <summary>A share that its target refuses.</summary>
    public string MineBad(ref uint nonce, out long id)
    {
        Span<byte> hash = stackalloc byte[32];
        do Hash(++nonce, hash);
        while (BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]) < Target(TargetText));
        return Submit(nonce, hash, out id);
    }

    /// <summary>What Job::setTarget makes of a target: hashes whose topmost 64 bits are below it are shares.</summary>
    public static ulong Target(string text)
    {
        var raw = Convert.FromHexString(text);
        return raw.Length switch
        {
            4 => ulong.MaxValue / (uint.MaxValue / BinaryPrimitives.ReadUInt32LittleEndian(raw)),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(raw),
            _ => 0,
        };
    }

    public void Receive(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (Closed is null) Parse(line);
    }

    private void Parse(string line)
    {
        Assert.That(line, Has.Length.AtLeast(LineMin).And.StartsWith("{"), "JSON decode failed");
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number)
        {
            Answer(id.GetInt64(), root);
            return;
        }

        var isJob = root.TryGetProperty("method", out var method) && method.GetString() == "job";
        if (isJob && !Job(root.GetProperty("params"))) Close("bad job");
    }

    private void Answer(long id, JsonElement root)
    {
        if (root.GetProperty("error") is { ValueKind: not JsonValueKind.Null } error)
        {
            Assert.That(error.ValueKind, Is.EqualTo(JsonValueKind.Object), "only objects are read");
            var message = error.GetProperty("message").GetString()!;
            _answers[id] = message;
            if (id == 1 || IsCritical(message)) Close(message);
            return;
        }

        var result = root.GetProperty("result");
        if (id == 1) LoggedIn(result);
        else if (result.GetProperty("status").GetString() == "OK") _answers[id] = null;
        else Assert.That(result.GetProperty("status").GetString(), Is.EqualTo("KEEPALIVED"));
    }

    private void LoggedIn(JsonElement result)
    {
        _rpcId = result.GetProperty("id").GetString();
        Extensions = [.. result.GetProperty("extensions").EnumerateArray().Select(name => name.GetString()!)];
        Assert.That(result.GetProperty("status").GetString(), Is.EqualTo("OK"));
        if (_rpcId is null || !Job(result.GetProperty("job"))) Close("login error");
    }

    private bool Job(JsonElement job)
    {
        var (id, blob, target) = (Text(job, "job_id"), Text(job, "blob"), Text(job, "target"));
        if (id is null or "" || blob.Length % 2 != 0 || blob.Length / 2 is < BlobMin or > BlobMax || Target(target) == 0) return false;
        if (Text(job, "algo") != SeededPow.AlgorithmName || Text(job, "seed_hash").Length != 64) return false;
        if (_job == id + blob + target)
        {
            Close("duplicate job received, reconnect");
            return true;
        }

        (_job, JobId, TargetText, Blob) = (id + blob + target, id, target, Convert.FromHexString(blob));
        SeedHash = Convert.FromHexString(Text(job, "seed_hash"));
        Height = job.GetProperty("height").GetInt32();
        IsNicehash |= BinaryPrimitives.ReadUInt32LittleEndian(Blob.AsSpan(NonceAt)) != 0;
        Jobs++;
        return true;
    }

    private string Submit(uint nonce, ReadOnlySpan<byte> hash, out long id)
    {
        id = _sequence++;
        var digits = Convert.ToHexStringLower(BitConverter.GetBytes(nonce));
        return $"{{\"id\":{id},\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{{\"id\":\"{_rpcId}\",\"job_id\":\"{JobId}\","
            + $"\"nonce\":\"{digits}\",\"result\":\"{Convert.ToHexStringLower(hash)}\",\"algo\":\"test/0\"}}}}\n";
    }

    private void Hash(uint nonce, Span<byte> hash)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Blob.AsSpan(NonceAt), nonce);
        SeededPow.Compute(SeedHash, Height, Blob, hash);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static bool IsCritical(string message) =>
        ((string[])["Unauthenticated", "your IP is banned", "IP Address currently banned", "Invalid job id"])
            .Any(text => message.StartsWith(text, StringComparison.OrdinalIgnoreCase));

    private void Close(string reason) => Closed ??= reason;
}
