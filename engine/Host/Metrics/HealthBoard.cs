using System.Collections.Concurrent;
using System.Text.Json;

namespace Viddhana.Engine.Metrics;

/// <summary>Asks every dependency how it is, whenever somebody wants to know. Safe on any thread.</summary>
public sealed class HealthBoard(string version)
{
    private readonly ConcurrentQueue<(bool IsOurs, Func<IEnumerable<HealthEntry>> Ask)> _sources = new();
    private readonly DateTime _started = DateTime.UtcNow;

    /// <summary>Adds a dependency: it decides whether the engine is ready. The function must be quick and safe on any thread.</summary>
    public void Add(Func<IEnumerable<HealthEntry>> ask) => _sources.Enqueue((false, ask));

    /// <summary>Adds a part of the engine itself: when it fails, the process is sick and wants a restart.</summary>
    public void AddOurs(Func<IEnumerable<HealthEntry>> ask) => _sources.Enqueue((true, ask));

    /// <summary>True when every required entry is well.</summary>
    public bool IsReady => _sources.All(source => source.Ask().All(entry => entry.Ok || !entry.IsRequired));

    /// <summary>True when the engine's own parts are well, whatever its dependencies do.</summary>
    public bool IsHealthy => _sources.All(source => !source.IsOurs || source.Ask().All(entry => entry.Ok || !entry.IsRequired));

    /// <summary>All entries as JSON.</summary>
    /// <param name="isOk">What the status line says.</param>
    public byte[] Json(bool isOk)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("status", isOk ? "ok" : "failing");
            json.WriteString("version", version);
            json.WriteNumber("uptimeSeconds", (long)(DateTime.UtcNow - _started).TotalSeconds);
            json.WriteStartArray("entries");
            foreach (var source in _sources)
                foreach (var entry in source.Ask()) Write(json, entry);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter json, HealthEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("name", entry.Name);
        json.WriteBoolean("ok", entry.Ok);
        json.WriteBoolean("required", entry.IsRequired);
        json.WriteString("detail", entry.Detail);
        json.WriteEndObject();
    }
}
