using System.Collections.Frozen;

namespace Viddhana.Core.Algorithms;

/// <summary>Every proof of work that the programs know.</summary>
public static class PowAlgorithms
{
    /// <summary>By the name in coin definitions. A new one is a file beside this, a line here and its vectors among the tests.</summary>
    public static readonly FrozenDictionary<string, IPowAlgorithm> ByName = new[]
    {
        Sha256d.Instance,
        Scrypt.Instance,
    }.ToFrozenDictionary(algorithm => algorithm.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, (Func<Kernel, IPowAlgorithm> Make, Kernel[] Kernels)> Forms =
        new Dictionary<string, (Func<Kernel, IPowAlgorithm>, Kernel[])>
        {
            ["sha256d"] = (kernel => new Sha256d(kernel), [Kernel.Portable, Kernel.ShaNi, Kernel.Avx2, Kernel.Avx512, Kernel.Managed]),
            ["scrypt"] = (kernel => new Scrypt(kernel), [Kernel.Portable, Kernel.Avx2, Kernel.Avx512, Kernel.Managed]),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The algorithm in each form that this process can run, by kernel: for tests and measurements.</summary>
    /// <param name="name">A key of <see cref="ByName"/>.</param>
    public static IReadOnlyDictionary<Kernel, IPowAlgorithm> Kernels(string name)
    {
        var (make, kernels) = Forms[name];
        var forms = new Dictionary<Kernel, IPowAlgorithm>();
        foreach (var kernel in kernels)
            if (NativeKernels.CanRun(kernel)) forms.Add(kernel, make(kernel));

        return forms;
    }
}
