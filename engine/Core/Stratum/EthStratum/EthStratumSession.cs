using System.Buffers.Binary;
using Viddhana.Core.Jobs;
using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum.EthStratum;

/// <summary>
/// The state of one connection of an Ethash miner. Its mode is decided by the first message that says it and stays. Everything unknown is
/// answered by an error at once: ethminer tries one mode after another and waits a second for each silence.
/// </summary>
internal sealed partial class EthStratumSession : BlobSession
{
    /// <summary>Bytes of the extranonce of EthereumStratum: all that its text allows, enough for an engine.</summary>
    public const int ExtranonceSize = 3;

    /// <summary>Bytes of the plain one. Such clients search blobs of their own, so it is only what they expect to be told.</summary>
    public const int PlainExtranonceSize = 2;

    /// <summary>Pieces of work that ETHPROXY may submit to: its blocks come every few seconds, and older work is stale.</summary>
    public const int HeadersMax = 16;

    private (ulong Header, ulong WireId)[]? _headers;
    private int _headerCount;
    private EthStratumMode _mode;

    /// <summary>A new connection's state; see <see cref="IDialect.NewSession"/>.</summary>
    public EthStratumSession(SessionPool pool, SessionPort port, uint extranonce1)
        : base(pool, port, extranonce1)
    {
    }

    /// <inheritdoc/>
    public override bool IsMining => _mode != EthStratumMode.None && Workers.Count > 0;

    /// <inheritdoc/>
    protected override bool IsSubmission(in V1Reader message) =>
        message.Is(message.Method, "mining.submit"u8) || message.Is(message.Method, "eth_submitWork"u8);

    /// <inheritdoc/>
    protected override ShareResult? Read(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending)
    {
        if (_mode == EthStratumMode.None) return ShareResult.NotSubscribed;
        if (Workers.Count == 0) return ShareResult.Unauthorized;

        Span<byte> scratch = stackalloc byte[V1Text.Max];
        var isProxy = _mode == EthStratumMode.Proxy;
        pending.Worker = isProxy ? FindRig(WorkerKey(line, scratch)) : Workers.FindOrSameAccount(message.Text(message.Param(0), scratch));
        var isAuthorized = pending.Worker is not null;

        // Refused, but still tested as a block: it was found on this connection's work.
        pending.Worker ??= Workers.First;
        var isRead = isProxy ? TryReadProxy(message, ref pending) : TryReadShare(message, ref pending);
        var isKnown = isRead && TryFind(pending.Share.JobId, out pending.Work);
        if (!isAuthorized) return ShareResult.Unauthorized;
        if (!isRead) return ShareResult.Malformed;
        return isKnown ? null : ShareResult.UnknownJob;
    }

    /// <inheritdoc/>
    private protected override void WriteVerdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict) =>
        EthStratumWriter.Verdict(output, id, verdict);

    /// <inheritdoc/>
    private protected override void WriteMalformed(FrameBuffer output) =>
        V1Writer.Error(output, "null"u8, "null"u8, "[20,\"Malformed JSON\",null]"u8);

    /// <inheritdoc/>
    protected override void WriteWork(in Assignment work, bool clean, bool isNewDifficulty, FrameBuffer output)
    {
        if (!CanSearch(_mode, work.Work))
        {
            Close(NeedsExtranonce);
            return;
        }

        Span<byte> room = stackalloc byte[BlobWork.SizeMax];
        var header = WriteBlob(work, room)[..EthStratumWriter.HeaderSize];
        switch (_mode)
        {
            case EthStratumMode.NiceHash:
                if (isNewDifficulty) V1Writer.SetDifficulty(output, work.Difficulty.Difficulty);
                EthStratumWriter.Notify(output, work.Work, header, clean);
                break;
            case EthStratumMode.Plain:
                EthStratumWriter.PlainNotify(output, work, header, clean);
                break;
            default:
                Remember(header, work.Work.WireId);
                EthStratumWriter.PushedWork(output, work, header);
                break;
        }
    }

    // Only EthereumStratum's nonces have a part that is the connection's: on a blob that all have, others would search the same.
    private static bool CanSearch(EthStratumMode mode, JobVariant work) => mode == EthStratumMode.NiceHash || work.Blob!.HasOwnBlobs;

    private bool TryReadShare(in V1Reader message, ref Pending pending)
    {
        if (!message.Is(message.Method, "mining.submit"u8)) return false;
        if (_mode == EthStratumMode.Plain) return EthStratumSubmit.TryReadPlain(message, out pending.Share);

        Span<byte> extranonce = stackalloc byte[ExtranonceSize];
        WriteExtranonce(extranonce);
        return EthStratumSubmit.TryReadMinerNonce(message, extranonce, out pending.Share);
    }

    private bool TryReadProxy(in V1Reader message, ref Pending pending)
    {
        if (!message.Is(message.Method, "eth_submitWork"u8)) return false;
        if (!EthStratumSubmit.TryReadProxy(message, out pending.Share, out var header)) return false;

        for (var i = 0; i < Math.Min(_headerCount, HeadersMax); i++)
            if (_headers![i].Header == header) pending.Share.JobId = _headers[i].WireId;

        return true;
    }

    private void Remember(ReadOnlySpan<byte> header, ulong wireId)
    {
        _headers ??= new (ulong, ulong)[HeadersMax];
        _headers[_headerCount % HeadersMax] = (EthStratumSubmit.KeyOf(header), wireId);
        _headerCount++;
        if (_headerCount == 2 * HeadersMax) _headerCount = HeadersMax;
    }

    // The lowest bytes of the number: the instance id above them is in the blob.
    private void WriteExtranonce(Span<byte> extranonce)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Extranonce1);
        bytes[^extranonce.Length..].CopyTo(extranonce);
    }

    // ETHPROXY's rig: a member of the message beside its params.
    private static ReadOnlySpan<byte> WorkerKey(ReadOnlySpan<byte> line, Span<byte> scratch)
    {
        var members = new V1Reader(line);
        while (members.TryNextMember(out var key, out var value))
        {
            if (!members.Is(key, "worker"u8)) continue;

            var text = members.Text(value, scratch);
            return text.TryCopyTo(scratch) ? scratch[..text.Length] : default;
        }

        return default;
    }
}
