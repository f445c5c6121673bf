using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Viddhana.Core.Bytes;

namespace Viddhana.Tests.Engine.Blobs;

/// <summary>The modes of ethminer, by its own numbers.</summary>
internal enum EthminerMode
{
    Stratum = 0,
    EthProxy = 1,
    EthereumStratum = 2,
    EthereumStratum2 = 3,
}

/// <summary>
/// A client as strict as ethminer 0.19 (libpoolprotocols/stratum/EthStratumClient.cpp), over lines instead of a socket. It tries the mode
/// it is made with; auto-detection is to make one after another.
/// </summary>
internal sealed class EthminerModel(EthminerMode mode, string user = BlobRig.Wallet, string? worker = "rig1", string pass = "x")
{
    private static readonly BigInteger Difficulty1 = new BigInteger(0xffff) << 208;

    private readonly List<(int Id, bool IsAccepted, string Error)> _answers = [];
    private readonly List<string> _toSend = [];
    private UInt256 _nextBoundary = UInt256.Zero;
    private bool _isAuthorized;
    private bool _hasJobOfThisTransmission;

    /// <summary>Why it disconnected, or null.</summary>
    public string? Closed { get; private set; }

    /// <summary>The server speaks its mode.</summary>
    public bool IsConfirmed { get; private set; }

    public bool IsAuthorized => _isAuthorized;

    public string Extranonce { get; private set; } = "";

    public string Job { get; private set; } = "";

    public byte[] Header { get; private set; } = [];

    public byte[] Seed { get; private set; } = [];

    public UInt256 Boundary { get; private set; }

    public int Jobs { get; private set; }

    /// <summary>The height, which Ethash knows from the seed; the test's proof of work does not.</summary>
    public int Height { get; set; } = 3_000_001;

    /// <summary>Answers to shares, in their order.</summary>
    public IReadOnlyList<(int Id, bool IsAccepted, string Error)> Answers => _answers;

    /// <summary>It takes an easier difficulty for this one.</summary>
    public double DifficultyFloor { get; set; } = 0.0001;

    public string First()
    {
        var key = worker is null ? "" : $",\"worker\":\"{worker}\"";
        return mode switch
        {
            EthminerMode.Stratum => """{"id":1,"jsonrpc":"2.0","method":"mining.subscribe","params":[]}""",
            EthminerMode.EthProxy => $$"""{"id":1,"method":"eth_submitLogin","params":["{{user}}","{{pass}}"]{{key}}}""",
            EthminerMode.EthereumStratum => """{"id":1,"method":"mining.subscribe","params":["ethminer 0.19.0","EthereumStratum/1.0.0"]}""",
            _ => """{"id":1,"method":"mining.hello","params":{"agent":"ethminer 0.19.0","host":"pool","port":"d05","""
                + "\"proto\":\"EthereumStratum/2.0.0\"}}",
        } + "\n";
    }

    /// <summary>Reads one transmission; gives what it sends in return.</summary>
    public string Receive(string text)
    {
        _toSend.Clear();
        _hasJobOfThisTransmission = false;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (Closed is null) Parse(line);
        return string.Concat(_toSend);
    }

    public string Hashrate() =>
        $$"""{"id":9,"jsonrpc":"2.0","worker":"{{worker}}","method":"eth_submitHashrate","params":["""
        + $"\"0x{new string('0', 56)}02faf080\",\"0x{new string('1', 64)}\"]}}\n";

    /// <summary>Searches from its part of the nonce on, and gives the line that submits what it finds.</summary>
    public string Mine(ref ulong nonce, int device = 0, bool good = true)
    {
        Span<byte> blob = stackalloc byte[40];
        Span<byte> hash = stackalloc byte[32];
        Header.CopyTo(blob);
        var start = ulong.Parse(Extranonce.PadRight(16, '0'), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        while (true)
        {
            var full = start + ++nonce;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(blob[32..], full);
            SeededPow.Compute(Seed, Height, blob, hash);
            if (UInt256.FromLittleEndian(hash) <= Boundary == good) return Submit(full, device);
        }
    }

    public string Submit(ulong nonce, int device = 0)
    {
        var id = 40 + device;
        var digits = nonce.ToString("x16", CultureInfo.InvariantCulture);
        var (header, mix) = (Convert.ToHexStringLower(Header), new string('a', 64));
        var key = worker is null ? "" : $",\"worker\":\"{worker}\"";
        var solution = $"\"0x{digits}\",\"0x{header}\",\"0x{mix}\"";
        var (method, values) = mode switch
        {
            EthminerMode.Stratum => ("mining.submit", $"[\"{user}\",\"{Job}\",{solution}]{key}"),
            EthminerMode.EthProxy => ("eth_submitWork", $"[{solution}]{key}"),
            _ => ("mining.submit", $"[\"{user}.{worker}\",\"{Job}\",\"{digits[Extranonce.Length..]}\"]"),
        };
        var version = mode == EthminerMode.Stratum ? "\"jsonrpc\":\"2.0\"," : "";
        return $"{{\"id\":{id},{version}\"method\":\"{method}\",\"params\":{values}}}\n";
    }

    private void Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        var id = root.TryGetProperty("id", out var idValue) && idValue.ValueKind == JsonValueKind.Number ? idValue.GetUInt32() : 0;
        var error = root.TryGetProperty("error", out var e) && e.ValueKind != JsonValueKind.Null ? e.ToString() : "";
        var method = root.TryGetProperty("method", out var m) ? m.GetString()! : "";
        if (root.TryGetProperty("jsonrpc", out var version)) Assert.That(version.GetString(), Is.EqualTo("2.0"));
        var isNotification = method.Length > 0 || id == 0;
        if (isNotification && method.Length == 0 && mode == EthminerMode.EthProxy && IsArray(root, "result")) method = "mining.notify";
        if (isNotification && IsEmpty(root, "params") && IsEmpty(root, "result")) Close("invalid jsonrpc message");
        else if (!isNotification && id == 5 && IsArray(root, "result")) OnNotify(root);
        else if (!isNotification) Answer((int)id, root, error);
        else if (IsConfirmed && method == "mining.notify") OnNotify(root);
        else if (IsConfirmed && method == "mining.set_difficulty") SetDifficulty(root.GetProperty("params")[0].GetDouble());
        else Assert.Fail($"unexpected in mode {mode}: {line}");
    }

    private void Answer(int id, JsonElement root, string error)
    {
        var isSuccess = error.Length == 0;
        var result = root.GetProperty("result");
        if (id == 1) OnFirst(isSuccess, result);
        else if (id == 3) _isAuthorized = isSuccess && result.GetBoolean();
        else if (id >= 40) _answers.Add((id, isSuccess && result.ValueKind != JsonValueKind.False, error));
        else Assert.That(id is 2 or 5 or 9, $"answer to unknown id {id}");
        if (id == 3 && !_isAuthorized) Close("not authorized: " + error);
    }

    private void OnFirst(bool isSuccess, JsonElement result)
    {
        if (mode == EthminerMode.EthereumStratum)
        {
            isSuccess &= IsArray(result) && IsArray(result[0]) && result[0].GetArrayLength() == 3
                && result[0][2].GetString() == "EthereumStratum/1.0.0";
        }

        if (mode == EthminerMode.EthereumStratum2) isSuccess = false;
        if (!isSuccess)
        {
            Close("negotiation failed");
            return;
        }

        IsConfirmed = true;
        if (mode == EthminerMode.EthProxy)
        {
            _isAuthorized = true;
            _toSend.Add("""{"id":5,"method":"eth_getWork","params":[]}""" + "\n");
            return;
        }

        if (mode == EthminerMode.EthereumStratum)
        {
            Extranonce = result[1].GetString()!;
            _toSend.Add("""{"id":2,"method":"mining.extranonce.subscribe","params":[]}""" + "\n");
        }

        var name = mode == EthminerMode.EthereumStratum || worker is not null ? $"{user}.{worker}" : user;
        _toSend.Add($$"""{"id":3,"jsonrpc":"2.0","method":"mining.authorize","params":["{{name}}","{{pass}}"]}""" + "\n");
    }

    private void OnNotify(JsonElement root)
    {
        if (_hasJobOfThisTransmission) return;

        var isResult = mode == EthminerMode.EthProxy && IsArray(root, "result");
        var values = root.GetProperty(isResult ? "result" : "params").EnumerateArray().ToList();
        Job = values[0].GetString()!;
        var at = isResult ? 0 : 1;
        if (mode == EthminerMode.EthereumStratum)
        {
            (Seed, Header, Boundary) = (Bytes(values[1].GetString()!), Bytes(values[2].GetString()!), _nextBoundary);
        }
        else
        {
            (Header, Seed) = (Bytes(values[at].GetString()!), Bytes(values[at + 1].GetString()!));
            Boundary = UInt256.FromBigEndian(Bytes(Padded(values[at + 2].GetString()!)));
        }

        Assert.That(Boundary, Is.Not.EqualTo(UInt256.Zero), "no difficulty before the first job");
        _hasJobOfThisTransmission = true;
        Jobs++;
    }

    // Its own repair of short boundaries takes the first two characters for 0x.
    private static string Padded(string boundary) =>
        boundary.Length < 66 ? "0x" + new string('0', 66 - boundary.Length) + boundary[2..] : boundary;

    private void SetDifficulty(double difficulty) =>
        _nextBoundary = UInt256.FromBigInteger((BigInteger)((double)Difficulty1 / Math.Max(difficulty, DifficultyFloor)));

    private static byte[] Bytes(string hex)
    {
        var bytes = Convert.FromHexString(hex.StartsWith("0x", StringComparison.Ordinal) ? hex[2..] : hex);
        Assert.That(bytes, Has.Length.EqualTo(32));
        return bytes;
    }

    private static bool IsArray(JsonElement root, string name) => root.TryGetProperty(name, out var value) && IsArray(value);

    private static bool IsArray(JsonElement value) => value.ValueKind == JsonValueKind.Array;

    private static bool IsEmpty(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var value)
        || value.ValueKind == JsonValueKind.Null
        || (IsArray(value) && value.GetArrayLength() == 0);

    private void Close(string reason) => Closed ??= reason;
}
