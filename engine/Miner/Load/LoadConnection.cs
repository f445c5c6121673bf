using System.Buffers.Text;
using System.Numerics;
using System.Text;
using Viddhana.Core.Bytes;

namespace Viddhana.Miner.Load;

/// <summary>How far a conversation has come.</summary>
internal enum LoadStage : byte
{
    Closed,
    Connecting,
    Configuring,
    Subscribing,
    Authorizing,
    Ready,
}

/// <summary>
/// One connection of the generator: its stage, its shares under way, and the line of its next share, rendered but for the numbers. Used by
/// one worker thread.
/// </summary>
/// <param name="number">Its number in the run, from 0.</param>
/// <param name="user">Its user name.</param>
/// <param name="depth">Most shares under way.</param>
internal sealed class LoadConnection(int number, string user, int depth)
{
    public const long ConfigureId = 1;
    public const long SubscribeId = 2;
    public const long AuthorizeId = 3;
    public const long SuggestId = 4;

    private const long FirstShareId = 16;
    private const int ExtranonceMax = 16;
    private const uint Spread = 2_654_435_761;

    // When each share was due, by its id; 0: answered. Four times the depth, because some servers answer out of order.
    private readonly long[] _due = new long[BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, depth * 4))];
    private byte[] _line = [];
    private int _extranonceAt;
    private int _nonceAt;
    private int _versionAt;
    private int _extranonceSize;
    private long _next;
    private uint _mask;

    public int Number => number;

    public string User => user;

    public int Socket { get; set; } = -1;

    public LoadStage Stage { get; set; }

    /// <summary>When this conversation began, in Stopwatch ticks.</summary>
    public long StartedTicks { get; set; }

    /// <summary>Shares under way.</summary>
    public int Outstanding { get; private set; }

    public bool IsAuthorized { get; set; }

    public bool HasJob { get; private set; }

    /// <summary>When the first clean job of the round came, nanoseconds since 1970; 0: none yet.</summary>
    public long CleanStamp { get; set; }

    /// <summary>The beginning of a line whose end has not come yet.</summary>
    public byte[] Held { get; set; } = [];

    public int HeldLength { get; set; }

    /// <summary>Bytes that did not fit into the socket.</summary>
    public byte[] Unsent { get; set; } = [];

    public bool CanSubmit => Stage == LoadStage.Ready && Outstanding < depth && Unsent.Length == 0 && _due[_next & (_due.Length - 1)] == 0;

    /// <summary>Back to the state of a connection that is not there.</summary>
    public void Reset()
    {
        Socket = -1;
        Stage = LoadStage.Closed;
        IsAuthorized = HasJob = false;
        HeldLength = 0;
        Unsent = [];
        Outstanding = 0;
        _due.AsSpan().Clear();
        _mask = 0;
    }

    /// <summary>The size that the server wants extranonce2 to have. False: not one that can be.</summary>
    public bool TrySetExtranonce2Size(int size)
    {
        _extranonceSize = size;
        return size is >= 1 and <= ExtranonceMax;
    }

    /// <summary>Version bits that may be rolled from the next job on.</summary>
    public void SetMask(ReadOnlySpan<byte> digits) => _mask = Hex.TryReadUInt32(digits, out var mask) ? mask : 0;

    /// <summary>Renders the line of the shares to come.</summary>
    public void Use(in JobLine job)
    {
        HasJob = true;
        var name = Encoding.UTF8.GetBytes(user);
        byte[] head = [.. ",\"method\":\"mining.submit\",\"params\":[\""u8, .. name, .. "\",\""u8, .. job.Id, .. "\",\""u8];
        _extranonceAt = head.Length;
        byte[] middle = [.. head, .. new string('0', 2 * _extranonceSize).Select(c => (byte)c), .. "\",\""u8, .. job.Ntime, .. "\",\""u8];
        _nonceAt = middle.Length;
        _versionAt = _mask == 0 ? 0 : _nonceAt + 11;
        _line = [.. middle, .. _mask == 0 ? "00000000\"]}\n"u8 : "00000000\",\"00000000\"]}\n"u8];
    }

    /// <summary>Appends a share that was due at that moment; returns the length.</summary>
    /// <remarks>Each has another extranonce2, as from hardware that rolls it, so no server can reuse the merkle root.</remarks>
    public int WriteShare(Span<byte> into, long dueTicks)
    {
        var number = _next++;
        _due[number & (_due.Length - 1)] = dueTicks;
        Outstanding++;

        "{\"id\":"u8.CopyTo(into);
        Utf8Formatter.TryFormat(FirstShareId + number, into[6..], out var digits);
        var line = into.Slice(6 + digits, _line.Length);
        _line.CopyTo(line);
        WriteExtranonce(line.Slice(_extranonceAt, 2 * _extranonceSize), number);
        Hex.WriteUInt32((uint)number * Spread, line.Slice(_nonceAt, 8));
        if (_versionAt > 0) Hex.WriteUInt32(((uint)number * Spread) & _mask, line.Slice(_versionAt, 8));
        return 6 + digits + _line.Length;
    }

    /// <summary>Takes an answer: when its share was due. False: no such share is under way.</summary>
    public bool TryTake(long id, out long dueTicks)
    {
        dueTicks = 0;
        var number = id - FirstShareId;
        if (number < 0 || number >= _next || _next - number > _due.Length) return false;

        ref var due = ref _due[number & (_due.Length - 1)];
        dueTicks = due;
        due = 0;
        if (dueTicks == 0) return false;
        Outstanding--;
        return true;
    }

    private static void WriteExtranonce(Span<byte> digits, long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        Hex.WriteUInt64((ulong)number, bytes);
        if (digits.Length <= 16) bytes[^digits.Length..].CopyTo(digits);
        else bytes.CopyTo(digits[^16..]);
    }
}
