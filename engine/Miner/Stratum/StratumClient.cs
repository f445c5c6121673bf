using System.Buffers;
using System.Text;
using System.Text.Json;
using Viddhana.Core.Bytes;

namespace Viddhana.Miner.Stratum;

/// <summary>What a client says about itself.</summary>
/// <param name="User">Name to authorise and submit with.</param>
/// <param name="Password">Password to authorise with.</param>
/// <param name="Difficulty1">The algorithm's difficulty-1 target.</param>
/// <param name="RollsVersion">Asks for BIP 310 version rolling.</param>
/// <param name="SuggestedDifficulty">Sent as <c>mining.suggest_difficulty</c>; null: nothing is suggested.</param>
internal sealed record StratumOptions(string User, string Password, UInt256 Difficulty1, bool RollsVersion, string? SuggestedDifficulty);

/// <summary>
/// The miner's side of a Stratum V1 conversation, as a state machine: lines in, bytes out, no socket and no clock. One object is one
/// connection. Difficulty and extranonce1 take effect with the next <c>mining.notify</c>; a narrower version mask at once. Not thread-safe.
/// </summary>
internal sealed class StratumClient(StratumOptions options, IStratumEvents events)
{
    private const int Extranonce1Max = 32;
    private const int Extranonce2Max = 16;
    private const long ConfigureId = 1;
    private const long SubscribeId = 2;
    private const long AuthorizeId = 3;
    private const long ExtranonceSubscribeId = 4;
    private const long SuggestId = 5;
    private const long FirstSubmitId = 10;

    // The rollable bits of BIP 320.
    private const uint WantedMask = 0x1fffe000;

    private static readonly string Agent = $"viddhana-miner/{typeof(StratumClient).Assembly.GetName().Version?.ToString(3)}";

    private readonly Dictionary<long, SubmittedShare> _submitted = [];
    private ShareTarget? _difficulty;
    private byte[]? _extranonce1;
    private int _extranonce2Size;
    private uint _versionMask;
    private long _nextId = FirstSubmitId;

    /// <summary>The newest work; null before there is any.</summary>
    public StratumJob? Job { get; private set; }

    /// <summary>True once the user name was taken.</summary>
    public bool IsAuthorized { get; private set; }

    /// <summary>Shares sent and not answered.</summary>
    public int Outstanding => _submitted.Count;

    /// <summary>The shares sent and not answered.</summary>
    public IEnumerable<SubmittedShare> Unanswered => _submitted.Values;

    /// <summary>Opens the conversation.</summary>
    public void Start(IBufferWriter<byte> output)
    {
        if (options.RollsVersion) StratumWriter.Configure(output, ConfigureId, WantedMask);
        else Subscribe(output);
    }

    /// <summary>Sends a share; its answer comes as an event.</summary>
    public void Submit(in FoundShare share, long nowMs, long utcMs, long ticks, IBufferWriter<byte> output)
    {
        var id = _nextId++;
        _submitted.Add(id, new SubmittedShare(share, nowMs, utcMs, ticks));
        StratumWriter.Submit(output, id, options.User, share);
    }

    /// <summary>Version bits that a share of the job may carry now.</summary>
    public uint MaskFor(StratumJob job) => job.VersionMask & _versionMask;

    /// <summary>Takes one line, without its end.</summary>
    public void OnLine(ReadOnlyMemory<byte> line, long nowMs, IBufferWriter<byte> output)
    {
        if (line.Span.Trim(" \t\r"u8).IsEmpty) return;

        try
        {
            using var document = JsonDocument.Parse(line);
            var message = document.RootElement;
            if (message.ValueKind != JsonValueKind.Object) events.OnBroken("a message is not an object");
            else if (MethodOf(message) is { } method) OnCall(message, method, nowMs, output);
            else OnAnswer(message, output);
        }
        catch (JsonException)
        {
            events.OnBroken($"a line is not JSON: {Encoding.UTF8.GetString(line.Span[..Math.Min(line.Length, 200)])}");
        }
    }

    /// <summary>The method of a request; null for an answer (some servers write <c>"method":null</c> into those).</summary>
    private static string? MethodOf(JsonElement message) =>
        message.TryGetProperty("method", out var method) && method.ValueKind == JsonValueKind.String ? method.GetString() : null;

    private void OnAnswer(JsonElement message, IBufferWriter<byte> output)
    {
        if (!message.TryGetProperty("id", out var idElement) || !idElement.TryReadInt64(out var id)) return;

        var result = message.TryGetProperty("result", out var r) ? r : default;
        var error = message.TryGetProperty("error", out var e) && e.ValueKind != JsonValueKind.Null ? e : default;
        switch (id)
        {
            case ConfigureId:
                OnConfigured(result);
                Subscribe(output);
                break;
            case SubscribeId:
                OnSubscribed(result, error, output);
                break;
            case AuthorizeId:
                OnAuthorizeAnswer(result, error);
                break;
            default:
                if (_submitted.Remove(id, out var share)) events.OnAnswer(share, ReadAnswer(result, error));
                break;
        }
    }

    private static ShareAnswer ReadAnswer(JsonElement result, JsonElement error)
    {
        bool? verdict = result.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null };
        if (error.ValueKind == JsonValueKind.Undefined) return new ShareAnswer(verdict, null, 0);

        long code = 0;
        if (error.ValueKind == JsonValueKind.Array && error.GetArrayLength() > 0) error[0].TryReadInt64(out code);
        else if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var named)) named.TryReadInt64(out code);
        return new ShareAnswer(verdict, error.GetRawText(), (int)code);
    }

    private void OnConfigured(JsonElement result)
    {
        if (result.ValueKind != JsonValueKind.Object) return;
        if (!result.TryGetProperty("version-rolling", out var rolling) || rolling.ValueKind != JsonValueKind.True) return;
        if (result.TryGetProperty("version-rolling.mask", out var mask) && TryReadMask(mask, out var bits)) _versionMask = bits;
    }

    private void Subscribe(IBufferWriter<byte> output) => StratumWriter.Subscribe(output, SubscribeId, Agent);

    private void OnSubscribed(JsonElement result, JsonElement error, IBufferWriter<byte> output)
    {
        if (result.ValueKind != JsonValueKind.Array || result.GetArrayLength() < 3)
        {
            events.OnRefused($"subscribe: {(error.ValueKind == JsonValueKind.Undefined ? "no extranonce" : error.GetRawText())}");
            return;
        }

        if (!TrySetExtranonce(result[1], result[2]))
        {
            events.OnBroken("subscribe: the extranonce is not what it should be");
            return;
        }

        if (options.SuggestedDifficulty is { } difficulty) StratumWriter.SuggestDifficulty(output, SuggestId, difficulty);
        StratumWriter.Authorize(output, AuthorizeId, options.User, options.Password);
        StratumWriter.ExtranonceSubscribe(output, ExtranonceSubscribeId);
    }

    private void OnAuthorizeAnswer(JsonElement result, JsonElement error)
    {
        IsAuthorized = result.ValueKind == JsonValueKind.True;
        if (IsAuthorized) events.OnAuthorized();
        else events.OnRefused($"authorize {options.User}: {(error.ValueKind == JsonValueKind.Undefined ? "refused" : error.GetRawText())}");
    }

    private void OnCall(JsonElement message, string method, long nowMs, IBufferWriter<byte> output)
    {
        var parameters = message.TryGetProperty("params", out var p) ? p : default;
        switch (method)
        {
            case "mining.notify":
                OnNotify(parameters, nowMs);
                break;
            case "mining.set_difficulty":
                OnSetDifficulty(parameters);
                break;
            case "mining.set_extranonce":
                if (Length(parameters) < 2 || !TrySetExtranonce(parameters[0], parameters[1]))
                    events.OnBroken("mining.set_extranonce: bad parameters");
                break;
            case "mining.set_version_mask":
                OnSetVersionMask(parameters);
                break;
            case "client.reconnect":
                OnReconnect(parameters);
                break;
            case "client.show_message":
                if (Length(parameters) > 0) events.OnMessage(parameters[0].ToString());
                break;
            case "client.get_version":
                Reply(message, output, Agent);
                break;
            case "mining.ping":
                Reply(message, output, "pong");
                break;
            default:
                events.OnMessage($"unknown method {method}");
                break;
        }
    }

    private void OnNotify(JsonElement parameters, long nowMs)
    {
        if (_extranonce1 is null)
        {
            events.OnBroken("mining.notify before the answer to mining.subscribe");
            return;
        }

        _difficulty ??= ShareTarget.TryParse("1", options.Difficulty1, out var one) ? one : null;
        if (!StratumJob.TryRead(parameters, _difficulty!, _extranonce1, _extranonce2Size, _versionMask, nowMs, out var job, out var error))
        {
            events.OnBroken(error);
            return;
        }

        job.Era = (Job?.Era ?? 0) + (job.IsClean ? 1 : 0);
        Job = job;
        events.OnJob(job);
    }

    private void OnSetDifficulty(JsonElement parameters)
    {
        if (Length(parameters) < 1 || parameters[0].ValueKind != JsonValueKind.Number
            || !ShareTarget.TryParse(parameters[0].GetRawText(), options.Difficulty1, out var difficulty))
        {
            events.OnBroken("mining.set_difficulty: not a positive number");
            return;
        }

        _difficulty = difficulty;
    }

    private void OnSetVersionMask(JsonElement parameters)
    {
        if (Length(parameters) < 1 || !TryReadMask(parameters[0], out var mask))
        {
            events.OnBroken("mining.set_version_mask: bad parameters");
            return;
        }

        if (!options.RollsVersion) return;
        _versionMask = mask;
        events.OnVersionMask();
    }

    private void OnReconnect(JsonElement parameters)
    {
        string? host = null;
        int? port = null;
        long wait = 0;
        if (Length(parameters) > 0 && parameters[0].ValueKind == JsonValueKind.String && parameters[0].GetString() != "")
            host = parameters[0].GetString();

        if (Length(parameters) > 1 && parameters[1].TryReadInt64(out var number) && number is > 0 and < 65_536) port = (int)number;
        if (Length(parameters) > 2) parameters[2].TryReadInt64(out wait);
        events.OnReconnect(host, port, (int)Math.Clamp(wait, 0, 3_600));
    }

    private bool TrySetExtranonce(JsonElement extranonce1, JsonElement extranonce2Size)
    {
        if (extranonce1.ValueKind != JsonValueKind.String || !extranonce2Size.TryReadInt64(out var size)) return false;

        var digits = extranonce1.GetString()!;
        if (digits.Length > 2 * Extranonce1Max || digits.Length % 2 != 0 || size is < 1 or > Extranonce2Max) return false;

        var bytes = new byte[digits.Length / 2];
        if (!Hex.TryReadBytes(digits, bytes)) return false;

        _extranonce1 = bytes;
        _extranonce2Size = (int)size;
        return true;
    }

    private static bool TryReadMask(JsonElement element, out uint mask)
    {
        mask = 0;
        return element.ValueKind == JsonValueKind.String && Hex.TryReadShortUInt32(Encoding.UTF8.GetBytes(element.GetString()!), out mask);
    }

    private static int Length(JsonElement parameters) => parameters.ValueKind == JsonValueKind.Array ? parameters.GetArrayLength() : 0;

    private static void Reply(JsonElement message, IBufferWriter<byte> output, string result)
    {
        if (message.TryGetProperty("id", out var id) && id.ValueKind is JsonValueKind.Number or JsonValueKind.String)
            StratumWriter.Reply(output, id.GetRawText(), result);
    }
}
