using System.Globalization;
using System.Text;
using Viddhana.Core.Stratum;

namespace Viddhana.Engine.Net;

/// <summary>Entries of the wire log as lines of text: time, address, connection, direction, what was sent.</summary>
public static class WireText
{
    /// <summary>Most bytes of one line that are shown.</summary>
    public const int LineMax = 16 << 10;

    /// <summary>Appends the lines of an entry, without passwords and with nothing that a terminal would obey.</summary>
    public static void Append(in WireEntry entry, FrameBuffer output)
    {
        ReadOnlySpan<byte> rest = entry.Bytes.AsSpan(0, entry.Count);
        var time = DateTimeOffset.FromUnixTimeMilliseconds(entry.UtcMs).UtcDateTime.ToString(
            "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var direction = entry.Direction switch
        {
            WireDirection.In => "in ",
            WireDirection.Out => "out",
            _ => "closed:",
        };
        var head = Encoding.ASCII.GetBytes($"{time} {entry.Address} {entry.Connection:x8} {direction} ");
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            output.Write(head);
            WriteLine(line, entry.Direction, output);
            if (end < 0 && entry.Direction == WireDirection.Out) output.Write(" [to be continued]"u8);
            output.Write("\n"u8);
        }
    }

    private static void WriteLine(ReadOnlySpan<byte> line, WireDirection direction, FrameBuffer output)
    {
        var plain = new FrameBuffer(line.Length + 16);
        if (direction == WireDirection.In) WireSecrets.Write(line, plain);
        else WireSecrets.WriteSent(line, plain);

        var shown = plain.Written[..Math.Min(plain.Count, LineMax)];
        foreach (var octet in shown)
        {
            if (octet is >= (byte)' ' and <= (byte)'~') output.Write([octet]);
            else if (octet != '\r') output.Write(Encoding.ASCII.GetBytes($"\\x{octet:x2}"));
        }

        if (plain.Count > LineMax) output.Write(Encoding.ASCII.GetBytes($" [{plain.Count - LineMax} bytes more]"));
    }
}
