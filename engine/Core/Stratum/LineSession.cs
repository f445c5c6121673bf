using Viddhana.Core.Shares;
using Viddhana.Core.Stratum.V1;

namespace Viddhana.Core.Stratum;

/// <summary>
/// What all dialects of JSON lines have in common: bytes to lines, lines to messages, submissions into the round, and the ids under which
/// their verdicts are answered. Lines that are no JSON object close the connection. The length of a line, messages per second, time until
/// login and silence are the caller's to bound.
/// </summary>
public abstract class LineSession
{
    private V1RequestIds _ids;
    private int _outstanding;

    /// <inheritdoc cref="ISession.IsPaused"/>
    public bool IsPaused { get; private set; }

    /// <inheritdoc cref="ISession.CloseReason"/>
    public string? CloseReason { get; private set; }

    /// <inheritdoc cref="ISession.OnBytes"/>
    public int OnBytes(ReadOnlySpan<byte> received, Round round, FrameBuffer output, Now now)
    {
        IsPaused = false;
        var consumed = 0;
        while (CloseReason is null && !IsPaused)
        {
            var rest = received[consumed..];
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
            {
                JudgeOpenLine(rest);
                break;
            }

            IsPaused = !TryLine(rest[..length], round, output, now);
            if (!IsPaused) consumed += length + 1;
        }

        return CloseReason is null ? consumed : received.Length;
    }

    /// <summary>True while submissions wait for their verdicts, which no other answer may overtake.</summary>
    private protected bool IsAwaitingVerdicts => _outstanding > 0;

    /// <summary>Takes a message: a submission by <see cref="TrySubmit"/>, a request at once unless it would overtake a verdict.</summary>
    /// <returns>False: the line must wait for the round, and nothing has happened.</returns>
    private protected abstract bool TryMessage(
        in V1Reader message, ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now);

    /// <summary>Reads a submission. Null: the validator decides.</summary>
    /// <param name="message">The message.</param>
    /// <param name="line">Its whole line.</param>
    /// <param name="pending">Share, work, worker and extranonce1 to be filled.</param>
    private protected abstract ShareResult? ReadSubmission(in V1Reader message, ReadOnlySpan<byte> line, ref Pending pending);

    /// <summary>Answers a submission. Allocates nothing.</summary>
    private protected abstract void WriteVerdict(FrameBuffer output, ReadOnlySpan<byte> id, ShareResult verdict);

    /// <summary>
    /// The reason of a close, told where the line may be a miner's: a quote in a user name that its firmware pasted into JSON.
    /// </summary>
    private protected abstract void WriteMalformed(FrameBuffer output);

    private protected void Close(string reason) => CloseReason ??= reason;

    /// <summary>True when a message wants an answer.</summary>
    private protected static bool IsAnswered(in V1Reader message) => message.Id.Kind is V1Kind.Number or V1Kind.String;

    /// <summary>Puts a submission into the round; false when it must wait for the next one.</summary>
    private protected bool TrySubmit(in V1Reader message, ReadOnlySpan<byte> line, Round round)
    {
        if (round.IsFull) return false;

        var reference = V1RequestIds.None;
        if (IsAnswered(message) && !_ids.TryKeep(message.RawId, out reference)) return false;

        _outstanding++;
        ref var pending = ref round.Add();
        pending.Session = (ISession)this;
        pending.RequestRef = reference;
        pending.Verdict = ReadSubmission(message, line, ref pending);
        return true;
    }

    /// <summary>Answers a submission under its id.</summary>
    private protected void Answer(in Pending pending, ShareResult verdict, FrameBuffer output)
    {
        Check.That(_outstanding > 0);
        _outstanding--;
        if (pending.RequestRef == V1RequestIds.None) return;

        Span<byte> scratch = stackalloc byte[16];
        WriteVerdict(output, _ids.Text(pending.RequestRef, scratch), verdict);
        _ids.Release(pending.RequestRef);
    }

    // A line that has no end yet, and never will where it is no JSON at all (HTTP, TLS).
    private void JudgeOpenLine(ReadOnlySpan<byte> rest)
    {
        var start = rest.TrimStart(" \t\r"u8);
        if (start.Length == 0 || start[0] == '{') return;

        if (IsAwaitingVerdicts) IsPaused = true;
        else Close("not Stratum");
    }

    private bool TryLine(ReadOnlySpan<byte> line, Round round, FrameBuffer output, Now now)
    {
        line = line.Trim(" \t\r"u8);
        if (line.Length == 0) return true;

        var message = new V1Reader(line);
        if (message.TryRead() && HasGoodId(message)) return TryMessage(message, line, round, output, now);
        if (IsAwaitingVerdicts) return false;

        if (line[0] == '{') WriteMalformed(output);
        Close("malformed message");
        return true;
    }

    private static bool HasGoodId(in V1Reader message) => message.Id.Kind switch
    {
        V1Kind.Missing or V1Kind.Null => true,
        V1Kind.Number or V1Kind.String => message.RawId.Length <= V1RequestIds.IdMax,
        _ => false,
    };
}
