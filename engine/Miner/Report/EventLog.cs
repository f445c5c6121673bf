using System.Text.Json;
using Viddhana.Core.Stratum;

namespace Viddhana.Miner.Report;

/// <summary>
/// What the user sees: one JSON line per event, or lines for people with a status that is renewed in place on a terminal. Under the gate of
/// the run.
/// </summary>
/// <param name="output">Standard output.</param>
/// <param name="isJson">JSON lines.</param>
/// <param name="isTerminal">Renews the status in place.</param>
internal sealed class EventLog(Stream output, bool isJson, bool isTerminal)
{
    private const long StatusPauseMs = 10_000;

    private readonly FrameBuffer _line = new();
    private readonly bool _isStatusInPlace = isTerminal && !isJson;
    private int _statusWidth;
    private long _statusMs = long.MinValue / 2;

    /// <summary>True when events are JSON lines.</summary>
    public bool IsJson { get; } = isJson;

    /// <summary>An event that people want to read too.</summary>
    public void Tell(string name, string? worker, string text, long utcMs, Action<Utf8JsonWriter>? more = null)
    {
        if (IsJson)
        {
            Record(name, worker, text, utcMs, more);
            return;
        }

        EraseStatus();
        Print($"{DateTimeOffset.FromUnixTimeMilliseconds(utcMs):HH:mm:ss} {(worker is null ? "" : worker + " ")}{text}\n");
    }

    /// <summary>An event for programs only: nothing without JSON.</summary>
    public void Record(string name, string? worker, string? text, long utcMs, Action<Utf8JsonWriter>? more = null)
    {
        if (!IsJson) return;

        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteString("event"u8, name);
            json.WriteNumber("timeMs"u8, utcMs);
            if (worker is not null) json.WriteString("worker"u8, worker);
            if (text is not null) json.WriteString("text"u8, text);
            more?.Invoke(json);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
        output.Write(_line.Written);
        output.Flush();
        _line.Clear();
    }

    /// <summary>Renews the status line; where there is no terminal, prints one now and then.</summary>
    public void Status(string text, long nowMs, long utcMs, Action<Utf8JsonWriter> more)
    {
        if (!_isStatusInPlace && nowMs - _statusMs < StatusPauseMs) return;

        _statusMs = nowMs;
        if (!_isStatusInPlace)
        {
            Tell("status", null, text, utcMs, more);
            return;
        }

        Print($"\r{text.PadRight(_statusWidth)}");
        _statusWidth = text.Length;
    }

    private void EraseStatus()
    {
        if (_statusWidth > 0) Print($"\r{new string(' ', _statusWidth)}\r");
        _statusWidth = 0;
    }

    private void Print(string text)
    {
        output.Write(System.Text.Encoding.UTF8.GetBytes(text));
        output.Flush();
    }
}
