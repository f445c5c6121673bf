using System.Text;
using Viddhana.Core.Bytes;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.CryptoNote;

/// <summary>
/// The state of one CryptoNote connection. One login; its answer brings the first job, since clients take no other for one. A failed login
/// is told and ends the connection: a client that keeps it open would wait for ever.
/// </summary>
internal sealed class CryptoNoteSession : BlobSession
{
    /// <summary>Most algorithms a client may name at login; XMRig knows about sixty.</summary>
    public const int AlgorithmsMax = 256;

    private const int IdDigits = 8;

    /// <summary>A new connection's state; see <see cref="IDialect.NewSession"/>.</summary>
    public CryptoNoteSession(SessionPool pool, SessionPort port, uint extranonce1)
        : base(pool, port, extranonce1)
    {
    }

    /// <inheritdoc/>
    public override bool IsMining => Workers.Count > 0;

    /// <inheritdoc/>
    protected override bool IsSubmission(in V1Reader message) => message.Is(message.Method, "submit"u8);

    /// <inheritdoc/>
    protected override ShareResult? Read(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending)
    {
        if (!IsMining) return ShareResult.Unauthorized;

        pending.Worker = Workers.First;
        var isRead = CryptoNoteSubmit.TryRead(message, out pending.Share, out var session);
        var isKnown = isRead && TryFind(pending.Share.JobId, out pending.Work);

        // The share is this connection's all the same, and tested as a block.
        if (!IsOwnId(message, session)) return ShareResult.Unauthorized;
        if (!isRead) return ShareResult.Malformed;
        return isKnown ? null : ShareResult.UnknownJob;
    }

    /// <inheritdoc/>
    protected override void OnRequest(in V1Reader message, ReadOnlySpan<byte> line, FrameBuffer output, Now now)
    {
        var method = message.Method;
        if (message.Is(method, "login"u8)) Login(message, output, now);
        else if (message.Is(method, "keepalived"u8)) KeepAlive(message, output);
        else if (message.Is(method, "getjob"u8)) GetJob(message, output);
        else if (method.Kind == V1Kind.String) Error(message, output, "Method not found"u8);
        else if (!message.IsResponse) Error(message, output, "No method"u8);
    }

    /// <inheritdoc/>
    private protected override void WriteVerdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict)
    {
        if (verdict is ShareResult.Accepted or ShareResult.SolvesBlock) CryptoNoteWriter.Status(output, id, "OK"u8);
        else CryptoNoteWriter.Error(output, id, CryptoNoteWriter.MessageOf(verdict));
    }

    /// <inheritdoc/>
    protected override void WriteWork(in Assignment work, bool clean, bool isNewDifficulty, FrameBuffer output)
    {
        output.Write("{\"jsonrpc\":\"2.0\",\"method\":\"job\",\"params\":"u8);
        WriteJob(work, output);
        output.Write("}\n"u8);
    }

    /// <inheritdoc/>
    private protected override void WriteMalformed(FrameBuffer output) => CryptoNoteWriter.Error(output, "null"u8, "Malformed JSON"u8);

    private static void Error(in V1Reader request, FrameBuffer output, ReadOnlySpan<byte> message)
    {
        if (IsAnswered(request)) CryptoNoteWriter.Error(output, request.RawId, message);
    }

    private void WriteJob(in Assignment work, FrameBuffer output)
    {
        Span<byte> room = stackalloc byte[BlobWork.SizeMax];
        CryptoNoteWriter.Job(output, work, WriteBlob(work, room), Pool.Coin.Algorithm);
    }

    // Clients that leave it out are taken by their connection.
    private bool IsOwnId(in V1Reader message, V1Value id)
    {
        if (id.Kind is V1Kind.Missing or V1Kind.Null) return true;

        Span<byte> own = stackalloc byte[IdDigits];
        Hex.WriteUInt32(Extranonce1, own);
        return new V1Reader(message.Raw(message.Params)).Is(id, own);
    }

    private void KeepAlive(in V1Reader request, FrameBuffer output)
    {
        if (!IsMining || !IsOwnId(request, CryptoNoteParams.Find(request, "id"u8))) Error(request, output, "Unauthenticated"u8);
        else if (IsAnswered(request)) CryptoNoteWriter.Status(output, request.RawId, "KEEPALIVED"u8);
    }

    // The work in hand, as it was handed out: asking for it changes nothing.
    private void GetJob(in V1Reader request, FrameBuffer output)
    {
        if (!IsMining || !IsOwnId(request, CryptoNoteParams.Find(request, "id"u8)) || !TryFindCurrent(out var work))
        {
            Error(request, output, "Unauthenticated"u8);
            return;
        }

        if (!IsAnswered(request)) return;

        CryptoNoteWriter.BeginResult(output, request.RawId);
        WriteJob(work, output);
        output.Write("}\n"u8);
    }

    private void Login(in V1Reader request, FrameBuffer output, Now now)
    {
        if (IsMining)
        {
            Error(request, output, "Already logged in"u8);
            return;
        }

        if (TryLogin(request, now, out var error, out var work))
        {
            WriteLogin(request, work, output);
            return;
        }

        Error(request, output, Encoding.ASCII.GetBytes(error));
        Close("login refused");
    }

    private bool TryLogin(in V1Reader request, Now now, out string error, out Assignment work)
    {
        work = default;
        error = "Unsupported algorithm: this pool mines " + Pool.Coin.Algorithm;
        if (!KnowsAlgorithm(request)) return false;

        error = "No work yet: try again in a few seconds";
        if (Pool.CurrentJob is not { IsRetired: false } job) return false;

        Span<byte> scratch = stackalloc byte[V1Text.Max];
        Span<byte> rigScratch = stackalloc byte[V1Text.Max];
        var login = new CryptoNoteLogin(
            CryptoNoteParams.Text(request, "login"u8, scratch), CryptoNoteParams.Text(request, "rigid"u8, rigScratch));
        var name = WorkerName.Canonical(login.Account, login.Worker, Pool, out error, out _);
        if (name is null) return false;

        Workers.Add(name, new Worker(name));
        Span<byte> passwordScratch = stackalloc byte[V1Text.Max];
        BeginDifficulty(login.Difficulty, CryptoNoteParams.Text(request, "pass"u8, passwordScratch), now);
        work = Assign(job, variant: 0, now);
        return true;
    }

    private void WriteLogin(in V1Reader request, in Assignment work, FrameBuffer output)
    {
        Span<byte> id = stackalloc byte[IdDigits];
        Hex.WriteUInt32(Extranonce1, id);
        CryptoNoteWriter.BeginResult(output, IsAnswered(request) ? request.RawId : "null"u8);
        output.Write("{\"id\":\""u8);
        output.Write(id);
        output.Write("\",\"job\":"u8);
        WriteJob(work, output);
        output.Write(",\"extensions\":[\"algo\",\"keepalive\"],\"status\":\"OK\"}}\n"u8);
    }

    // A client that names none is taken at its word by logging in here.
    private bool KnowsAlgorithm(in V1Reader request)
    {
        var algorithms = CryptoNoteParams.Find(request, "algo"u8);
        if (algorithms.Kind != V1Kind.Array) return true;

        Span<byte> wanted = stackalloc byte[64];
        wanted = wanted[..Encoding.ASCII.GetBytes(Pool.Coin.Algorithm, wanted)];
        var values = new V1Reader(new V1Reader(request.Raw(request.Params)).Raw(algorithms));
        var list = values;
        for (var count = 0; count < AlgorithmsMax && values.TryNextValue(out var name); count++)
            if (list.Is(name, wanted)) return true;

        return false;
    }
}
