using System.Text;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.EthStratum;

/// <summary>What clients ask for besides submitting.</summary>
internal sealed partial class EthStratumSession
{
    private const string NeedsExtranonce = "This pool needs EthereumStratum/1.0.0";

    // The account of ETHPROXY's login, to which rigs that come later belong.
    private byte[]? _proxyUser;

    /// <inheritdoc/>
    protected override void OnRequest(in V1Reader message, ReadOnlySpan<byte> line, FrameBuffer output, Now now)
    {
        var method = message.Method;
        if (message.Is(method, "mining.subscribe"u8)) Subscribe(message, output, now);
        else if (message.Is(method, "mining.authorize"u8)) Authorize(message, output, now);
        else if (message.Is(method, "eth_submitLogin"u8)) ProxyLogin(message, line, output, now);
        else if (message.Is(method, "eth_getWork"u8)) GetWork(message, output, now);
        else if (message.Is(method, "mining.ping"u8)) Answer(message, output, "\"pong\""u8);
        else if (IsAgreed(message)) Answer(message, output, "true"u8);
        else if (method.Kind == V1Kind.String) Error(message, output, "null"u8, "[-3,\"Method not found\",null]"u8);
        else if (!message.IsResponse) Error(message, output, "null"u8, "[20,\"No method\",null]"u8);
    }

    private static bool IsAgreed(in V1Reader message) =>
        message.Is(message.Method, "eth_submitHashrate"u8)
        || message.Is(message.Method, "mining.hashrate"u8)
        || message.Is(message.Method, "mining.extranonce.subscribe"u8);

    private static void Answer(in V1Reader request, FrameBuffer output, ReadOnlySpan<byte> result)
    {
        if (IsAnswered(request)) V1Writer.Result(output, request.RawId, result);
    }

    private static void Error(in V1Reader request, FrameBuffer output, ReadOnlySpan<byte> result, ReadOnlySpan<byte> error)
    {
        if (IsAnswered(request)) V1Writer.Error(output, request.RawId, result, error);
    }

    private static void Error(in V1Reader request, FrameBuffer output, int code, string text) =>
        Error(request, output, "false"u8, Encoding.ASCII.GetBytes($"[{code},\"{text}\",null]"));

    // A second time gives the same answer, whatever it says.
    private void Subscribe(in V1Reader request, FrameBuffer output, Now now)
    {
        if (_mode == EthStratumMode.None && !TryChoose(request, output)) return;
        if (_mode == EthStratumMode.Proxy)
        {
            Error(request, output, 20, "Logged in by eth_submitLogin");
            return;
        }

        Span<byte> room = stackalloc byte[ExtranonceSize];
        var extranonce = _mode == EthStratumMode.NiceHash ? room : room[..PlainExtranonceSize];
        WriteExtranonce(extranonce);
        if (IsAnswered(request) && _mode == EthStratumMode.NiceHash)
            EthStratumWriter.Subscribed(output, request.RawId, Extranonce1, extranonce);
        else if (IsAnswered(request))
            EthStratumWriter.PlainSubscribed(output, request.RawId, extranonce);

        if (IsMining) BeginWork(output, now);
    }

    private bool TryChoose(in V1Reader request, FrameBuffer output)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var tag = request.Text(request.Param(1), scratch);
        var mode = tag.SequenceEqual("EthereumStratum/1.0.0"u8) ? EthStratumMode.NiceHash : EthStratumMode.Plain;
        if (mode == EthStratumMode.Plain && tag.StartsWith("EthereumStratum/"u8))
        {
            Error(request, output, 20, "Only EthereumStratum/1.0.0 is spoken here");
            return false;
        }

        return TryEnter(mode, request, output);
    }

    // Where the work is known, a client that cannot search it is told so: ethminer goes on to the next mode.
    private bool TryEnter(EthStratumMode mode, in V1Reader request, FrameBuffer output)
    {
        if (Pool.CurrentJob is { } job && !CanSearch(mode, job.Variants.Get(job, 0)))
        {
            Error(request, output, 20, NeedsExtranonce);
            return false;
        }

        _mode = mode;
        return true;
    }

    private void Authorize(in V1Reader request, FrameBuffer output, Now now)
    {
        if (_mode == EthStratumMode.Proxy)
        {
            Error(request, output, 20, "Logged in by eth_submitLogin");
            return;
        }

        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var user = request.Text(request.Param(0), scratch);
        var isFirst = Workers.Count == 0;
        if (Workers.Find(user) is null && !TryAddWorker(user, user, rig: default, out var error))
        {
            Error(request, output, 24, error);
            return;
        }

        if (isFirst) BeginDifficulty(request, user, now);
        Answer(request, output, "true"u8);
        if (IsMining) BeginWork(output, now);
    }

    private void ProxyLogin(in V1Reader request, ReadOnlySpan<byte> line, FrameBuffer output, Now now)
    {
        if (_mode is not (EthStratumMode.None or EthStratumMode.Proxy) || (_mode == EthStratumMode.None && Workers.Count > 0))
        {
            Error(request, output, 20, "Logged in by mining.authorize");
            return;
        }

        if (_mode == EthStratumMode.None && !TryEnter(EthStratumMode.Proxy, request, output)) return;

        Span<byte> scratch = stackalloc byte[V1Text.Max];
        Span<byte> rigScratch = stackalloc byte[V1Text.Max];
        var user = request.Text(request.Param(0), scratch);
        var rig = WorkerKey(line, rigScratch);
        if (Workers.Count == 0 && !TryAddWorker(rig, user, rig, out var error))
        {
            Error(request, output, 24, error);
            return;
        }

        if (_proxyUser is null) BeginDifficulty(request, user, now);
        _proxyUser ??= user.ToArray();
        Answer(request, output, "true"u8);
    }

    // A rig that comes later is one of the account that logged in, as far as there is room for more; then it counts as the first.
    private Worker? FindRig(ReadOnlySpan<byte> rig)
    {
        if (Workers.Find(rig) is { } known) return known;
        if (Workers.IsBanned(rig)) return null;
        if (rig.Length > 0 && TryAddWorker(rig, _proxyUser, rig, out _)) return Workers.Find(rig);
        return Workers.IsBanned(rig) ? null : Workers.First;
    }

    // A rig apart wins over the worker part of the user name.
    private bool TryAddWorker(ReadOnlySpan<byte> key, ReadOnlySpan<byte> user, ReadOnlySpan<byte> rig, out string error)
    {
        error = "Too many workers on one connection";
        if (Workers.Count >= Pool.Limits.WorkersPerConnection) return false;

        error = "User name too long";
        if (user.Length > V1Text.Max) return false;

        var name = rig.Length > 0
            ? WorkerName.Canonical(WorkerName.Account(user), rig, Pool, out error, out var isBanned)
            : WorkerName.Canonical(user, Pool, out error, out isBanned);
        if (isBanned && !Workers.TryBan(key, Pool.Limits.WorkersPerConnection)) Close("too many banned workers");
        if (name is null) return false;

        Workers.Add(key, new Worker(name));
        return true;
    }

    private void GetWork(in V1Reader request, FrameBuffer output, Now now)
    {
        if (_mode != EthStratumMode.Proxy || !IsMining)
        {
            Error(request, output, 24, "Not logged in");
            return;
        }

        if (!IsAnswered(request)) return;

        if (!TryCurrentWork(now, out var work))
        {
            Error(request, output, 21, "No work yet");
            return;
        }

        Span<byte> room = stackalloc byte[BlobWork.SizeMax];
        var header = WriteBlob(work, room)[..EthStratumWriter.HeaderSize];
        if (_headerCount == 0) Remember(header, work.Work.WireId);
        output.Write("{\"id\":"u8);
        output.Write(request.RawId);
        output.Write(",\"result\":"u8);
        EthStratumWriter.Work(output, work, header);
        output.Write(",\"error\":null}\n"u8);
    }

    // The first time work is handed out; later the work in hand is told once more.
    private bool TryCurrentWork(Now now, out Assignment work)
    {
        if (TryFindCurrent(out work)) return true;
        if (Pool.CurrentJob is not { IsRetired: false } job || !CanSearch(_mode, job.Variants.Get(job, 0))) return false;

        work = Assign(job, variant: 0, now);
        return true;
    }

    private void BeginDifficulty(in V1Reader request, ReadOnlySpan<byte> user, Now now)
    {
        Span<byte> scratch = stackalloc byte[V1Text.Max];
        BeginDifficulty(AskedDifficulty.FromUser(user), request.Text(request.Param(1), scratch), now);
    }
}
