using System.Globalization;
using System.Text;

namespace Viddhana.Backoffice.Live;

/// <summary>Names of events on the live channel.</summary>
internal static class LiveEvents
{
    public const string Snapshot = "snapshot";
    public const string Block = "block";
    public const string Height = "height";
    public const string Payout = "payout";
    public const string Best = "best";
}

/// <summary>An event as it goes to every viewer: rendered once.</summary>
/// <param name="Number">Rises with every event of this process, by one.</param>
/// <param name="PoolId">Whose it is.</param>
/// <param name="Bytes">The whole of it, as Server-Sent Events are written (WHATWG HTML, 9.2.6), the empty line at its end included.</param>
internal sealed record LiveEvent(long Number, int PoolId, byte[] Bytes)
{
    /// <summary>A comment: it keeps connections and proxies from giving up, and no client sees it.</summary>
    public static readonly byte[] Heartbeat = ": \n\n"u8.ToArray();

    /// <summary>Renders one.</summary>
    /// <param name="id">What a viewer gives back as <c>Last-Event-ID</c>.</param>
    /// <param name="name">One of <see cref="LiveEvents"/>.</param>
    /// <param name="data">JSON without line breaks.</param>
    public static byte[] Render(LiveId id, string name, ReadOnlySpan<byte> data)
    {
        var head = Encoding.ASCII.GetBytes($"id: {id}\nevent: {name}\ndata: ");
        var bytes = new byte[head.Length + data.Length + 2];
        head.CopyTo(bytes, 0);
        data.CopyTo(bytes.AsSpan(head.Length));
        bytes[^2] = (byte)'\n';
        bytes[^1] = (byte)'\n';
        return bytes;
    }
}

/// <summary>Id of an event: the process that it is of, and its number.</summary>
/// <param name="Process">Random, made at each start: numbers of another process say nothing here.</param>
/// <param name="Number">From 1.</param>
internal readonly record struct LiveId(uint Process, long Number)
{
    /// <summary>Reads what <see cref="ToString"/> writes; anything else is no id.</summary>
    public static bool TryParse(string? text, out LiveId id)
    {
        id = default;
        if (text is null || text.Length < 10 || text[8] != '-') return false;
        if (!uint.TryParse(text.AsSpan(0, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var process)) return false;
        if (!long.TryParse(text.AsSpan(9), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;

        id = new LiveId(process, number);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Process:x8}-{Number}");
}
