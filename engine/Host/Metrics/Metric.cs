using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Viddhana.Engine.Metrics;

/// <summary>
/// A number that only grows. Threads count in cells of their own, which are summed when it is read: loops do not contend.
/// </summary>
public sealed class Counter : IMetric
{
    private readonly Cells _cells = new(1);

    /// <summary>The sum.</summary>
    public long Value => _cells.Sum(0);

    /// <summary>Adds; never a negative number.</summary>
    public void Add(long count = 1) => _cells.Add(0, count);

    void IMetric.Write(StringBuilder text, string name, string labels) => Lines.Append(text, name, labels, Value);
}

/// <summary>A number that goes up and down.</summary>
public sealed class Gauge : IMetric
{
    private double _value;
    private Func<double>? _read;

    /// <summary>The present value.</summary>
    public double Value => _read is { } read ? read() : Volatile.Read(ref _value);

    /// <summary>Sets it.</summary>
    public void Set(double value) => Volatile.Write(ref _value, value);

    /// <summary>Adds to it; safe from several threads.</summary>
    public void Add(double change)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + change, seen);
            if (before.Equals(seen)) return;
            seen = before;
        }
    }

    internal void ReadFrom(Func<double> read) => _read = read;

    void IMetric.Write(StringBuilder text, string name, string labels) => Lines.Append(text, name, labels, Value);
}

/// <summary>A distribution of values in fixed buckets.</summary>
public sealed class Histogram : IMetric
{
    /// <summary>The sum is kept in billionths, so that it needs no floating-point exchange; values are at most some 10^9.</summary>
    private const double Scale = 1e9;

    private readonly double[] _bounds;
    private readonly Cells _cells;

    internal Histogram(double[] bounds)
    {
        _bounds = bounds;
        _cells = new Cells(bounds.Length + 2);
    }

    /// <summary>Number of values seen.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            for (var i = 0; i <= _bounds.Length; i++) count += _cells.Sum(i);
            return count;
        }
    }

    /// <summary>Counts <paramref name="times"/> values of the same size (a round answers many shares at one time).</summary>
    public void Observe(double value, long times = 1)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && value > _bounds[bucket]) bucket++;
        _cells.Add(bucket, times);
        _cells.Add(_bounds.Length + 1, (long)(value * Scale * times));
    }

    void IMetric.Write(StringBuilder text, string name, string labels)
    {
        var comma = labels.Length == 0 ? "" : ",";
        var seen = 0L;
        for (var i = 0; i < _bounds.Length; i++)
        {
            seen += _cells.Sum(i);
            Lines.Append(text, name + "_bucket", $"{labels}{comma}le=\"{_bounds[i].ToString(CultureInfo.InvariantCulture)}\"", seen);
        }

        seen += _cells.Sum(_bounds.Length);
        Lines.Append(text, name + "_bucket", $"{labels}{comma}le=\"+Inf\"", seen);
        Lines.Append(text, name + "_sum", labels, _cells.Sum(_bounds.Length + 1) / Scale);
        Lines.Append(text, name + "_count", labels, seen);
    }
}

/// <summary>Numbers that several threads add to without touching each other's cache lines.</summary>
internal sealed class Cells
{
    /// <summary>Groups of cells; threads beyond that share (adding is atomic, so sharing only costs time).</summary>
    private const int StripesMax = 16;

    private const int CacheLine = 128 / sizeof(long);

    private static int s_threads;

    [ThreadStatic]
    private static int t_stripe;

    private readonly long[] _cells;
    private readonly int _stride;

    public Cells(int count)
    {
        _stride = (count + CacheLine - 1) / CacheLine * CacheLine;
        _cells = new long[_stride * StripesMax];
    }

    public void Add(int index, long value) => Interlocked.Add(ref _cells[(Stripe() * _stride) + index], value);

    public long Sum(int index)
    {
        var sum = 0L;
        for (var stripe = 0; stripe < StripesMax; stripe++) sum += Interlocked.Read(ref _cells[(stripe * _stride) + index]);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Stripe()
    {
        if (t_stripe == 0) t_stripe = (Interlocked.Increment(ref s_threads) % StripesMax) + 1;
        return t_stripe - 1;
    }
}

internal static class Lines
{
    public static void Append(StringBuilder text, string name, string labels, double value) =>
        Append(text, name, labels, double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture));

    public static void Append(StringBuilder text, string name, string labels, long value) =>
        Append(text, name, labels, value.ToString(CultureInfo.InvariantCulture));

    private static void Append(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value).Append('\n');
    }
}
