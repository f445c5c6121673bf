using System.Text.Json;
using Viddhana.Core.Bytes;
using Viddhana.Core.Stratum;
using Viddhana.Miner.Stratum;

namespace Viddhana.Miner.Report;

/// <summary>
/// A file with one JSON line per answered share, appended as soon as the answer has been read: what a test recomputes credits from.
/// Under the gate of the run.
/// </summary>
internal sealed class Transcript : IDisposable
{
    private readonly FileStream _file;
    private readonly FrameBuffer _lines = new(4_096);
    private readonly Utf8JsonWriter _json;

    /// <summary>Opens for appending.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Transcript(string path)
    {
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        _json = new Utf8JsonWriter(_lines, new JsonWriterOptions { SkipValidation = true });
    }

    /// <summary>Adds a line; it is in the file after <see cref="Flush"/>.</summary>
    public void Add(string worker, in SubmittedShare submitted, in ShareAnswer answer, long answeredUtcMs)
    {
        var share = submitted.Share;
        var unit = share.Unit;
        _json.Reset(_lines);
        _json.WriteStartObject();
        _json.WriteString("worker"u8, worker);
        _json.WriteString("job"u8, unit.Job.Id);
        WriteRaw("difficulty"u8, unit.Job.Difficulty.Text);
        _json.WriteString("extranonce1"u8, Convert.ToHexStringLower(unit.Job.Extranonce1));
        _json.WriteString("extranonce2"u8, unit.Extranonce2);
        WriteHex("ntime"u8, unit.Ntime);
        WriteHex("nonce"u8, share.Nonce);
        WriteHex("version"u8, unit.Version);
        _json.WriteString("hash"u8, share.Hash.ToString());
        WriteRaw("work"u8, unit.Job.Difficulty.Work.ToString());
        if (answer.Result is { } result) _json.WriteBoolean("result"u8, result);
        else _json.WriteNull("result"u8);
        WriteRaw("error"u8, answer.Error ?? "null");
        _json.WriteNumber("sentMs"u8, submitted.SentUtcMs);
        _json.WriteNumber("answeredMs"u8, answeredUtcMs);
        _json.WriteBoolean("solvesBlock"u8, share.SolvesBlock);
        _json.WriteEndObject();
        _json.Flush();
        _lines.Write("\n"u8);
    }

    /// <summary>Hands the lines to the operating system, where they outlive this process.</summary>
    public void Flush()
    {
        if (_lines.Count == 0) return;
        _file.Write(_lines.Written);
        _lines.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _json.Dispose();
        _file.Dispose();
    }

    private void WriteRaw(ReadOnlySpan<byte> name, string json)
    {
        _json.WritePropertyName(name);
        _json.WriteRawValue(json, skipInputValidation: true);
    }

    private void WriteHex(ReadOnlySpan<byte> name, uint value)
    {
        Span<byte> digits = stackalloc byte[8];
        Hex.WriteUInt32(value, digits);
        _json.WriteString(name, digits);
    }
}
