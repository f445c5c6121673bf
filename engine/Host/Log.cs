using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Viddhana.Engine;

/// <summary>How much an event matters.</summary>
public enum LogLevel
{
    /// <summary>For finding faults.</summary>
    Debug,

    /// <summary>Changes of state that an operator wants to see.</summary>
    Info,

    /// <summary>Something is wrong and the engine copes.</summary>
    Warning,

    /// <summary>Something is wrong and needs the operator.</summary>
    Error,
}

/// <summary>
/// The engine's log: one line per event, written by a thread of its own, so that a blocked output never holds up a loop. When the
/// output cannot keep up, lines are dropped and counted. Whatever a peer sent is printed with control characters replaced. Not for the
/// share path.
/// </summary>
public sealed class Log : IDisposable
{
    /// <summary>Lines that may wait for the output.</summary>
    public const int LinesMax = 4_096;

    /// <summary>Longest message in characters; the rest is cut.</summary>
    public const int MessageMax = 2_000;

    private readonly BlockingCollection<string>? _lines;
    private readonly Thread? _writer;
    private readonly Stream? _output;
    private readonly bool _json;
    private long _dropped;

    /// <summary>Begins to write to <paramref name="output"/>, which is not disposed.</summary>
    /// <param name="output">Where UTF-8 lines go; null: nowhere.</param>
    /// <param name="level">Events below it are left out.</param>
    /// <param name="json">One JSON object per line instead of text.</param>
    public Log(Stream? output, LogLevel level = LogLevel.Info, bool json = false)
    {
        Level = level;
        _json = json;
        _output = output;
        if (output is null) return;

        _lines = new BlockingCollection<string>(LinesMax);
        _writer = new Thread(WriteLines) { IsBackground = true, Name = "log" };
        _writer.Start();
    }

    /// <summary>A log that keeps nothing.</summary>
    public static Log Nowhere { get; } = new(null);

    /// <summary>The lowest level that is written.</summary>
    public LogLevel Level { get; }

    /// <summary>For finding faults.</summary>
    public void Debug(string area, string message) => Write(LogLevel.Debug, area, message);

    /// <summary>A change of state.</summary>
    public void Info(string area, string message) => Write(LogLevel.Info, area, message);

    /// <summary>Something is wrong and the engine copes.</summary>
    public void Warning(string area, string message) => Write(LogLevel.Warning, area, message);

    /// <summary>Something is wrong and needs the operator.</summary>
    public void Error(string area, string message) => Write(LogLevel.Error, area, message);

    /// <summary>True when events of this level are written: for messages that cost something to make.</summary>
    public bool Writes(LogLevel level) => _lines is not null && level >= Level;

    /// <summary>Writes what waits (for at most five seconds) and stops.</summary>
    public void Dispose()
    {
        if (_lines is null || _lines.IsAddingCompleted) return;
        _lines.CompleteAdding();
        _writer!.Join(TimeSpan.FromSeconds(5));
    }

    private void Write(LogLevel level, string area, string message)
    {
        if (!Writes(level)) return;
        var line = Line(level, area, message);
        try
        {
            if (!_lines!.TryAdd(line)) Interlocked.Increment(ref _dropped);
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref _dropped);   // closed: the process is on its way out
        }
    }

    private void WriteLines()
    {
        foreach (var line in _lines!.GetConsumingEnumerable())
        {
            try
            {
                _output!.Write(Encoding.UTF8.GetBytes(line));
                if (_lines.Count == 0) _output.Flush();
                ReportDropped();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or UnauthorizedAccessException)
            {
                Interlocked.Increment(ref _dropped);   // the reader of our output is gone; mining goes on
            }
        }
    }

    private void ReportDropped()
    {
        var dropped = Interlocked.Exchange(ref _dropped, 0);
        if (dropped == 0) return;
        var line = Line(LogLevel.Warning, "log", $"{dropped} lines were dropped because the output was too slow");
        _output!.Write(Encoding.UTF8.GetBytes(line));
    }

    private static string Stamp() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Debug => "debug",
        LogLevel.Info => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    private string Line(LogLevel level, string area, string message) => _json ? Json(level, area, message) : Text(level, area, message);

    private static string Text(LogLevel level, string area, string message) =>
        $"{Stamp()} {Name(level),-7} {area,-8} {Printable(message)}\n";

    private static string Json(LogLevel level, string area, string message)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("time", Stamp());
            json.WriteString("level", Name(level));
            json.WriteString("area", area);
            json.WriteString("message", Printable(message));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length) + "\n";
    }

    /// <summary>
    /// The message on one line: control characters, line and bidirectional marks become '?', and it ends at <see cref="MessageMax"/>.
    /// </summary>
    private static string Printable(string message)
    {
        var cut = message.Length > MessageMax ? message[..MessageMax] + "…" : message;
        return cut.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Create(cut.Length, cut, Replace) : cut;

        static void Replace(Span<char> to, string from)
        {
            for (var i = 0; i < to.Length; i++) to[i] = IsUnsafe(from[i]) ? '?' : from[i];
        }

        static bool IsUnsafe(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e')
            or (>= '\u2066' and <= '\u2069') or '\u200e' or '\u200f';
    }
}
