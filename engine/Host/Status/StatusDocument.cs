using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Viddhana.Contracts.Config;
using Viddhana.Core;
using Viddhana.Engine.Access;
using Viddhana.Engine.Journal;
using Viddhana.Engine.Metrics;
using Viddhana.Engine.Net;

namespace Viddhana.Engine.Status;

/// <summary>What the document is made from; all of it may be read on any thread.</summary>
internal sealed record StatusSources(
    ViddhanaConfig Config,
    string Version,
    ShareJournal Journal,
    JournalShipper Shipper,
    IReadOnlyList<Loop> Loops,
    IReadOnlyList<Pool> Pools,
    IReadOnlyList<Listener> Listeners,
    TlsCertificate? Certificate,
    DirectoryKeeper Directory,
    MetricsRegistry Metrics);

/// <summary>
/// The engine about itself, as JSON of a few kilobytes: what operators look at. Format 1; it may only grow. Times are Unix milliseconds,
/// 0 for never. Not for several threads at once.
/// </summary>
internal sealed class StatusDocument
{
    /// <summary>Version of the document.</summary>
    public const int Format = 1;

    private readonly StatusSources _from;
    private readonly StatusPools _pools;
    private readonly long _startedMs = Clock.MonotonicMs();
    private readonly long _startedUtcMs = Clock.Now().UtcMs;
    private readonly ArrayBufferWriter<byte> _bytes = new(8 << 10);
    private long _number;

    public StatusDocument(StatusSources from) => (_from, _pools) = (from, new StatusPools(from.Pools));

    /// <summary>Writes the next document; it holds until the one after it is written.</summary>
    /// <param name="state">running, or stopped in the last one.</param>
    /// <param name="now">The present.</param>
    public ReadOnlyMemory<byte> Write(string state, Now now)
    {
        _bytes.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_bytes))
        {
            json.WriteStartObject();
            WriteHead(json, state, now);
            WriteConnections(json);
            _pools.Write(json, now);
            WriteJournal(json);
            WriteRedis(json);
            WriteLimits(json);
            WriteCertificate(json);
            WriteDirectory(json);
            json.WriteEndObject();
        }

        return _bytes.WrittenMemory;
    }

    private void WriteHead(Utf8JsonWriter json, string state, Now now)
    {
        json.WriteNumber("format", Format);
        json.WriteNumber("engine", _from.Journal.InstanceId);
        json.WriteString("epoch", _from.Journal.Epoch.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteNumber("processStart", _from.Journal.ProcessStart);
        json.WriteNumber("number", ++_number);
        json.WriteString("state", state);
        json.WriteNumber("at", now.UtcMs);
        json.WriteNumber("intervalMs", _from.Config.Engine.Status.IntervalMs);
        json.Text("version", _from.Version);
        json.Text("host", Environment.MachineName);
        json.WriteNumber("startedAt", _startedUtcMs);
        json.WriteNumber("uptimeSeconds", (now.MonotonicMs - _startedMs) / 1_000);
        json.WriteNumber("threads", _from.Loops.Count);
        var silentMs = 0L;
        foreach (var loop in _from.Loops) silentMs = Math.Max(silentMs, loop.SilentMs);
        json.WriteNumber("loopSilentMs", silentMs);
        json.WriteNumber("memoryBytes", Environment.WorkingSet);
        json.Measure("cpuSeconds", Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    private void WriteConnections(Utf8JsonWriter json)
    {
        var open = 0;
        foreach (var loop in _from.Loops) open += loop.Count;
        json.WriteNumber("connections", open);
        json.WriteNumber("connectionsMax", _from.Config.Engine.Limits.Connections);
        json.WriteStartArray("listeners");
        foreach (var listener in _from.Listeners)
        {
            var port = listener.Port;
            json.WriteStartObject();
            json.WriteString("pool", port.Pool.Id);
            json.WriteString("address", listener.EndPoint.Address.ToString());
            json.WriteNumber("port", listener.EndPoint.Port);
            json.WriteString("tls", port.IsTlsOptional ? "auto" : listener.IsTls ? "on" : "off");
            json.WriteBoolean("hasBalancers", port.ProxyFrom.Count > 0);
            json.WriteNumber("plain", port.Count.Plain);
            json.WriteNumber("encrypted", port.Count.Tls);
            json.WriteNumber("sessions", port.Count.Mining);
            json.Text("trouble", listener.Trouble);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteJournal(Utf8JsonWriter json)
    {
        var journal = _from.Journal;
        json.WriteStartObject("journal");
        json.WriteNumber("bytes", journal.Bytes);
        json.WriteNumber("bytesMax", journal.MaxBytes);
        json.WriteNumber("sequence", journal.LastSequence);
        json.WriteNumber("synced", journal.SyncedSequence);
        json.WriteNumber("committed", _from.Shipper.Committed);
        json.Measure("fsyncMs", journal.SyncMs);
        json.Measure("fsyncWorstMs", Math.Max(journal.TakeWorstSyncMs(), journal.SyncMs));
        json.Text("trouble", journal.Failure);
        json.WriteEndObject();
    }

    private void WriteRedis(Utf8JsonWriter json)
    {
        if (_from.Shipper.Redis() is not { } redis)
        {
            json.WriteNull("redis");
            return;
        }

        json.WriteStartObject("redis");
        json.WriteString("state", redis.State);
        json.WriteBoolean("ok", redis.IsOk);
        json.Text("detail", redis.Detail);
        json.WriteNumber("lag", redis.Lag);
        json.WriteNumber("messages", redis.Messages);
        json.WriteNumber("resends", redis.Resends);
        json.WriteEndObject();
    }

    // What was cut off or turned away since the start, by cause.
    private void WriteLimits(Utf8JsonWriter json)
    {
        json.WriteStartObject("limits");
        foreach (var cause in (ReadOnlySpan<string>)["full", "address", "banned"])
        {
            var refused = 0L;
            foreach (var pool in _from.Pools)
                refused += Count("stratum_connections_refused_total", ("pool", pool.Id), ("cause", cause));
            json.WriteNumber("refused_" + cause, refused);
        }

        foreach (var cause in Enum.GetValues<CloseCause>())
        {
            var name = Loop.Name(cause);
            if (cause is not (CloseCause.Peer or CloseCause.Drain))
                json.WriteNumber("closed_" + name, Count("stratum_connections_closed_total", ("cause", name)));
        }

        var handshakes = 0L;
        foreach (var pool in _from.Pools) handshakes += Count("stratum_tls_failures_total", ("pool", pool.Id));
        json.WriteNumber("tls_failures", handshakes);
        json.WriteEndObject();
    }

    private long Count(string name, params (string, string)[] labels) => _from.Metrics.Find(name, labels)?.Value ?? 0;

    private void WriteCertificate(Utf8JsonWriter json)
    {
        if (_from.Certificate is not { } certificate)
        {
            json.WriteNull("tls");
            return;
        }

        json.WriteStartObject("tls");
        json.WriteString("sha256", certificate.Fingerprint);
        json.WriteNumber("notAfter", certificate.NotAfterSeconds * 1_000);
        json.Text("subject", certificate.Subject);
        json.Text("trouble", certificate.Trouble);
        json.WriteEndObject();
    }

    private void WriteDirectory(Utf8JsonWriter json)
    {
        var keeper = _from.Directory;
        json.WriteStartObject("directory");
        json.WriteString("version", keeper.Version);
        json.WriteNumber("toldAt", keeper.ToldUtcMs);
        json.WriteNumber("names", keeper.Current.NameCount);
        json.WriteNumber("bans", keeper.Current.BanCount);
        json.Text("trouble", keeper.Trouble);
        json.WriteEndObject();
    }
}
