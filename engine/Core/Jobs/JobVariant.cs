using Viddhana.Core.Algorithms;

namespace Viddhana.Core.Jobs;

/// <summary>
/// A job as bytes for one form of its coinbase and one variant number. Two variants of a job differ in the coinbase, so no hash found on
/// one is valid on the other: a session that gets a new difficulty gets a new variant. Shared by all sessions that were sent it.
/// </summary>
public sealed class JobVariant
{
    /// <summary>The job.</summary>
    public required Job Job { get; init; }

    /// <summary>Variant number in the low byte (0 is the one that is broadcast), form of the coinbase in the high one.</summary>
    public required ushort Variant { get; init; }

    /// <summary>Coinbase transaction (without witness) up to extranonce1; empty where there is a <see cref="Blob"/>.</summary>
    public required byte[] Coinbase1 { get; init; }

    /// <summary>Coinbase transaction (without witness) after extranonce2; empty where there is a <see cref="Blob"/>.</summary>
    public required byte[] Coinbase2 { get; init; }

    /// <summary>What is hashed on a chain that has no Bitcoin header; null on one that has.</summary>
    public BlobWork? Blob { get; init; }

    /// <summary>The job id on the wire: unique over time and process starts, the same for everyone who gets this variant.</summary>
    public required ulong WireId { get; init; }

    /// <summary>
    /// What the dialect sends when earlier work is dead: in V1 the <c>mining.notify</c> line with <c>clean_jobs</c> true, newline included;
    /// with a <see cref="Blob"/> that part of the line which is the same for everybody. Rendered once.
    /// </summary>
    public byte[] NotifyClean { get; private set; } = [];

    /// <summary>The same where earlier work goes on.</summary>
    public byte[] Notify { get; private set; } = [];

    /// <summary>A variant whose two frames are rendered here, once for everybody.</summary>
    public static JobVariant Render(Job job, ushort number, ulong wireId, byte[] coinbase1, byte[] coinbase2, RenderNotify render)
    {
        var made = new JobVariant { Job = job, Variant = number, Coinbase1 = coinbase1, Coinbase2 = coinbase2, WireId = wireId };
        return made.Render(render);
    }

    /// <summary>The same for a chain that has no Bitcoin header.</summary>
    public static JobVariant Render(Job job, ushort number, ulong wireId, BlobWork blob, RenderNotify render)
    {
        Check.That(blob.SeedHash.Length == BlobWork.SeedSize && blob.Size <= BlobWork.SizeMax);
        Check.That(blob.NonceSize is 4 or 8 && blob.NonceOffset >= 0 && blob.NonceOffset + blob.NonceSize <= blob.Size);
        var made = new JobVariant { Job = job, Variant = number, Coinbase1 = [], Coinbase2 = [], Blob = blob, WireId = wireId };
        return made.Render(render);
    }

    private CoinbaseWords? _words;

    /// <summary>The variant as the share kernels read it: made for its first share, given back with the variant.</summary>
    internal CoinbaseWords Words => Volatile.Read(ref _words) ?? MakeWords();

    private JobVariant Render(RenderNotify render)
    {
        NotifyClean = render(this, clean: true);
        Notify = render(this, clean: false);
        return this;
    }

    private CoinbaseWords MakeWords()
    {
        var made = new CoinbaseWords(Job.Words, Coinbase1, Job.Extranonce2Size, Coinbase2);
        return Interlocked.CompareExchange(ref _words, made, null) ?? made;
    }
}

/// <summary>
/// Renders what a job variant is sent as; its frames are still empty. Implemented by the dialect (<c>V1Writer.Notify</c>). It throws where
/// the chain's work is none that the dialect can tell.
/// </summary>
public delegate byte[] RenderNotify(JobVariant work, bool clean);
