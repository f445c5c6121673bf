namespace Viddhana.Core.Jobs;

/// <summary>
/// Makes and keeps the variants of one job: per variant number one for each form of the coinbase that is asked for. A dialect's renderer
/// fills the frames, so that they are rendered once however many miners get them. Who can read the largest form gets it, so usually there
/// is one frame for everybody.
/// </summary>
public sealed class JobVariants
{
    /// <summary>Variants per job. Above it, a session must wait for the next job before its difficulty changes again.</summary>
    public const int VariantsMax = 256;

    private const int FormsMax = 256;

    private readonly int[] _sizes;
    private readonly Func<Job, int, ushort, JobVariant> _make;
    private readonly JobVariant?[]?[] _made;
    private readonly Lock _lock = new();

    /// <summary>Variants with one form of the coinbase, which everybody is to get.</summary>
    /// <param name="make">Makes variant n of the job; called once per n, under a lock.</param>
    public JobVariants(Func<Job, ushort, JobVariant> make)
        : this([0], (job, _, number) => make(job, number))
    {
    }

    /// <summary>Variants whose coinbase comes in several forms.</summary>
    /// <param name="sizes">Bytes of the coinbase, extranonces included, in each of its forms: largest first, no two the same.</param>
    /// <param name="make">
    /// Makes a variant from the index of its form and its <see cref="JobVariant.Variant"/>; called once for each, under a lock.
    /// </param>
    public JobVariants(int[] sizes, Func<Job, int, ushort, JobVariant> make)
    {
        Check.That(sizes.Length is > 0 and <= FormsMax);
        for (var form = 1; form < sizes.Length; form++) Check.That(sizes[form] < sizes[form - 1]);
        _sizes = sizes;
        _make = make;
        _made = new JobVariant?[]?[sizes.Length];
    }

    /// <summary>True when some form of the coinbase has at most so many bytes.</summary>
    public bool Fit(int coinbaseMax) => FormFor(coinbaseMax) >= 0;

    /// <summary>Bytes of the largest form of the coinbase that has at most so many; 0 where even the smallest has more.</summary>
    public int SizeFor(int coinbaseMax)
    {
        var form = FormFor(coinbaseMax);
        return form < 0 ? 0 : _sizes[form];
    }

    /// <summary>Variant <paramref name="number"/> of <paramref name="job"/> with the largest form of the coinbase.</summary>
    public JobVariant Get(Job job, ushort number) => Get(job, form: 0, number);

    /// <summary>
    /// Variant <paramref name="number"/> of <paramref name="job"/>, made at the first call, with the largest form of the coinbase that has
    /// at most <paramref name="coinbaseMax"/> bytes; null where even the smallest has more.
    /// </summary>
    public JobVariant? Get(Job job, ushort number, int coinbaseMax)
    {
        var form = FormFor(coinbaseMax);
        return form < 0 ? null : Get(job, form, number);
    }

    private int FormFor(int coinbaseMax)
    {
        for (var form = 0; form < _sizes.Length; form++)
            if (_sizes[form] <= coinbaseMax) return form;

        return -1;
    }

    private JobVariant Get(Job job, int form, ushort number)
    {
        Check.That(number < VariantsMax);
        var made = Volatile.Read(ref _made[form]);
        return (made is null ? null : Volatile.Read(ref made[number])) ?? Make(job, form, number);
    }

    private JobVariant Make(Job job, int form, ushort number)
    {
        lock (_lock)
        {
            var made = _made[form];
            if (made is null) Volatile.Write(ref _made[form], made = new JobVariant?[VariantsMax]);
            if (made[number] is { } variant) return variant;

            variant = _make(job, form, (ushort)((form * VariantsMax) + number));
            Volatile.Write(ref made[number], variant);
            return variant;
        }
    }
}
