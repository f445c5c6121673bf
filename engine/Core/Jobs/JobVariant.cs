using Viddhana.Core.Algorithms;

namespace Viddhana.Core.Jobs;

/// <summary>
/// A job as bytes for one coinbase profile and one variant number. Two variants of a job differ in the coinbase, so no hash found on
/// one is valid on the other: a session that gets a new difficulty gets a new variant. Shared by all sessions that were sent it.
/// </summary>
public sealed class JobVariant
{
    /// <summary>The job.</summary>
    public required Job Job { get; init; }

    /// <summary>Variant number; 0 is the one that is broadcast.</summary>
    public required ushort Variant { get; init; }

    /// <summary>Coinbase transaction (without witness) up to extranonce1.</summary>
    public required byte[] Coinbase1 { get; init; }

    /// <summary>Coinbase transaction (without witness) after extranonce2.</summary>
    public required byte[] Coinbase2 { get; init; }

    /// <summary>The job id on the wire: unique over time and process starts, the same for everyone who gets this variant.</summary>
    public required ulong WireId { get; init; }

    /// <summary>The <c>mining.notify</c> line with <c>clean_jobs</c> true, newline included. Rendered once.</summary>
    public required byte[] NotifyClean { get; init; }

    /// <summary>The same with <c>clean_jobs</c> false.</summary>
    public required byte[] Notify { get; init; }

    /// <summary>A variant whose two frames are rendered here, once for everybody.</summary>
    public static JobVariant Render(Job job, ushort number, ulong wireId, byte[] coinbase1, byte[] coinbase2, RenderNotify render) => new()
    {
        Job = job,
        Variant = number,
        Coinbase1 = coinbase1,
        Coinbase2 = coinbase2,
        WireId = wireId,
        NotifyClean = render(job, wireId, coinbase1, coinbase2, true),
        Notify = render(job, wireId, coinbase1, coinbase2, false),
    };

    private CoinbaseWords? _words;

    /// <summary>The variant as the share kernels read it: made for its first share, given back with the variant.</summary>
    internal CoinbaseWords Words => Volatile.Read(ref _words) ?? MakeWords();

    private CoinbaseWords MakeWords()
    {
        var made = new CoinbaseWords(Job.Words, Coinbase1, Job.Extranonce2Size, Coinbase2);
        return Interlocked.CompareExchange(ref _words, made, null) ?? made;
    }
}

/// <summary>
/// Makes and keeps the variants of one job. A dialect's renderer fills the frames, so that they are rendered once however many miners get
/// them.
/// </summary>
/// <param name="make">Makes variant n of the job; called once per n, under a lock.</param>
public sealed class JobVariants(Func<Job, ushort, JobVariant> make)
{
    /// <summary>Variants per job. Above it, a session must wait for the next job before its difficulty changes again.</summary>
    public const int VariantsMax = 256;

    private readonly JobVariant?[] _made = new JobVariant?[VariantsMax];
    private readonly Lock _lock = new();

    /// <summary>Variant <paramref name="number"/> of <paramref name="job"/>, made at the first call.</summary>
    public JobVariant Get(Job job, ushort number)
    {
        Check.That(number < VariantsMax);
        var made = Volatile.Read(ref _made[number]);
        return made ?? Make(job, number);
    }

    private JobVariant Make(Job job, ushort number)
    {
        lock (_lock)
        {
            var made = _made[number] ??= make(job, number);
            return made;
        }
    }
}

/// <summary>Renders the notify line of a job variant. Implemented by the dialect (<c>V1Writer.Notify</c>).</summary>
public delegate byte[] RenderNotify(Job job, ulong wireId, ReadOnlySpan<byte> coinbase1, ReadOnlySpan<byte> coinbase2, bool clean);
