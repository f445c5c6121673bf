using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Shares;

namespace Viddhana.Core.Stratum.V1;

/// <summary>What clients ask for besides submitting.</summary>
public sealed partial class V1Session
{
    /// <summary>Bytes of a user agent that are kept.</summary>
    public const int UserAgentMax = 64;

    private bool _isSubscribed;

    /// <summary>What the client calls itself: at most <see cref="UserAgentMax"/> printable ASCII characters.</summary>
    public string UserAgent { get; private set; } = "";

    private void OnRequest(V1Method method, in V1Reader request, FrameBuffer output, Now now)
    {
        switch (method)
        {
            case V1Method.Configure: Configure(request, output, now); break;
            case V1Method.Subscribe: Subscribe(request, output, now); break;
            case V1Method.Authorize: Authorize(request, output, now); break;
            case V1Method.SuggestDifficulty: SuggestDifficulty(request, output, now); break;
            case V1Method.SuggestTarget: SuggestTarget(request, output, now); break;
            case V1Method.ExtranonceSubscribe: SubscribeExtranonce(request, output); break;
            case V1Method.GetTransactions: Answer(request, output, "[]"u8); break;
            case V1Method.MultiVersion: Answer(request, output, "false"u8); break;
            case V1Method.Ping: Answer(request, output, "\"pong\""u8); break;
            case V1Method.Term: Close("the client said goodbye"); break;
            case V1Method.Agreed: Answer(request, output, "true"u8); break;
            case V1Method.Silent: break;
            default: OnUnknown(request, output); break;
        }
    }

    private static void Answer(in V1Reader request, FrameBuffer output, ReadOnlySpan<byte> result)
    {
        if (IsAnswered(request)) V1Writer.Result(output, request.RawId, result);
    }

    private static void AnswerError(in V1Reader request, FrameBuffer output, ReadOnlySpan<byte> result, ReadOnlySpan<byte> error)
    {
        if (IsAnswered(request)) V1Writer.Error(output, request.RawId, result, error);
    }

    // Answers of the client to us (client.get_version, mining.ping) have no method.
    private static void OnUnknown(in V1Reader request, FrameBuffer output)
    {
        if (request.Method.Kind == V1Kind.String) AnswerError(request, output, "null"u8, "[-3,\"Method not found\",null]"u8);
        else if (!request.IsResponse) AnswerError(request, output, "null"u8, "[20,\"No method\",null]"u8);
    }

    // A second time gives the same answer: never a new extranonce1 while work of the old one is about.
    private void Subscribe(in V1Reader request, FrameBuffer output, Now now)
    {
        var isFirst = !_isSubscribed;
        if (isFirst) BeginSession(request, now);
        if (IsAnswered(request)) V1Writer.Subscribed(output, request.RawId, _sessionId, Extranonce1, _pool.Extranonce2Size);
        if (isFirst && IsMining) BeginWork(_pool.CurrentJob, output, now);
    }

    private void BeginSession(in V1Reader request, Now now)
    {
        _isSubscribed = true;
        _sessionId = _pool.NewSessionId?.Invoke() ?? 0;
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        UserAgent = _pool.InternUserAgent(Printable(request.Text(request.Param(0), scratch)));
        _coinbaseMax = _pool.Profiles.Of(UserAgent).CoinbaseMax;
        if (_pool.FloorOf(UserAgent, _difficulty.Port) is { } floor) _difficulty.RaiseFloor(floor, now.MonotonicMs);
        if (SessionPool.ReadsWholeNumbers(UserAgent)) _difficulty.KeepWhole(now.MonotonicMs);
        Resume(request.Text(request.Param(1), scratch), now);
    }

    private void SubscribeExtranonce(in V1Reader request, FrameBuffer output)
    {
        _followsExtranonce = true;
        Answer(request, output, "true"u8);
    }

    private static string Printable(ReadOnlySpan<byte> text)
    {
        Span<byte> kept = stackalloc byte[UserAgentMax];
        var count = 0;
        foreach (var octet in text)
            if (octet is >= (byte)' ' and <= (byte)'~' && count < kept.Length) kept[count++] = octet;

        return Encoding.ASCII.GetString(kept[..count]);
    }

    private void Authorize(in V1Reader request, FrameBuffer output, Now now)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var user = request.Text(request.Param(0), scratch);
        var wasMining = IsMining;
        var isFirst = _workers.Count == 0;
        if (_workers.Find(user) is null && !TryAddWorker(user, out var error))
        {
            // Before the answer: after it the client hangs up without reading on.
            if (ShowsMessages) V1Writer.ShowMessage(output, Encoding.ASCII.GetBytes(error));
            AnswerError(request, output, "false"u8, Encoding.ASCII.GetBytes($"[24,\"{error}\",null]"));
            return;
        }

        if (isFirst)
        {
            Span<byte> passwordScratch = stackalloc byte[V1Text.Max];
            _difficulty.AskAtLogin(AskedDifficulty.FromUser(user), request.Text(request.Param(1), passwordScratch), now.MonotonicMs);
            _memory.Begin(_pool.LastDifficulties, _workers.First, _difficulty, now);
        }

        Answer(request, output, "true"u8);
        if (!wasMining && IsMining) BeginWork(_pool.CurrentJob, output, now);
    }

    private bool TryAddWorker(ReadOnlySpan<byte> user, out string error)
    {
        error = TooLarge;
        if (_isSubscribed && _pool.CurrentJob is { } job && !job.Variants.Fit(_coinbaseMax)) return false;

        error = "Too many workers on one connection";
        if (_workers.Count >= _pool.Limits.WorkersPerConnection) return false;

        error = "User name too long";
        if (user.Length > V1Text.Max) return false;

        var name = WorkerName.Canonical(user, _pool, out error, out var isBanned);
        if (isBanned && !_workers.TryBan(user, _pool.Limits.WorkersPerConnection)) Close("too many banned workers");
        if (name is null) return false;

        _workers.Add(user, new Worker(name));
        return true;
    }

    // mining.suggest_difficulty [1000], ["0.500000"], or mining.suggest_difficulty(1000).
    private void SuggestDifficulty(in V1Reader request, FrameBuffer output, Now now)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var value = request.Param(0);
        var text = value.Kind == V1Kind.Number ? request.Raw(value) : request.Text(value, scratch);
        var method = request.Raw(request.Method);
        var open = method.IndexOf((byte)'(');
        if (open >= 0) text = method[(open + 1)..].TrimEnd(")"u8);

        var isNumber = AskedDifficulty.TryRead(Encoding.UTF8.GetString(text[..Math.Min(text.Length, V1Text.Max)]), out var difficulty);
        if (isNumber) _difficulty.Suggest(difficulty, now.MonotonicMs);
        Answer(request, output, isNumber ? "true"u8 : "false"u8);
        FollowDifficulty(output, now);
    }

    private void SuggestTarget(in V1Reader request, FrameBuffer output, Now now)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        Span<byte> target = stackalloc byte[32];
        var isTarget = Hex.TryReadBytes(request.Text(request.Param(0), scratch), target);
        if (isTarget && _pool.DifficultyOf(UInt256.FromBigEndian(target)) is { } difficulty)
            _difficulty.Suggest(difficulty, now.MonotonicMs);

        Answer(request, output, isTarget ? "true"u8 : "false"u8);
        FollowDifficulty(output, now);
    }
}
