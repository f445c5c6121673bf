using System.Numerics;
using System.Text.Json;

namespace Viddhana.Miner.Report;

/// <summary>A histogram of times from 1 µs up, right to one part in 32: 32 buckets for each power of two. Not thread-safe.</summary>
internal sealed class Latencies
{
    private const int SubBits = 5;
    private const int Subs = 1 << SubBits;

    private readonly long[] _counts = new long[(64 - SubBits) * Subs];

    /// <summary>How many were added.</summary>
    public long Count { get; private set; }

    /// <summary>The longest, in microseconds.</summary>
    public long MaxMicros { get; private set; }

    /// <summary>Adds one.</summary>
    public void Add(TimeSpan time)
    {
        var micros = Math.Max(0, (long)time.TotalMicroseconds);
        _counts[Bucket(micros)]++;
        Count++;
        MaxMicros = Math.Max(MaxMicros, micros);
    }

    /// <summary>Adds all of another.</summary>
    public void Add(Latencies other)
    {
        for (var i = 0; i < _counts.Length; i++) _counts[i] += other._counts[i];
        Count += other.Count;
        MaxMicros = Math.Max(MaxMicros, other.MaxMicros);
    }

    /// <summary>The time that this part of all stayed at or below, in microseconds: the upper edge of its bucket.</summary>
    public long Percentile(double part)
    {
        var rank = (long)Math.Ceiling(part * Count);
        var seen = 0L;
        for (var i = 0; i < _counts.Length && rank > 0; i++)
        {
            seen += _counts[i];
            if (seen >= rank) return Math.Min(UpperEdge(i), MaxMicros);
        }

        return 0;
    }

    /// <summary>Writes percentiles and the counts by power of two, as an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("count"u8, Count);
        json.WriteNumber("p50Micros"u8, Percentile(0.50));
        json.WriteNumber("p90Micros"u8, Percentile(0.90));
        json.WriteNumber("p99Micros"u8, Percentile(0.99));
        json.WriteNumber("p999Micros"u8, Percentile(0.999));
        json.WriteNumber("maxMicros"u8, MaxMicros);
        json.WriteStartArray("histogram"u8);
        for (var power = 0; power < 40; power++)
        {
            var count = CountBelow(1L << power) - (power == 0 ? 0 : CountBelow(1L << (power - 1)));
            if (count == 0) continue;

            json.WriteStartObject();
            json.WriteNumber("belowMicros"u8, 1L << power);
            json.WriteNumber("count"u8, count);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private long CountBelow(long micros)
    {
        var below = 0L;
        for (var i = 0; i < Bucket(micros); i++) below += _counts[i];
        return below;
    }

    private static int Bucket(long micros)
    {
        if (micros < Subs) return (int)micros;

        var power = BitOperations.Log2((ulong)micros);
        return ((power - SubBits + 1) << SubBits) + (int)((micros >> (power - SubBits)) & (Subs - 1));
    }

    private static long UpperEdge(int bucket)
    {
        if (bucket < Subs) return bucket;

        var power = (bucket >> SubBits) + SubBits - 1;
        var width = 1L << (power - SubBits);
        return (1L << power) + (((bucket & (Subs - 1)) + 1) * width) - 1;
    }
}
